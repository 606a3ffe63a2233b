"""Means over random product inputs: unbiased, with intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qtn.errors import VerificationError
from qtn.interop.circuits import gate_list
from qtn.interop.observables import terms_of
from qtn.states.pauli_sums import PauliSum
from qtn.verification import Limits
from qtn.verification.mixed_inputs.halves import trace_run
from qtn.verification.mixed_inputs.samples import sampled_trace


def _circuit(n: int, depth: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for step in range(depth):
        for q in range(n):
            circuit.rx(0.4 + 0.1 * q, q)
            circuit.rz(0.3, q)
        for q in range(step % 2, n - 1, 2):
            circuit.rzz(0.7, q, q + 1)
    return circuit


def test_the_interval_holds_the_exact_trace():
    gates = gate_list(_circuit(4, 3))
    observables = {"IZII": 0.8, "IXYI": -0.4}, {"IZII": 0.5, "YXII": 0.7, "ZIII": -0.3}
    a, b = (terms_of(one, 4) for one in observables)
    sums = [PauliSum.from_terms(one, 4) for one in (a, b)]
    exact = trace_run(*sums, gates.gates)(4096, np.inf).value
    misses = 0
    for seed in range(3):
        answer = sampled_trace(gates, a, sums[1], Limits(shots=60, seed=seed))
        value = answer.values[0]
        misses += not value.low <= exact <= value.high
        assert not value.rigorous
        assert value.high - value.low < 3.0
    assert misses == 0
    again = sampled_trace(gates, a, sums[1], Limits(shots=60, seed=2))
    assert again.values[0].value == value.value


def test_what_is_too_wide_or_too_slow_is_refused():
    n = 30
    b = PauliSum.from_terms(terms_of("Z" + "I" * (n - 1), n), n)
    gates = gate_list(_circuit(n, 40))
    label = terms_of("I" * 15 + "Z" + "I" * 14, n)
    with pytest.raises(VerificationError, match="depends on 30 qubits"):
        sampled_trace(gates, label, b, Limits(max_bond=2))
    with pytest.raises(VerificationError, match="of the 50 needed"):
        sampled_trace(gate_list(_circuit(4, 3)), terms_of("IZII", 4), b, Limits(seconds=0.01))
