"""First gates taken into the input leave every value as it is."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.interop.circuits import gate_list
from qtn.interop.observables import terms_of
from qtn.states.pauli_sums import (
    Damping,
    PauliSum,
    Turn,
    generators_of,
    product_inputs,
    propagate,
)


def test_values_are_the_same_and_gates_fewer():
    circuit = QuantumCircuit(3)
    circuit.rx(0.3, 0)
    circuit.u(0.3, 0.4, 0.5, 1)
    circuit.cx(0, 1)
    circuit.h(2)
    circuit.t(0)
    circuit.rzz(0.6, 1, 2)
    gates = gate_list(circuit).gates
    directions, left = product_inputs(3, gates)
    assert len(left) == len(gates) - 3
    assert directions[2] == pytest.approx([1.0, 0.0, 0.0])
    for label in ("XYZ", "ZZI", "IYX"):
        total = PauliSum.from_terms(terms_of(label, 3), 3)
        found = propagate(total, generators_of(3, left)).kept.value(directions)
        wanted = Statevector(circuit).expectation_value(SparsePauliOp(label)).real
        assert found == pytest.approx(wanted, abs=1e-12)


def test_rotations_and_channels_stay():
    gates = [Turn(((0, "X"),), 0.1), Damping(((1, "Z"),), 0.9), ((0,), np.eye(2))]
    directions, left = product_inputs(2, gates)
    assert left == gates
    assert directions.tolist() == [[0, 0, 1], [0, 0, 1]]
