"""Circuits and observables that several tests of the room run."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp


def trotter(n: int = 3, steps: int = 2, angle: float = 0.6) -> QuantumCircuit:
    """Return Trotter steps of an Ising chain in a transverse field."""
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        for i in range(n - 1):
            circuit.rzz(0.5, i, i + 1)
        for i in range(n):
            circuit.rx(angle, i)
    return circuit


def quench(angle: float = 0.6, n: int = 4) -> QuantumCircuit:
    """Return two Trotter steps by the angle of the field."""
    return trotter(n, 2, angle)


def energy(
    n: int = 3, coupling: float = -1.0, field: float = -0.7, shift: float = 0.25
) -> SparsePauliOp:
    """Return the energy of an Ising chain in a transverse field."""
    terms = [("ZZ", [i, i + 1], coupling) for i in range(n - 1)]
    terms += [("X", [i], field) for i in range(n)]
    return SparsePauliOp.from_sparse_list([*terms, ("", [], shift)] if shift else terms, n)
