"""Gates of many rows, and gates on the same sites made one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Complexes = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """One gate of every row.

    Args:
        sites: one or two, the second behind the first.
        matrices: shape (rows, d, d) with d = 2 or 4, or (1, d, d) if all rows have the same; of
            two sites the first is the more significant digit.
    """

    sites: tuple[int, ...]
    matrices: Complexes


def fused(gates: Iterable[Gate]) -> list[Gate]:
    """Return fewer gates that do the same.

    A gate joins the last one on its sites, unless another has touched one of them since. So a
    phase between two CX is one gate, whose operator Schmidt rank is 2 where theirs multiply to 4.

    Args:
        gates: in turn.

    Cost: one product of 4x4 matrices per row and gate.

    Example:
        >>> cx = Gate((0, 1), np.eye(4)[None, [0, 1, 3, 2]] + 0j)
        >>> phase = Gate((1,), np.diag([1, 1j])[None])
        >>> [found] = fused([cx, phase, cx])
        >>> np.diag(found.matrices[0])
        array([1.+0.j, 0.+1.j, 0.+1.j, 1.+0.j])
    """
    found: list[Gate | None] = []
    last: dict[int, int] = {}
    for gate in gates:
        sites, matrices = gate.sites, gate.matrices
        places = {last.get(site) for site in sites}
        place = places.pop() if len(places) == 1 else None
        before = None if place is None else found[place]
        if place is not None and before is not None and set(sites) <= set(before.sites):
            found[place] = Gate(before.sites, _over(gate, before.sites) @ before.matrices)
            continue
        for site in sites:  # what waits on one site alone comes along
            place = last.get(site)
            single = None if place is None else found[place]
            if place is not None and single is not None and single.sites == (site,):
                matrices = matrices @ _over(single, sites)
                found[place] = None
        last.update(dict.fromkeys(sites, len(found)))
        found.append(Gate(sites, matrices))
    return [gate for gate in found if gate is not None]


def _over(gate: Gate, sites: tuple[int, ...]) -> Complexes:
    """Return the matrices of a gate on sites among which are its own."""
    if gate.sites == sites:
        return gate.matrices
    rows, one = len(gate.matrices), np.eye(2)
    terms = "rab,cd->racbd" if gate.sites[0] == sites[0] else "rab,cd->rcadb"
    return np.einsum(terms, gate.matrices, one).reshape(rows, 4, 4)
