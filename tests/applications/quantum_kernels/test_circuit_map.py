"""Circuits as feature maps: exact kernels of any of them, with a bandwidth."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import pauli_feature_map, zz_feature_map
from qiskit.quantum_info import Statevector

import qtn
from qtn.applications.quantum_kernels import RotationMap, ZZMap
from qtn.applications.quantum_kernels.circuit_map import CircuitMap
from qtn.errors import ArgumentError

X = np.random.default_rng(0).uniform(-1, 1, (4, 6))


def mixed() -> QuantumCircuit:
    """Return a circuit of gates in both directions, one of three qubits, some without a feature."""
    a, b, c = (Parameter(name) for name in "abc")
    circuit = QuantumCircuit(4, global_phase=0.3)
    circuit.h(range(4))
    circuit.crx(a, 1, 0)
    circuit.cry(2 * b, 2, 3)
    circuit.rz(c - a, 1)
    circuit.ccx(0, 1, 2)
    circuit.cp(b * c, 3, 0)
    return circuit


@pytest.mark.parametrize(
    "template",
    [
        zz_feature_map(6, reps=2, entanglement="linear"),
        zz_feature_map(6, reps=1, entanglement="full"),
        pauli_feature_map(6, reps=1, paulis=["Z", "YY"], entanglement="linear"),
        RotationMap().circuit(6),
    ],
    ids=["linear", "full", "pauli", "rotations"],
)
def test_kernels_are_those_of_state_vectors(template: QuantumCircuit) -> None:
    states = np.array([Statevector(template.assign_parameters(0.4 * row)).data for row in X])
    expected = np.abs(states.conj() @ states.T) ** 2
    known = CircuitMap(template=template, bandwidth=0.4)
    for method in ("auto", "tensor", "vector"):
        if known.has_chain or method != "tensor":
            found = qtn.kernel_matrix(X, X, known, method).value
            np.testing.assert_allclose(found, expected, atol=1e-12)
    assert Statevector(known.circuit(6).assign_parameters(X[0])).equiv(Statevector(states[0]))


def test_any_gates() -> None:
    x = X[:, :3]
    circuit = mixed()
    states = np.array([Statevector(circuit.assign_parameters(row)).data for row in x])
    found = qtn.kernel_matrix(x, x, circuit).value
    np.testing.assert_allclose(found, np.abs(states.conj() @ states.T) ** 2, atol=1e-12)
    assert not CircuitMap(template=circuit).has_chain


def test_chains_are_as_short_as_those_of_the_map() -> None:
    theirs = CircuitMap(template=zz_feature_map(6, reps=2, entanglement="linear"))
    assert theirs.has_chain
    assert theirs.state(X[0]).max_bond <= ZZMap().state(X[0]).max_bond


def test_a_classifier_chooses_its_bandwidth() -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (40, 3))
    template = zz_feature_map(3, reps=1, entanglement="linear")
    model = qtn.QuantumKernelClassifier(template, C=10.0).fit(x, x[:, 0] > 0)
    assert model.bandwidth_ < 4
    assert model.score(x, x[:, 0] > 0) > 0.9


def test_bad_input() -> None:
    measured = QuantumCircuit(1, 1)
    measured.rx(Parameter("a"), 0)
    for template in (QuantumCircuit(2), measured):
        with pytest.raises(ArgumentError, match="with parameters and without measurements"):
            qtn.kernel_matrix(X, feature_map=template)
    with pytest.raises(ArgumentError, match="as many as the circuit has parameters, 6"):
        qtn.kernel_matrix(X[:, :2], feature_map=ZZMap().circuit(6))
    with pytest.raises(ArgumentError, match="a circuit whose parameters are the features"):
        qtn.kernel_matrix(X, feature_map=3)
    noisy = QuantumCircuit(1)
    noisy.rx(Parameter("a"), 0)
    noisy.reset(0)
    with pytest.raises(ArgumentError, match="must hold unitary gates"):
        qtn.kernel_matrix(X[:, :1], feature_map=noisy)
