"""Named models against matrices written out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from oracles import pauli_matrix

from qtn.errors import ArgumentError
from qtn.physics import chain, cylinder


def _two(n: int, i: int, j: int, letter: str) -> np.ndarray:
    label = ["I"] * n
    label[i] = label[j] = letter
    return pauli_matrix("".join(reversed(label)))


def _one(n: int, i: int, letter: str) -> np.ndarray:
    label = ["I"] * n
    label[i] = letter
    return pauli_matrix("".join(reversed(label)))


def _exchange(n: int, i: int, j: int, x: float, y: float, z: float) -> np.ndarray:
    parts = ((x, "X"), (y, "Y"), (z, "Z"))
    return sum(value / 4 * _two(n, i, j, letter) for value, letter in parts)


def test_heisenberg_uses_spin_operators():
    n = 4
    expected = sum(_exchange(n, i, i + 1, 1, 1, 1) for i in range(n - 1))
    assert np.allclose(chain("heisenberg", n).to_matrix(), expected)


def test_couplings_per_bond_and_fields_per_site():
    n, j, h = 3, [0.5, 2.0], [0.1, 0.2, 0.3]
    expected = sum(_exchange(n, i, i + 1, j[i], j[i], j[i] * 0.7) for i in range(n - 1))
    expected = expected + sum(h[i] / 2 * _one(n, i, "Z") for i in range(n))
    operator = chain("xxz", n, coupling=j, anisotropy=0.7, field=h)
    assert np.allclose(operator.to_matrix(), expected)


def test_tfim_is_written_in_pauli_matrices():
    n = 3
    expected = -sum(1.5 * _two(n, i, i + 1, "Z") for i in range(n - 1))
    expected = expected - sum(0.5 * _one(n, i, "X") + 0.2 * _one(n, i, "Z") for i in range(n))
    operator = chain("tfim", n, coupling=1.5, field=0.5, longitudinal=0.2)
    assert np.allclose(operator.to_matrix(), expected)


def test_xyz_and_xx_and_a_ring():
    n = 4
    ring = [(i, (i + 1) % n) for i in range(n)]
    expected = sum(_exchange(n, i, j, 0.3, 0.5, 0.7) for i, j in ring)
    operator = chain("xyz", n, x=0.3, y=0.5, z=0.7, periodic=True)
    assert np.allclose(operator.to_matrix(), expected)
    expected = sum(_exchange(n, i, i + 1, 1, 1, 0) for i in range(n - 1))
    assert np.allclose(chain("xx", n).to_matrix(), expected)


def test_majumdar_ghosh_point_has_a_dimer_ground_state():
    # At J2 = J1/2 the product of singlets is exact: E = -3/8 n.
    energies = np.linalg.eigvalsh(chain("j1j2", 8, next_coupling=0.5).to_matrix())
    assert energies[0] == pytest.approx(-3 / 8 * 8, abs=1e-12)


def test_haldane_shastry_ground_state_energy():
    # Exact: E = -pi^2 (n + 5/n) / 24 for sum over pairs with the chord distance.
    n = 8
    energies = np.linalg.eigvalsh(chain("haldane-shastry", n).to_matrix())
    assert energies[0] == pytest.approx(-(np.pi**2) * (n + 5 / n) / 24, abs=1e-10)


def test_long_range_couplings_decay():
    n, a = 4, 2.0
    pairs = list(itertools.combinations(range(n), 2))
    expected = -sum(_two(n, i, j, "Z") / (j - i) ** a for i, j in pairs)
    operator = chain("long-range-ising", n, exponent=a, field=0.0)
    assert np.allclose(operator.to_matrix(), expected)
    expected = sum(_exchange(n, i, j, 1, 1, 0) / (j - i) ** a for i, j in pairs)
    assert np.allclose(chain("long-range-xy", n, exponent=a).to_matrix(), expected)


def test_cylinder_follows_a_snake_and_wraps():
    # 3 x 2: column 0 is sites 0 1 2 downwards, column 1 sites 5 4 3 downwards.
    edges = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (0, 5), (1, 4), (2, 3)]
    expected = sum(_exchange(6, i, j, 1, 1, 1) for i, j in edges)
    assert np.allclose(cylinder("heisenberg", 3, 2).to_matrix(), expected)
    open_edges = [e for e in edges if e not in ((2, 0), (5, 3))]
    expected = sum(_exchange(6, i, j, 1, 1, 1) for i, j in open_edges)
    assert np.allclose(cylinder("heisenberg", 3, 2, wrap=False).to_matrix(), expected)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: chain("ising", 4), "`name` must be one of 'heisenberg'"),
        (lambda: chain("tfim", 1), "`n` must be an integer of at least 2"),
        (lambda: chain("tfim", 4, anisotropy=1), "`anisotropy` is no coupling of 'tfim'"),
        (lambda: chain("heisenberg", 4, coupling=[1, 2]), "a number or an array of 3 values"),
        (lambda: chain("heisenberg", 4, field=np.nan), "must hold finite numbers"),
        (lambda: chain("heisenberg", 4, coupling=0), "All couplings are zero"),
        (lambda: cylinder("j1j2", 3, 3), "`name` must be one of"),
        (lambda: cylinder("tfim", 1, 3), "`rows` must be an integer of at least 2"),
    ],
)
def test_bad_input(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()
