"""What users give to the verbs of a chain in blocks, checked before work starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from qtn._checks import bounded_int, fail, finite_array, items, positive_int, real
from qtn.errors import ArgumentError
from qtn.states.blocks.labels import Charges
from qtn.states.blocks.sites import Array

__all__ = ["check_limits", "read_gates", "read_operators", "read_total"]


def check_limits(max_bond: int | None, cutoff: float) -> None:
    if max_bond is not None:
        positive_int("max_bond", max_bond)
    real("cutoff", cutoff, 0.0, 1.0)


def read_total(total: Any, charges: Charges) -> tuple[int, ...]:
    array = finite_array("total", total, ndim=1)
    if array.dtype.kind not in "iu" or len(array) != charges.kinds:
        raise fail("total", f"{charges.kinds} integers, one per charge", total)
    return tuple(int(c) for c in array)


def read_gates(gates: Any, phys: tuple[int, ...]) -> list[tuple[tuple[int, ...], Array]]:
    listed = []
    for gate in items("gates", gates, "pairs (sites, matrix)"):
        if not isinstance(gate, tuple | list) or len(gate) != 2:
            raise fail("gates", "pairs (sites, matrix)", gate)
        given = items("gates", gate[0], "pairs (sites, matrix)")
        where = tuple(bounded_int("gates", s, 0, len(phys) - 1) for s in given)
        if len(where) not in (1, 2) or len(set(where)) != len(where):
            raise fail("gates", "on one site or two different sites", where)
        side = int(np.prod([phys[s] for s in where]))
        matrix = finite_array("gates", gate[1], ndim=2)
        if matrix.shape != (side, side):
            raise ArgumentError(
                f"Argument `gates` must hold matrices of side {side} on sites {where}, but one has "
                f"shape {matrix.shape}."
            )
        listed.append((where, matrix))
    return listed


def read_operators(operators: Any, phys: tuple[int, ...]) -> list[dict[int, Array]]:
    """Return product operators, {site: matrix} each."""
    listed = []
    for factors in items("operators", operators, "mappings {site: matrix}"):
        if not isinstance(factors, Mapping):
            raise fail("operators", "mappings {site: matrix}", factors)
        found = {}
        for site, given in factors.items():
            size = phys[bounded_int("operators", site, 0, len(phys) - 1)]
            matrix = finite_array("operators", given, ndim=2)
            if matrix.shape != (size, size):
                raise fail("operators", f"square of side {size} on site {site}", given)
            found[int(site)] = matrix
        listed.append(found)
    return listed
