"""Values of product operators with bounds of what truncations did to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qtn.errors import ArgumentError
from qtn.states.blocks.bounds import Losses
from qtn.states.blocks.inner import product_values
from qtn.states.blocks.sites import Array, Site

__all__ = ["certified_values"]

HERMITIAN = 1e-12
NO_GATES = (
    "The state was not made by gates, so there is no exact state to compare with. Certified values "
    "come with BlockMPS.evolved and qtn.circuit_to_blocks."
)


def certified_values(
    sites: Sequence[Site],
    operators: Sequence[Mapping[int, Array]],
    losses: Losses | None,
    homes: Sequence[int] | None,
) -> tuple[Array, Array]:
    """Return real values in the normalised state, and half-widths that hold the exact ones.

    Args:
        sites: the chain after the gates.
        operators: factors {site: matrix} of each.
        losses: what the gates lost.
        homes: for every site the one that the gates acted on; None if the same.

    Raises:
        ArgumentError: an operator that is not Hermitian, or no losses.
    """
    if losses is None:
        raise ArgumentError(NO_GATES)
    for number, factors in enumerate(operators):
        if any(np.abs(m - m.conj().T).max() > HERMITIAN for m in factors.values()):
            raise ArgumentError(
                f"Argument `operators` must hold Hermitian matrices, but operator {number} has one "
                "that is not. Ask for its Hermitian and its anti-Hermitian part."
            )
    values = product_values(sites, operators).real
    widths = np.zeros(len(operators))
    for number, factors in enumerate(operators):
        scale = float(np.prod([np.linalg.norm(m, 2) for m in factors.values()]))
        if factors and scale > 0.0:
            where = [q if homes is None else homes[q] for q in factors]
            widths[number] = scale * losses.half_width(where, values[number] / scale)
    return values, widths
