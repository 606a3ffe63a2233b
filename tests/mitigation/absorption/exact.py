"""Noisy circuits by density matrices: what the absorbing observables are checked against."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Operator, Pauli

from qtn.mitigation import PauliNoise
from qtn.mitigation.absorption.noisy_circuit import GateStep
from qtn.mitigation.values.pauli_noise import gates_of


def circuit(n: int = 4, layers: int = 2) -> QuantumCircuit:
    """Layers of rotations, Clifford gates and others, also between distant qubits."""
    made = QuantumCircuit(n)
    for layer in range(layers):
        for q in range(n):
            made.rx(0.4 + 0.1 * q + 0.2 * layer, q)
        for q in range(n - 1):
            made.cx(q, q + 1)
        made.rz(0.7, n - 1)
        made.cz(0, n - 2)
        made.rzz(0.3, 1, n - 1)
    return made


def noise(of: QuantumCircuit, largest: float = 4e-3, seed: int = 0) -> PauliNoise:
    """Rates of their own for every gate and Pauli."""
    rng = np.random.default_rng(seed)
    return PauliNoise({gate: rng.uniform(0, largest, 15) for gate in gates_of(of)})


def state(n: int, steps: list, *, noisy: bool = True) -> DensityMatrix:
    """The state after gates and noise, in the order of time."""
    rho = DensityMatrix.from_label("0" * n)
    for step in steps:
        if isinstance(step, GateStep):
            rho = rho.evolve(Operator(step.matrix), list(step.qubits))
            continue
        for term, rate in step.terms.items() if noisy else ():
            weight = (1 + np.exp(-2 * rate)) / 2
            rho = weight * rho + (1 - weight) * rho.evolve(Pauli(label(term, n)))
    return rho


def label(term: tuple, n: int) -> str:
    """A string as Qiskit prints it."""
    letters = dict(term)
    return "".join(letters.get(q, "I") for q in reversed(range(n)))


def value(rho: DensityMatrix, labels: list[str], coefficients: np.ndarray) -> float:
    """Σ c ⟨P⟩."""
    found = [rho.expectation_value(Pauli(one)).real for one in labels]
    return float(np.dot(found, coefficients))
