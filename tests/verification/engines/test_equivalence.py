"""Equivalence of circuits and amplitudes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brickwork
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Operator, Statevector

from qtn.errors import ArgumentError, VerificationError
from qtn.verification import amplitudes, verify
from qtn.verification.engines import equivalence as room


@settings(max_examples=8)
@given(st.integers(2, 5), st.integers(0, 2**31))
def test_process_fidelity_matches_dense(n: int, seed: int) -> None:
    first, second = brickwork(n, 3, seed), brickwork(n, 2, seed + 1)
    trace = np.trace(Operator(first).data @ Operator(second).data.conj().T)
    check = verify(first, second, method="equivalence")
    assert check.fidelity == pytest.approx(abs(trace) ** 2 / 4**n, abs=1e-10)


def test_transpiled_is_equivalent() -> None:
    circuit = brickwork(24, 3)
    other = transpile(circuit, basis_gates=["rz", "sx", "cz"], optimization_level=1)
    check = verify(circuit, other, method="equivalence-both")
    assert check.fidelity == pytest.approx(1.0, abs=1e-10)
    assert check.low > 1 - 1e-9


def test_one_changed_angle_is_found() -> None:
    circuit = brickwork(30, 4)
    other = circuit.copy()
    other.rz(0.1, 17)
    check = verify(circuit, other, method="equivalence-both")
    assert check.fidelity == pytest.approx(np.cos(0.05) ** 2, abs=1e-9)


def test_disagreement_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = brickwork(5, 2)
    wrong = lambda gates: [(q, m) for q, m in []]  # noqa: E731
    monkeypatch.setattr(room, "interleaved", lambda a, b: wrong(a))
    other = circuit.copy()
    other.x(2)
    with pytest.raises(VerificationError, match="Two engines disagree"):
        verify(circuit, other, method="equivalence-both")


def test_widths_differ() -> None:
    with pytest.raises(ArgumentError, match="`target` has 2 qubits"):
        verify(QuantumCircuit(3), QuantumCircuit(2), method="equivalence")


def test_unitaries_are_compared_only_when_asked_for() -> None:
    """A Hadamard gate and a rotation prepare the same state, but are different gates."""
    first, second = QuantumCircuit(2), QuantumCircuit(2)
    first.h(0)
    second.ry(np.pi / 2, 0)
    assert verify(first, second).fidelity == pytest.approx(1.0, abs=1e-12)
    check = verify(first, second, method="equivalence")
    trace = np.trace(Operator(first).data @ Operator(second).data.conj().T)
    assert check.fidelity == pytest.approx(abs(trace) ** 2 / 16, abs=1e-12)


@pytest.mark.parametrize("given", [{}, {"observables": "ZZ"}])
def test_equivalence_needs_a_second_circuit_and_nothing_else(given: dict[str, str]) -> None:
    with pytest.raises(ArgumentError, match="second circuit"):
        verify(QuantumCircuit(2), method="equivalence", **given)
    with pytest.raises(ArgumentError, match="`target` must be a QuantumCircuit"):
        verify(QuantumCircuit(2), [1, 0, 0, 0], method="equivalence")


def test_amplitudes_match_dense_and_each_other() -> None:
    circuit = brickwork(8, 4)
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    found = amplitudes(circuit, bits, method="both")
    assert np.abs(np.abs(found.value) - np.abs(Statevector(circuit).data)).max() < 1e-9
    assert found.method == "chain + quimb"


def test_amplitudes_at_hundred_qubits() -> None:
    circuit = brickwork(100, 4)
    bits = np.random.default_rng(0).integers(0, 2, (5, 100))
    one, two = (amplitudes(circuit, bits, method=m).value for m in ("chain", "quimb"))
    assert np.abs(np.abs(one) / np.abs(two) - 1).max() < 1e-6


def test_bad_bits() -> None:
    with pytest.raises(ArgumentError, match="rows of 3 zeros and ones"):
        amplitudes(QuantumCircuit(3), [[0, 1]])
