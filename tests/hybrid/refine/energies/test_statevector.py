"""State vectors, Pauli sums and gradients against Qiskit and differences."""

from __future__ import annotations

import numpy as np
import pytest
from draws import unitaries_on
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.hybrid.refine.energies.statevector import PauliSum, adjoint_gradients, prepared
from qtn.interop.observables import terms_of

N = 5
SITES = [(0, 1), (3,), (4, 2), (2, 3), (1, 4), (0,), (3, 1)]


def hamiltonian() -> SparsePauliOp:
    rng = np.random.default_rng(1)
    labels = ["".join(rng.choice(list("IXYZ"), N)) for _ in range(30)]
    return SparsePauliOp(labels, rng.normal(size=30))


@pytest.mark.parametrize("real", [True, False])
def test_state_is_qiskits(real: bool) -> None:
    circuit = QuantumCircuit(N)
    for sites, matrix in zip(SITES, unitaries_on(SITES, real), strict=True):
        circuit.append(UnitaryGate(matrix), list(reversed(sites)))
    state = prepared(N, SITES, unitaries_on(SITES, real))
    assert state.dtype == (float if real else complex)
    assert np.abs(state - Statevector(circuit).data).max() < 1e-14


@pytest.mark.parametrize("real", [True, False])
def test_sum_is_the_matrix(real: bool) -> None:
    state = prepared(N, SITES, unitaries_on(SITES, real))
    dense = hamiltonian().to_matrix() @ state
    found = PauliSum.of(terms_of(hamiltonian())).on(state)
    assert np.abs(found - (dense.real if real else dense)).max() < 1e-13


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("block", range(len(SITES)))
def test_gradients_are_differences(real: bool, block: int) -> None:
    dense, matrices = hamiltonian().to_matrix(), unitaries_on(SITES, real)

    def energy(step: np.ndarray) -> float:
        moved = [m + step if k == block else m for k, m in enumerate(matrices)]
        state = prepared(N, SITES, moved)
        return float(np.vdot(state, dense @ state).real)

    state = prepared(N, SITES, matrices)
    found = adjoint_gradients(
        SITES, matrices, state, PauliSum.of(terms_of(hamiltonian())).on(state)
    )
    rng = np.random.default_rng(2)
    step = rng.normal(size=matrices[block].shape)
    step = 1e-5 * (step if real else step + 1j * rng.normal(size=step.shape))
    slope = 2.0 * np.vdot(found[block], step).real
    assert slope == pytest.approx((energy(step) - energy(-step)) / 2.0, rel=1e-6)


def test_an_empty_sum_and_a_constant() -> None:
    state = prepared(2, [(0,)], [np.array([[0.6, -0.8], [0.8, 0.6]])])
    assert np.array_equal(PauliSum.of([]).on(state), np.zeros(4))
    assert np.allclose(PauliSum.of(terms_of({"II": 2.5})).on(state), 2.5 * state)
