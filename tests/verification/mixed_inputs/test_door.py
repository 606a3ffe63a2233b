"""`qtn.infinite_temperature`: exact, certified, sampled or refused."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp, random_clifford

import qtn
from qtn.errors import ArgumentError, VerificationError
from qtn.verification import Limits


def _echo(n: int, steps: int, delta: float) -> QuantumCircuit:
    """V†DV with V a kicked chain and D a rotation of every qubit."""
    half = QuantumCircuit(n)
    for _ in range(steps):
        half.rx(0.6, range(n))
        half.rz(0.4, range(n))
        for q in range(n - 1):
            half.cz(q, q + 1)
    whole = half.copy()
    whole.rx(delta, range(n))
    return whole.compose(half.inverse())


def test_an_echo_is_exact_from_its_middle():
    circuit = _echo(6, 3, 0.3)
    label = "IIZIII"
    matrix, unitary = SparsePauliOp(label).to_matrix(), Operator(circuit).data
    wanted = np.trace(matrix @ unitary.conj().T @ matrix @ unitary).real / 64
    check = qtn.infinite_temperature(circuit, label)
    assert check.rigorous
    assert check.values[0].value == pytest.approx(wanted, abs=1e-12)
    assert qtn.infinite_temperature(_echo(6, 3, 0.0), label).values[0].value == pytest.approx(1.0)


def test_two_observables_and_forms():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    check = qtn.infinite_temperature(circuit, "ZZ", {"ZI": 1.0, "IX": 0.5})
    assert check.values[0].value == pytest.approx(1.0)
    assert qtn.infinite_temperature(circuit, "ZI", "XX").values[0].value == pytest.approx(0.0)


def test_clifford_echoes_of_many_qubits():
    circuit = random_clifford(90, seed=1).to_circuit()
    circuit = circuit.compose(circuit.inverse())
    check = qtn.infinite_temperature(circuit, "Z" + "I" * 89)
    assert (check.values[0].value, check.rigorous) == (1.0, True)


def test_both_ways_agree():
    check = qtn.infinite_temperature(_echo(4, 2, 0.5), "IZII", method="both",
                                     limits=Limits(shots=200))  # fmt: skip
    assert check.method == "propagation + sampled inputs"
    assert "two independent engines agree" in check.why


def test_samples_speak_where_strings_cannot():
    limits = Limits(memory=1000.0, shots=100)
    check = qtn.infinite_temperature(_echo(4, 2, 0.5), "IZII", limits=limits)
    assert check.method == "sampled inputs"
    assert not check.rigorous
    assert "100 random product inputs" in check.why


def test_what_is_beyond_is_refused_with_both_reasons():
    circuit = _echo(30, 30, 0.4)
    with pytest.raises(VerificationError, match=r"2-norms.*causal cone|longer.*causal cone"):
        qtn.infinite_temperature(
            circuit, "Z" * 30, limits=Limits(seconds=0.1, max_bond=2, memory=1e8)
        )


def test_wrong_arguments():
    circuit = _echo(3, 1, 0.1)
    with pytest.raises(ArgumentError, match="`method`"):
        qtn.infinite_temperature(circuit, "ZZZ", method="chain")
    with pytest.raises(ArgumentError, match="`observable` must be on the 3 qubits"):
        qtn.infinite_temperature(circuit, "ZZ")
    with pytest.raises(ArgumentError, match="`other` must be"):
        qtn.infinite_temperature(circuit, "ZZZ", 3)
    with pytest.raises(ArgumentError, match="`limits` must be"):
        qtn.infinite_temperature(circuit, "ZZZ", limits=3)
