"""Problems of the mitigation benchmark: Trotter circuits of the transverse-field Ising chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

# device, qubits, Trotter steps
SETTINGS = (
    ("FakeManilaV2", 4, 2),
    ("FakeManilaV2", 4, 4),
    ("FakeGuadalupeV2", 6, 2),
    ("FakeGuadalupeV2", 6, 4),
    ("FakeTorino", 6, 2),
    ("FakeTorino", 6, 4),
    ("FakeTorino", 6, 6),
)
STEP = 0.25


@dataclass(frozen=True, slots=True)
class Problem:
    """A circuit, an observable per site and its exact value."""

    device: str
    n: int
    steps: int
    coupling: float
    field: float
    circuit: QuantumCircuit
    observable: SparsePauliOp
    exact: float


def trotter(n: int, steps: int, coupling: float, field: float) -> QuantumCircuit:
    """First-order Trotter circuit of H = -J ΣZZ - h ΣX from |0…0>."""
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        for start in (0, 1):
            for i in range(start, n - 1, 2):
                circuit.rzz(-2 * coupling * STEP, i, i + 1)
        for i in range(n):
            circuit.rx(-2 * field * STEP, i)
    return circuit


def energy(n: int, coupling: float, field: float) -> SparsePauliOp:
    """Energy per site."""
    bonds = [("ZZ", [i, i + 1], -coupling / n) for i in range(n - 1)]
    return SparsePauliOp.from_sparse_list([*bonds, *[("X", [i], -field / n) for i in range(n)]], n)


def problem(device: str, n: int, steps: int, coupling: float, field: float) -> Problem:
    """One circuit with its exact value."""
    circuit, observable = trotter(n, steps, coupling, field), energy(n, coupling, field)
    exact = float(Statevector(circuit).expectation_value(observable).real)
    return Problem(device, n, steps, coupling, field, circuit, observable, exact)


def draws(per_setting: int, seed: int, low: float = 0.6, high: float = 1.4) -> Iterator[Problem]:
    """Distinct (J, h) for every setting, uniform in [low, high]²."""
    rng = np.random.default_rng(seed)
    for device, n, steps in SETTINGS:
        for _ in range(per_setting):
            coupling, field = rng.uniform(low, high, 2)
            yield problem(device, n, steps, float(coupling), float(field))
