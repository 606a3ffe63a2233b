from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import DensityMatrix, SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qtn.errors import ArgumentError, DeviceError
from qtn.mitigation import virtual_distillation


def rotated() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.ry(0.4, 1)
    circuit.id([0, 1])
    return circuit


OBSERVABLE = SparsePauliOp(["IZ", "ZI", "IX", "YI"], [1.0, 0.5, 0.7, 0.3])


def test_pure_states_keep_their_values():
    exact = DensityMatrix(rotated()).expectation_value(OBSERVABLE).real
    found = virtual_distillation(rotated(), OBSERVABLE, device="aer", shots=20_000)
    assert abs(found.value - exact) < 5 * found.stderr
    assert found.stderr < 0.03


def test_stochastic_noise_is_squared_away():
    # noise on the idle gates only, so that copies are noisy and the rotations are not
    error = 0.3
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(error, 1), ["id"])
    device = AerSimulator(method="density_matrix", noise_model=noise)
    state = DensityMatrix(rotated())
    for qubit in (0, 1):
        paulis = [SparsePauliOp.from_sparse_list([(p, [qubit], 1)], 2) for p in "XYZ"]
        data = (1 - 0.75 * error) * state.data
        data = data + 0.25 * error * sum(p.to_matrix() @ state.data @ p.to_matrix() for p in paulis)
        state = DensityMatrix(data)
    noisy = state.expectation_value(OBSERVABLE).real
    squared = state.data @ state.data
    distilled = DensityMatrix(squared / np.trace(squared)).expectation_value(OBSERVABLE).real
    exact = DensityMatrix(rotated()).expectation_value(OBSERVABLE).real
    found = virtual_distillation(rotated(), OBSERVABLE, device=device, shots=40_000)
    assert abs(found.value - distilled) < 5 * found.stderr
    assert abs(found.value - exact) < 0.6 * abs(noisy - exact)


def test_what_it_cannot_take_is_refused():
    with pytest.raises(ArgumentError, match="one-qubit Pauli terms"):
        virtual_distillation(rotated(), "ZZ", device="aer")
    free = QuantumCircuit(1)
    free.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="without free parameters"):
        virtual_distillation(free, "Z", device="aer")
    mixed = QuantumCircuit(6)
    mixed.id(range(6))
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(1.0, 1), ["id"])
    with pytest.raises(DeviceError, match="cannot tell from 0"):
        virtual_distillation(
            mixed, "IIIIIZ", device=AerSimulator(noise_model=noise), shots=200, seed=1
        )
