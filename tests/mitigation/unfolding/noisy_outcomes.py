"""Outcomes of noisy circuits by density matrices, the oracle of these tests."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Pauli

from qtn.mitigation import PauliNoise
from qtn.mitigation.values.pauli_noise import PAIRS, gates_of, key_of


def random_noise(circuit: QuantumCircuit, size: float, seed: int) -> PauliNoise:
    """Rates of all two-qubit gates, uniform up to `size`."""
    rng = np.random.default_rng(seed)
    return PauliNoise({key: rng.uniform(0, size, 15) for key in gates_of(circuit)})


def noisy_distribution(circuit: QuantumCircuit, noise: PauliNoise) -> np.ndarray:
    """Outcome probabilities where the channel of every two-qubit gate acts before it."""
    state = DensityMatrix.from_label("0" * circuit.num_qubits)
    for instruction in circuit.data:
        qubits = [circuit.find_bit(q).index for q in instruction.qubits]
        if len(qubits) == 2:
            for pair, rate in zip(PAIRS, noise.of(*key_of(circuit, instruction)), strict=True):
                kept = (1 + np.exp(-2 * rate)) / 2
                flipped = state.evolve(Pauli(pair[1] + pair[0]), qargs=qubits)
                state = kept * state + (1 - kept) * flipped
        state = state.evolve(instruction.operation, qargs=qubits)
    return np.real(np.diag(state.data))
