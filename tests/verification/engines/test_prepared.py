"""Each engine against dense truth, and the bound it claims."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brickwork
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.verification.engines.chains import STATES
from qtn.verification.inputs import observable_terms


@pytest.mark.parametrize("name", sorted(STATES))
@settings(max_examples=6)
@given(st.integers(2, 7), st.integers(1, 6), st.integers(0, 2**31))
def test_answers_match_dense(name: str, n: int, depth: int, seed: int) -> None:
    circuit = brickwork(n, depth, seed, su4=bool(seed % 2))
    vector = Statevector(circuit).data
    state = STATES[name](gate_list(circuit), None, 1e-20)
    target = MPS.from_dense(Statevector(brickwork(n, depth, seed + 1)).data)
    assert abs(state.overlap(target)) == pytest.approx(abs(np.vdot(target.to_dense(), vector)))
    operator = SparsePauliOp(["Z" * n, "X" + "I" * (n - 1)], [0.5, -2.0])
    (terms,) = observable_terms(operator, n)
    exact = Statevector(circuit).expectation_value(operator).real
    assert state.expectation(terms) == pytest.approx(exact, abs=1e-10)
    rows = np.random.default_rng(seed).integers(0, 2, (4, n))
    found = state.amplitudes(rows)
    assert np.abs(found) == pytest.approx(np.abs(vector[rows @ (1 << np.arange(n))]), abs=1e-10)
    assert state.distance < 1e-7


@pytest.mark.parametrize("name", sorted(STATES))
def test_the_distance_bounds_the_true_angle(name: str) -> None:
    circuit = brickwork(10, 8, su4=True)
    vector = Statevector(circuit).data
    state = STATES[name](gate_list(circuit), 28, 1e-12)
    overlap = abs(state.overlap(MPS.from_dense(vector)))
    assert np.sqrt(1 - overlap**2) <= state.distance
    assert state.kept < 1.0
    assert state.max_bond == 28


@pytest.mark.parametrize("name", sorted(STATES))
def test_neighbours_distant_qubits_and_the_identity(name: str) -> None:
    circuit = brickwork(6, 4, su4=True)
    pieces = [("XY", [2, 3], 0.7), ("ZX", [3, 2], -0.4), ("Y", [5], 1.1), ("ZZ", [0, 4], 0.3)]
    operator = SparsePauliOp.from_sparse_list([*pieces, ("", [], 0.25)], 6)
    (terms,) = observable_terms(operator, 6)
    state = STATES[name](gate_list(circuit), None, 1e-20)
    exact = Statevector(circuit).expectation_value(operator).real
    assert state.expectation(terms) == pytest.approx(exact, abs=1e-11)


def test_both_engines_count_the_losses_alike() -> None:
    """A flat spectrum cut in half is one loss; many small ones are many."""
    flat = QuantumCircuit(10)
    for q in range(5):
        flat.h(q)
        flat.cx(q, 9 - q)
    for name in STATES:
        state = STATES[name](gate_list(flat), 16, 1e-20)
        assert state.kept == pytest.approx(0.5)
        assert state.losses == pytest.approx(1.0)
    spread = QuantumCircuit(16)
    spread.x(range(1, 16, 2))
    for layer in range(14):
        for q in range(layer % 2, 15, 2):
            spread.rxx(0.3, q, q + 1)
            spread.ryy(0.3, q, q + 1)
    losses = [STATES[name](gate_list(spread), 8, 1e-20).losses for name in sorted(STATES)]
    assert losses[0] == pytest.approx(losses[1], rel=0.5)
    assert min(losses) > 10.0
