"""Weights and Onsager's formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qtn.physics.lattice.weights import (
    CRITICAL,
    bond_root,
    bond_weights,
    field_weights,
    log_scale,
    onsager,
    site_tensor,
)


@pytest.mark.parametrize("beta", [0.0, 0.4, 3.0, 500.0])
def test_the_root_of_a_bond(beta: float) -> None:
    assert bond_root(beta) @ bond_root(beta).T == pytest.approx(bond_weights(beta), abs=1e-15)


def test_a_site() -> None:
    tensor = site_tensor(0.3, 0.7)
    for axes in ((1, 0, 2, 3), (2, 3, 0, 1), (0, 2, 1, 3)):
        assert tensor.transpose(axes) == pytest.approx(tensor)
    # One spin on a torus is coupled to itself twice.
    exact = sum(math.exp(2 * 0.3 + 0.3 * 0.7 * s) for s in (1, -1))
    found = np.einsum("lluu->", tensor) * math.exp(log_scale(0.3, 0.7))
    assert found == pytest.approx(exact)
    assert field_weights(0.3, -0.7).max() == 1.0


def test_onsager() -> None:
    catalan = 0.915965594177219015
    assert onsager(CRITICAL) == pytest.approx(math.log(2) / 2 + 2 * catalan / math.pi, abs=1e-14)
    assert onsager(0.0) == pytest.approx(math.log(2), abs=1e-15)
    assert onsager(300.0) == 600.0
    # High temperature: ln 2 + 2 ln cosh β + v⁴ + 2 v⁶ + 9/2 v⁸ + …, v = tanh β.
    v = math.tanh(0.05)
    series = math.log(2) + 2 * math.log(math.cosh(0.05)) + v**4 + 2 * v**6 + 4.5 * v**8
    assert onsager(0.05) == pytest.approx(series, abs=2e-12)
    # Duality: -βf - ln(sinh 2β)/2 ... is the same at β and at its dual.
    for beta in (0.2, 0.35, 0.44):
        dual = -0.5 * math.log(math.tanh(beta))
        left, right = (onsager(b) - 0.5 * math.log(math.sinh(2 * b)) for b in (beta, dual))
        assert left == pytest.approx(right, abs=1e-13)
