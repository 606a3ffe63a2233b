"""Mutual information against dense density matrices."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.states import MPS
from qtn.states.views.mutual import entropy_of, mutual_information, site_densities


def entropy(weights: np.ndarray) -> float:
    kept = weights[weights > 1e-14]
    return float(-(kept * np.log(kept)).sum())


def reduced(psi: np.ndarray, sites: tuple[int, ...]) -> np.ndarray:
    """Density matrix of some sites of a state with one axis per site."""
    rest = tuple(k for k in range(psi.ndim) if k not in sites)
    rho = np.tensordot(psi, psi.conj(), axes=(rest, rest))
    width = int(np.prod(rho.shape[: len(sites)]))
    return rho.reshape(width, width)


@pytest.mark.parametrize("quantum", [True, False])
@pytest.mark.parametrize("phys", [(2, 2, 2, 2), (2, 3, 2, 3)])
def test_all_pairs_at_once(quantum: bool, phys: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    edges = (1, 2, 3, 2, 1)
    tensors = [
        rng.normal(size=(a, p, b)) + 1j * rng.normal(size=(a, p, b))
        for a, p, b in zip(edges, phys, edges[1:], strict=False)
    ]
    state = MPS(tuple(tensors)).normalised()
    psi = np.ones((1, 1))
    for t in state.tensors:
        psi = np.tensordot(psi, t, axes=(-1, 0))
    psi = psi[0, ..., 0]

    def s(*sites: int) -> float:
        rho = reduced(psi, sites)
        return entropy(np.linalg.eigvalsh(rho) if quantum else np.diag(rho).real)

    found = mutual_information(state.tensors, quantum)
    for i in range(4):
        assert found[i, i] == pytest.approx(s(i), abs=1e-10)
        for j in range(i):
            assert found[i, j] == pytest.approx(s(i) + s(j) - s(i, j), abs=1e-9)
    assert np.array_equal(found, found.T)
    for k, rho in enumerate(site_densities(state.tensors)):
        assert np.allclose(rho, reduced(psi, (k,)))


def test_a_mixed_qubit_has_one_bit() -> None:
    assert entropy_of(np.eye(2) / 2) == pytest.approx(np.log(2))
