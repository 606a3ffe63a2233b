"""Exact tori against sums over all spins and known values."""

from __future__ import annotations

import itertools
import math

import pytest

from qtn.physics.lattice.torus import Limits, torus_log, torus_plan
from qtn.physics.lattice.weights import CRITICAL

TRANSFER = {4: 0.970119716172, 6: 0.947542807083, 8: 0.939715324829}


def all_spins(rows: int, columns: int, beta: float, field: float) -> float:
    total = 0.0
    for spins in itertools.product((1, -1), repeat=rows * columns):
        energy = field * sum(spins)
        for i, j in itertools.product(range(rows), range(columns)):
            here = spins[i * columns + j]
            energy += here * spins[(i + 1) % rows * columns + j]
            energy += here * spins[i * columns + (j + 1) % columns]
        total += math.exp(beta * energy)
    return math.log(total) / (rows * columns)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (2, 2), (3, 4)])
def test_small_tori(rows: int, columns: int) -> None:
    for beta, field in ((0.4, 0.0), (0.7, -0.3), (0.0, 1.0)):
        plan = torus_plan(rows, columns, beta, field, Limits())
        found = torus_log(plan, rows * columns, beta, field)
        assert found == pytest.approx(all_spins(rows, columns, beta, field), abs=1e-13)


@pytest.mark.parametrize("side", TRANSFER)
def test_critical_tori(side: int) -> None:
    plan = torus_plan(side, side, CRITICAL, 0.0, Limits())
    assert torus_log(plan, side * side, CRITICAL, 0.0) == pytest.approx(TRANSFER[side], abs=1e-12)
