"""Correlations in time against exact states, and one-site elements between two states."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

import qtn
from qtn.errors import ArgumentError
from qtn.physics.response.door import OPERATORS
from qtn.physics.response.two_point import Grid, correlated, site_elements
from qtn.states import MPS


def on_site(matrix: np.ndarray, site: int, n: int) -> np.ndarray:
    return np.kron(np.kron(np.eye(2 ** (n - 1 - site)), matrix), np.eye(2**site))


def test_elements_between_two_states() -> None:
    rng = np.random.default_rng(3)
    bra, ket = (MPS.from_dense(rng.normal(size=32) + 1j * rng.normal(size=32)) for _ in range(2))
    matrix = rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2))
    values, overlap = site_elements(bra.tensors, ket.tensors, matrix)
    a, b = bra.to_dense(), ket.to_dense()
    assert overlap == pytest.approx(np.vdot(a, b), abs=1e-12)
    exact = [np.vdot(a, on_site(matrix, x, 5) @ b) for x in range(5)]
    assert values == pytest.approx(exact, abs=1e-11)


@pytest.mark.parametrize("name", ["Z", "S+"])
def test_correlations_and_slopes_of_six_sites(name: str) -> None:
    n, matrix = 6, OPERATORS[name]
    operator = qtn.chain("xxz", n=n, anisotropy=0.4, field=0.6)
    run = correlated(operator, matrix, 8, Grid(0.3, 12, None, 1e-15, 0.1))
    h = operator.to_matrix()
    energies, states = np.linalg.eigh(h)
    ground = states[:, 0]
    means = np.array([np.vdot(ground, on_site(matrix, x, n) @ ground) for x in range(n)])
    excited = on_site(matrix, 2, n) @ ground - means[2] * ground
    later = np.exp(3.6j * energies[0]) * expm(-3.6j * h) @ excited
    turned = h @ excited - energies[0] * excited
    for x in range(n):
        seen = on_site(matrix, x, n) @ ground - means[x] * ground
        assert run.values[x, 0] == pytest.approx(np.vdot(seen, excited), abs=1e-9)
        assert run.values[x, -1] == pytest.approx(np.vdot(seen, later), abs=1e-7)
        assert run.slopes[x] == pytest.approx(np.vdot(seen, turned), abs=1e-8)
    assert run.times[-1] == pytest.approx(3.6)
    assert run.centre == 2
    assert run.step_error < 1e-7


def test_a_run_ends_half_again_after_the_response_has_reached_an_end() -> None:
    grid = Grid(0.25, 60, 0.01, 1e-10, 0.2)
    run = correlated(qtn.chain("xx", n=12), OPERATORS["Sz"], 16, grid)
    first = int(np.flatnonzero(run.edges > 0.01)[0])
    assert len(run.times) == int(np.ceil(1.5 * first)) + 1
    assert run.edges[0] < 1e-12


def test_an_operator_that_only_multiplies_is_refused() -> None:
    operator = qtn.chain("xxz", n=4, anisotropy=1.0, field=5.0)
    with pytest.raises(ArgumentError, match="only multiplies the ground state by a number"):
        correlated(operator, OPERATORS["Sz"], 4, Grid(0.1, 3, None, 1e-10, 0.2))
