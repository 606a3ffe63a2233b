r"""Seconds of a noisy chain whose bonds no counting of gates can tell, found by trying.

Folded circuits undo what they entangle, and weak gates hardly entangle: bounds by counting are then
beyond the truth by orders of magnitude. So the circuit is run without its noise, which takes a
chain of two levels, small bonds and little time. A pure state of bond χ is a density operator of
bond χ², which noise does not raise on lines (where gates act across the chain it does, so that only
lines are tried). The start is a product of random states: on |0…0⟩ many gates do nothing, but they
do once noise has flipped a qubit.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError

from qtn.devices.tensor.channels import unitary_matrix
from qtn.devices.tensor.ordering import chain_order
from qtn.errors import DeviceError
from qtn.states.kernels.circuit import Gate, apply_gates
from qtn.states.kernels.work import Step

__all__ = ["tried_bonds"]

CUTOFF = 1e-6  # relative squared weight of a pure state that density operators do not see either
ALLOWED = 2e9  # operations of a trial, some tenths of a second
KEPT = 64  # trials remembered
PASSIVE = ("barrier", "delay", "measure")

_REMEMBERED: dict[bytes, NDArray[np.float64] | None] = {}


class _Enough(Exception):
    """The trial has used up its work."""


def tried_bonds(circuit: QuantumCircuit) -> NDArray[np.float64] | None:
    """Return the bond that each fused two-qubit gate of a circuit without noise leaves.

    Args:
        circuit: gates on one qubit, and on two along lines, without free parameters, and final
            measurements.

    Returns:
        (gates,) bonds; None where the circuit holds something else, or the trial took too long.

    Cost: some tenths of a second at most, once per circuit.

    Example:
        >>> circuit = QuantumCircuit(2); _ = circuit.h(0); _ = circuit.cx(0, 1); _ = circuit.h(1)
        >>> _ = circuit.cx(1, 0)
        >>> tried_bonds(circuit)
        array([2.])
    """
    found = _read(circuit)
    if found is None:
        return None
    n, gates = found
    digest = hashlib.blake2b(str(n).encode(), digest_size=16)
    for sites, matrix in gates:
        digest.update(bytes(str(sites), "ascii") + np.ascontiguousarray(matrix).tobytes())
    key = digest.digest()
    if key not in _REMEMBERED:
        if len(_REMEMBERED) >= KEPT:
            _REMEMBERED.pop(next(iter(_REMEMBERED)))
        _REMEMBERED[key] = _tried(n, gates)
    return _REMEMBERED[key]


def _read(circuit: QuantumCircuit) -> tuple[int, list[Gate]] | None:
    """Return the number of sites, and the gates on the chain that noise would be simulated on."""
    index = {q: k for k, q in enumerate(circuit.qubits)}
    found: list[Gate] = []
    for item in circuit.data:
        if item.operation.name in PASSIVE:
            continue
        if len(item.qubits) > 2 or item.clbits or item.operation.name == "reset":
            return None
        try:
            matrix = unitary_matrix(item.operation)
        except (DeviceError, QiskitError, TypeError):  # a channel, a free parameter
            return None
        found.append((tuple(index[q] for q in item.qubits), matrix))
    used = [q for qubits, _ in found for q in qubits]
    if not used:
        return None
    order = chain_order(used, [(q[0], q[1]) for q, _ in found if len(q) == 2])
    site = {q: k for k, q in enumerate(order)}
    gates = [(tuple(site[q] for q in qubits), matrix) for qubits, matrix in found]
    on_lines = all(len(sites) == 1 or abs(sites[0] - sites[1]) == 1 for sites, _ in gates)
    return (len(order), gates) if on_lines else None


def _tried(n: int, gates: list[Gate]) -> NDArray[np.float64] | None:
    bonds: list[float] = []

    def watch(step: Step) -> None:
        bonds.append(float(step.size))
        if step.work > ALLOWED and step.done < step.of:
            raise _Enough

    angles = np.random.default_rng(0).uniform(0.0, np.pi, n)
    start = [np.array([np.cos(a), 1j * np.sin(a)]).reshape(1, 2, 1) for a in angles]
    try:
        apply_gates(start, gates, center=0, cutoff=CUTOFF, watch=watch)
    except _Enough:
        return None
    return np.array(bonds)
