"""A noisy expectation value: ours, Aer's density matrix on the causal cone, Aer's trajectories."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

from benchmarks import simulate_jobs as jobs

N, DEPTH, LEFT = 60, 6, 29
PROBABILITY = 0.005


def model() -> NoiseModel:
    """Depolarising errors on both qubits after every CZ."""
    out = NoiseModel()
    one = depolarizing_error(PROBABILITY, 1)
    out.add_all_qubit_quantum_error(one.tensor(one), ["cz"])
    return out


def circuit() -> QuantumCircuit:
    """Random one-qubit layers and CZ bricks on 60 qubits."""
    return jobs.brickwork(N, DEPTH)


def ours() -> tuple[float, float, int]:
    """Value, processor seconds, bond of the chain in the Pauli basis."""
    from qtn.devices.tensor.channels import noisy_circuit
    from qtn.states.kernels.density import DensityMPS

    quantum_circuit, noise = circuit(), model()
    best, value, bond = 9.9, 0.0, 0
    for _ in range(3):
        plan = noisy_circuit(quantum_circuit, noise)
        start = time.process_time()
        gates = [*plan.prefix, *[(s.sites, s.matrix) for s in plan.suffix if s.matrix is not None]]
        state = DensityMPS.zeros(N).apply(gates, cutoff=1e-22)
        value = state.expectation(
            "".join("Z" if N - 1 - k in (LEFT, LEFT + 1) else "I" for k in range(N))
        )
        best = min(best, time.process_time() - start)
        bond = state.max_bond
    return value, best, bond


def cone() -> QuantumCircuit:
    """The gates that ⟨Z29 Z30⟩ depends on, on renumbered qubits, with Z⊗Z saved."""
    full = circuit()
    index = {bit: k for k, bit in enumerate(full.qubits)}
    reached, kept = {LEFT, LEFT + 1}, []
    for item in reversed(full.data):
        qubits = [index[q] for q in item.qubits]
        if reached.intersection(qubits):
            reached.update(qubits)
            kept.append((item.operation, qubits))
    place = {q: k for k, q in enumerate(sorted(reached))}
    out = QuantumCircuit(len(place))
    for operation, qubits in reversed(kept):
        out.append(operation, [place[q] for q in qubits])
    operator = SparsePauliOp.from_sparse_list(
        [("ZZ", [place[LEFT], place[LEFT + 1]], 1.0)], len(place)
    )
    out.save_expectation_value(operator, range(len(place)))
    return out


def aer_cone() -> float:
    """The exact value by Aer's density matrix on the causal cone."""
    simulator = AerSimulator(
        method="density_matrix", noise_model=model(), enable_truncation=False,
        max_parallel_threads=1,
    )  # fmt: skip
    return float(np.real(value_of(simulator.run(cone()).result())))


def aer_trajectories(shots: int) -> tuple[float, float]:
    """Value and seconds of Aer's matrix-product trajectories on all 60 qubits."""
    full = circuit()
    operator = SparsePauliOp.from_sparse_list([("ZZ", [LEFT, LEFT + 1], 1.0)], N)
    full.save_expectation_value(operator, range(N))
    simulator = jobs.aer_simulator(64, 1e-14, noise_model=model(), seed_simulator=1)
    start = time.process_time()
    result = simulator.run(full, shots=shots).result()
    return float(np.real(value_of(result))), time.process_time() - start


def value_of(result: Any) -> Any:
    """The saved expectation value of a result."""
    return result.data(0)["expectation_value"]
