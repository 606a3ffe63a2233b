"""Circuits of common benchmark suites on fake devices, with observables of exact value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume
from qiskit.quantum_info import Clifford, SparsePauliOp, Statevector, random_clifford

FAMILIES = {
    "FakePerth: GHZ and mirror circuits": "FakePerth",
    "FakeKolkataV2: quantum volume, W, randomised benchmarking": "FakeKolkataV2",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A circuit, an observable of one measurement basis and its exact value."""

    name: str
    device: str
    circuit: QuantumCircuit
    observable: SparsePauliOp
    exact: float


def ghz(n: int) -> QuantumCircuit:
    """GHZ state by a ladder of CX."""
    circuit = QuantumCircuit(n)
    circuit.h(0)
    for q in range(n - 1):
        circuit.cx(q, q + 1)
    return circuit


def mirror(n: int, layers: int, rng: np.random.Generator) -> QuantumCircuit:
    """Random Clifford layers, a random Pauli, and the layers undone; barriers keep the halves."""
    half = QuantumCircuit(n)
    for _ in range(layers):
        for q in range(n):
            half.compose(_clifford(1, rng), [q], inplace=True)
        for q in range(int(rng.integers(0, 2)), n - 1, 2):
            half.cx(q, q + 1)
    circuit = half.copy()
    circuit.barrier()
    for q in range(n):
        letter = "ixyz"[int(rng.integers(4))]
        getattr(circuit, {"i": "id"}.get(letter, letter))(q)
    circuit.barrier()
    circuit.compose(half.inverse(), inplace=True)
    return circuit


def w_state(n: int) -> QuantumCircuit:
    """W state by controlled rotations along a chain."""
    circuit = QuantumCircuit(n)
    circuit.x(0)
    for k in range(n - 1):
        circuit.cry(2 * np.arccos(np.sqrt(1 / (n - k))), k, k + 1)
        circuit.cx(k + 1, k)
    return circuit


def randomised(n: int, length: int, rng: np.random.Generator) -> QuantumCircuit:
    """Random Cliffords and the inverse of their product; a transpiler may empty it."""
    circuit, total = QuantumCircuit(n), Clifford(QuantumCircuit(n))
    for _ in range(length):
        gate = _clifford(n, rng)
        total = total.compose(Clifford(gate))
        circuit.compose(gate, inplace=True)
    circuit.compose(total.adjoint().to_circuit(), inplace=True)
    return circuit


def volume(n: int, rng: np.random.Generator) -> QuantumCircuit:
    """Square circuit of random SU(4) on random pairs."""
    return quantum_volume(n, n, seed=int(rng.integers(1 << 31)))


def _clifford(n: int, rng: np.random.Generator) -> QuantumCircuit:
    return random_clifford(n, seed=int(rng.integers(1 << 31))).to_circuit()


def mean_z(n: int) -> SparsePauliOp:
    """Mean of Z over the qubits."""
    return SparsePauliOp.from_sparse_list([("Z", [q], 1 / n) for q in range(n)], n)


def mean_zz(n: int) -> SparsePauliOp:
    """Mean of ZZ over neighbours."""
    bonds = [("ZZ", [q, q + 1], 1 / (n - 1)) for q in range(n - 1)]
    return SparsePauliOp.from_sparse_list(bonds, n)


def draws(family: str, seed: int) -> Iterator[Problem]:
    """Problems of a family; circuits and sizes are drawn from the seed."""
    rng, device = np.random.default_rng(seed), FAMILIES[family]
    found: list[tuple[str, QuantumCircuit, SparsePauliOp]] = []
    if device == "FakePerth":
        for n in (3, 4, 5, 6):
            found.append((f"ghz-{n}", ghz(n), mean_zz(n)))
            found.append((f"ghz-{n}", ghz(n), SparsePauliOp("X" * n)))
        for n in (3, 4, 5):
            for observable in (mean_z(n), SparsePauliOp("Z" * n)):
                layers = int(rng.integers(1, 5))
                found.append((f"mirror-{n}-{layers}", mirror(n, layers, rng), observable))
    else:
        for n in (2, 3, 4):
            for observable in (mean_z(n), mean_zz(n)):
                found.append((f"volume-{n}", volume(n, rng), observable))
        for n in (3, 4, 5):
            found.append((f"w-{n}", w_state(n), (mean_z, mean_zz)[int(rng.integers(2))](n)))
        for n in (2, 3):
            for observable in (mean_z(n), SparsePauliOp("Z" * n)):
                length = int(rng.integers(2, 9))
                found.append((f"rb-{n}-{length}", randomised(n, length, rng), observable))
    for name, circuit, observable in found:
        exact = float(Statevector(circuit).expectation_value(observable).real)
        yield Problem(name, device, circuit, observable, exact)
