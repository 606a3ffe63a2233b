"""Faults followed to the end of a circuit, against density matrices."""

from __future__ import annotations

import numpy as np
import pytest
from mitigation.unfolding.noisy_outcomes import noisy_distribution, random_noise
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Operator, Pauli, Statevector

from qtn.devices import Transpiled
from qtn.mitigation import PauliNoise
from qtn.mitigation.unfolding.faults import branch_table, faults_of, pack_bits
from qtn.mitigation.unfolding.response import convolution
from qtn.mitigation.values.pauli_noise import PAIRS, key_of


def native(circuit):
    qubits = tuple(range(circuit.num_qubits))
    return Transpiled(circuit, qubits, qubits)


def clifford(seed):
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(3)
    for _ in range(3):
        for qubit in range(3):
            for _ in range(int(rng.integers(3))):
                getattr(circuit, ("h", "s", "sx", "x")[int(rng.integers(4))])(qubit)
        first, second = rng.permutation(3)[:2]
        circuit.cx(int(first), int(second))
    return circuit


@pytest.mark.parametrize("seed", range(4))
def test_clifford_circuits_convolve_exactly(seed):
    circuit = clifford(seed)
    noise = random_noise(circuit, 0.02, seed)
    faults = faults_of(native(circuit), noise, 8, np.random.default_rng(0))
    ideal = np.abs(Statevector(circuit).data) ** 2
    found = convolution(faults, np.zeros(3)).forward(ideal)
    assert faults.certain
    np.testing.assert_allclose(found, noisy_distribution(circuit, noise), atol=1e-12)


def test_rotations_about_z_keep_it_certain():
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.rz(0.3, 0)  # turns X into X and Y: both flip
    circuit.cx(0, 1)
    circuit.rz(0.9, 1)
    noise = random_noise(circuit, 0.03, 1)
    faults = faults_of(native(circuit), noise, 64, np.random.default_rng(0))
    assert faults.certain
    found = convolution(faults, np.zeros(2)).forward(np.abs(Statevector(circuit).data) ** 2)
    np.testing.assert_allclose(found, noisy_distribution(circuit, noise), atol=1e-12)


def test_branches_have_the_squared_amplitudes():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    circuit.ry(0.8, 0)
    only = np.zeros(15)
    only[PAIRS.index(("Z", "I"))] = 0.05  # Z before: cos Z + sin X after
    noise = PauliNoise({("cx", (0, 1)): only})
    faults = faults_of(native(circuit), noise, 20_000, np.random.default_rng(1))
    total = (1 - np.exp(-0.1)) / 2
    assert not faults.certain
    assert faults.masks[0].tolist() == [1]
    assert faults.chances[0][0] == pytest.approx(total * np.sin(0.8) ** 2, rel=0.03)
    assert faults.none == pytest.approx(1 - faults.chances[0].sum())


def test_without_noise_nothing_flips():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    faults = faults_of(native(circuit), None, 8, np.random.default_rng(0))
    assert faults.none == 1
    assert faults.masks == ()


def test_measured_qubits_give_the_bits():
    circuit = QuantumCircuit(3)
    circuit.cx(2, 0)
    only = np.zeros(15)
    only[PAIRS.index(("X", "I"))] = 0.1  # on the control, hence both flip
    noise = PauliNoise({("cx", (2, 0)): only})
    order = Transpiled(circuit, (2, 0), (2, 0))
    assert faults_of(order, noise, 1, np.random.default_rng(0)).masks[0].tolist() == [0b11]


@pytest.mark.parametrize("label", ["X", "Y", "Z"])
def test_branch_table_is_the_squared_transfer_matrix(label):
    gate = Operator(QuantumCircuit(1).compose(_turned())).data
    moved = gate @ Pauli(label).to_matrix() @ gate.conj().T
    expected = [abs(np.trace(Pauli(q).to_matrix() @ moved)) ** 2 / 4 for q in "IXYZ"]
    row = branch_table(gate)["IXYZ".index(label)]
    np.testing.assert_allclose(row, expected, atol=1e-14)
    assert row.sum() == pytest.approx(1)


def _turned():
    circuit = QuantumCircuit(1)
    circuit.u(0.3, 1.1, -0.4, 0)
    return circuit


def test_bits_are_packed_with_column_0_lowest():
    rows = np.zeros((2, 63), dtype=bool)
    rows[0, 62] = rows[1, 0] = True
    assert pack_bits(rows).tolist() == [1 << 62, 1]


def test_oracle_agrees_with_an_error_free_circuit():
    circuit = clifford(0)
    noise = random_noise(circuit, 0.0, 0)
    exact = np.diag(DensityMatrix(circuit).data).real
    np.testing.assert_allclose(noisy_distribution(circuit, noise), exact, atol=1e-12)
    assert key_of(circuit, next(i for i in circuit.data if len(i.qubits) == 2)) in noise.rates
