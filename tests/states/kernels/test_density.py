"""Density operators in the Pauli basis against dense truth."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.states.kernels.density import RESET, DensityMPS, ptm, ptm_of_superoperator, sample_forms


def random_kraus(rng: np.random.Generator, k: int, count: int) -> np.ndarray:
    """Kraus operators of a random channel on k qubits (isometry cut into blocks)."""
    side = 2**k
    shape = (count * side, side)
    q, _ = np.linalg.qr(rng.normal(size=shape) + 1j * rng.normal(size=shape))
    return q.reshape(count, side, side)


def apply_dense(rho: np.ndarray, kraus: np.ndarray, sites: tuple[int, ...]) -> np.ndarray:
    out = np.zeros_like(rho)
    side = len(rho)
    for operator in kraus:
        full = np.stack(
            [oracles.apply_gate(c, operator, sites[::-1]) for c in np.eye(side)], axis=1
        )
        out += full @ rho @ full.conj().T
    return out


def random_case(seed: int, n: int, count: int) -> tuple[DensityMPS, np.ndarray]:
    rng = np.random.default_rng(seed)
    rho = np.zeros((2**n, 2**n), complex)
    rho[0, 0] = 1.0
    gates = []
    for _ in range(count):
        k = int(rng.integers(1, min(n, 2) + 1))
        sites = tuple(int(s) for s in rng.choice(n, k, replace=False))
        kraus = random_kraus(rng, k, int(rng.integers(1, 4)))
        gates.append((sites, ptm(kraus)))
        rho = apply_dense(rho, kraus, sites)
    return DensityMPS.zeros(n).apply(gates, cutoff=0.0), rho


@given(st.integers(1, 4), st.integers(0, 2**31))
def test_random_channels_match_dense(n: int, seed: int) -> None:
    state, rho = random_case(seed, n, 8)
    assert np.abs(state.to_dense() - rho).max() < 1e-10
    assert state.trace() == pytest.approx(1.0, abs=1e-10)
    assert state.purity() == pytest.approx(np.trace(rho @ rho).real, abs=1e-10)
    assert np.linalg.eigvalsh(state.to_dense()).min() > -1e-10


@given(st.integers(2, 4), st.integers(0, 2**31), st.text("IXYZ", min_size=4, max_size=4))
def test_expectation_and_probabilities(n: int, seed: int, letters: str) -> None:
    state, rho = random_case(seed, n, 5)
    label = letters[:n]
    expected = np.trace(rho @ oracles.pauli_matrix(label)).real
    assert state.expectation(label) == pytest.approx(expected, abs=1e-10)
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    assert np.abs(state.probabilities(bits) - rho.diagonal().real).max() < 1e-10


def test_samples_follow_the_diagonal() -> None:
    state, rho = random_case(3, 4, 8)
    shots = 200_000
    rows = state.sample(shots, seed=1)
    counts = np.bincount(oracles.bits_to_index(rows), minlength=16)
    p = rho.diagonal().real
    assert (np.abs(counts - shots * p) <= 5 * np.sqrt(shots * p * (1 - p)) + 1).all()
    assert (state.sample(50, seed=2) == state.sample(50, seed=2)).all()


def test_sampling_is_not_ordered() -> None:
    state = DensityMPS.zeros(1).apply([((0,), ptm(np.array([[1, 1], [1, -1]]) / np.sqrt(2)))])
    bits = state.sample(2000, seed=0)[:, 0].astype(int)
    changes = np.count_nonzero(np.diff(bits))
    assert abs(changes - 1000) < 5 * np.sqrt(2000 * 0.25)


def test_truncation_is_reported() -> None:
    state, rho = random_case(7, 4, 12)
    small = DensityMPS(state.tensors, None).apply([((1, 2), np.eye(16))], max_bond=2)
    error = np.linalg.norm(small.to_dense() - rho) / np.linalg.norm(rho)
    assert small.max_bond >= 2
    assert small.discarded[1] > 0
    assert error**2 == pytest.approx(small.discarded[1], rel=1e-6)


def test_transfer_matrices() -> None:
    rng = np.random.default_rng(0)
    kraus = random_kraus(rng, 1, 3)
    stacked = sum(np.kron(k.conj(), k) for k in kraus)
    assert np.abs(ptm(kraus) - ptm_of_superoperator(stacked)).max() < 1e-12
    lower = np.array([[0, 1], [0, 0]])
    assert np.abs(ptm(np.stack([np.diag([1, 0]), lower])) - RESET).max() < 1e-15
    assert ptm(kraus)[0] == pytest.approx([1, 0, 0, 0], abs=1e-12)


def test_forms_with_readout_errors() -> None:
    state, rho = random_case(11, 3, 6)
    confusion = np.array([[0.9, 0.2], [0.1, 0.8]])
    outcomes = np.array([[1, 0, 0, 1], [1, 0, 0, -1]]) / np.sqrt(2)
    forms = np.broadcast_to(confusion @ outcomes, (3, 2, 4))
    rows = sample_forms(state.tensors, forms, 100_000, np.random.default_rng(0))
    p = rho.diagonal().real
    for _ in range(3):
        p = np.kron(confusion, np.eye(4)) @ p
        p = p.reshape(2, 4).T.reshape(8)
    counts = np.bincount(oracles.bits_to_index(rows), minlength=8)
    assert (np.abs(counts - 1e5 * p) <= 5 * np.sqrt(1e5 * p * (1 - p)) + 1).all()


def test_errors() -> None:
    state = DensityMPS.zeros(2)
    with pytest.raises(ArgumentError, match="a label of 2 letters"):
        state.expectation("Z")
    with pytest.raises(ArgumentError, match="rows of 2 zeros and ones"):
        state.probabilities(np.array([[0, 2]]))
    with pytest.raises(ArgumentError, match="at most 10 sites"):
        DensityMPS.zeros(11).to_dense()
    with pytest.raises(ArgumentError, match="matrices of side 2 or 4"):
        ptm(np.eye(8))
    with pytest.raises(ArgumentError, match="a superoperator of side 4 or 16"):
        ptm_of_superoperator(np.eye(8))


def test_overlap_is_the_product_of_matrices() -> None:
    rng = np.random.default_rng(5)
    made = [
        DensityMPS.zeros(3).apply(
            [(pair, ptm(np.linalg.qr(rng.normal(size=(4, 4)))[0])) for pair in ((0, 1), (1, 2))]
        )
        for _ in range(2)
    ]
    dense = [state.to_dense() for state in made]
    assert made[0].overlap(made[1]) == pytest.approx(np.trace(dense[0] @ dense[1]).real, abs=1e-12)
    assert made[0].purity() == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(ArgumentError, match="`other` must be a density operator of 3 sites"):
        made[0].overlap(DensityMPS.zeros(2))
