"""Traces from both ends against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, SparsePauliOp

from qtn.interop.circuits import gate_list
from qtn.interop.observables import terms_of
from qtn.states.pauli_sums import PauliSum
from qtn.verification.mixed_inputs.halves import trace_run


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 6), st.sampled_from([4, 4096]))
def test_bounds_hold_the_truth(seed, n, depth, most):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(n, depth, max_operands=min(n, 3), seed=seed)
    labels = [["".join(rng.choice(list("IXYZ"), n)) for _ in range(2)] for _ in range(2)]
    a, b = (SparsePauliOp(own, rng.normal(size=2)) for own in labels)
    sums = [PauliSum.from_terms(terms_of(one, n), n) for one in (a, b)]
    rung = trace_run(*sums, gate_list(circuit).gates)(most, np.inf)
    unitary = Operator(circuit).data
    wanted = b.to_matrix() @ unitary.conj().T @ a.to_matrix() @ unitary
    error = abs(rung.value - np.trace(wanted).real / 2**n)
    assert error <= rung.rigorous + 1e-11
    if most == 4096:
        assert rung.rigorous == 0.0


def test_the_work_is_limited():
    circuit = random_circuit(4, 6, max_operands=2, seed=3)
    total = PauliSum.from_terms(terms_of("ZZZZ", 4), 4)
    assert trace_run(total, total, gate_list(circuit).gates)(4096, 3.0) is None


@pytest.mark.parametrize("gates", [(), (((0,), np.eye(2)),)])
def test_circuits_of_nothing(gates):
    total = PauliSum.from_terms(terms_of("Z", 1), 1)
    assert trace_run(total, total, gates)(16, np.inf).value == 1.0
