"""Targets of the compiler: everything that can be read as a matrix product state of qubits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from qiskit.circuit import QuantumCircuit

from qtn._memory import free_memory
from qtn.errors import ArgumentError
from qtn.interop.charged import charged_to_mps
from qtn.interop.circuits import is_text, read_circuit
from qtn.interop.operators import is_operator, operator
from qtn.interop.targets import NORMALISED, check_norm, read_state
from qtn.states import MPO, MPS, TTN

COPIES = 48  # of a complex target that a search may hold
# Circuits on so many qubits that conserve charges are simulated in blocks, and their chains are cut
# to bonds of so many numbers in all; certificates then compare with the circuit itself.
MANY, NUMBERS = 24, 6e6


def as_target(target: Any) -> MPS | TTN:
    """Return the normalised state of qubits that `target` stands for: an MPS, or the TTN given.

    Args:
        target: any form that `qtn.interop.targets.read_state` takes: an `MPS` or `TTN`, a fitted
            model with `.state()`, a `QuantumCircuit` that can be simulated as an MPS, an amplitude
            vector in Qiskit's order (also of another array library), a state of Qiskit, quimb or
            TeNPy.

    Raises:
        ArgumentError: nothing of these, a classifier without label, a norm far from 1, sites that
            are no qubits, or a state too large for the memory.
    """
    state = _in_blocks(target) or read_state(target)
    if any(d != 2 for d in state.phys):
        dims = sorted(set(state.phys))
        raise ArgumentError(
            f"Argument `target` must have physical dimension 2 at every site, but has {dims}. "
            "Embed each site in qubits first: qtn.aqc.embed_in_qubits(state), for a model "
            "model.state(..., qubits=True)."
        )
    # Before the first copy is made.
    check_memory(COPIES * 16.0 * sum(t.size for t in state.tensors), "Compiling this target")
    norm = check_norm(state, target)
    if isinstance(state, TTN):
        return state if abs(norm - 1.0) <= NORMALISED else state.normalised()
    return _real_if_possible(state.normalised())


def state_or_operator(target: Any) -> MPS | TTN | MPO:
    """Return the state as `as_target` does, or the unitary operator that `target` stands for.

    Args:
        target: as for `as_target`, or an operator in a form of `qtn.interop.operators.operator`;
            a circuit is the state that it prepares.

    Raises:
        ArgumentError: as in `as_target`, or an operator that is not unitary.
    """
    if not is_operator(target):
        return as_target(target)
    found = operator(target)
    check_memory(COPIES * 16.0 * sum(t.size for t in found.tensors), "Compiling this target")
    return found


def _in_blocks(target: Any) -> MPS | None:
    """Return the state of a large circuit that conserves charges; None for anything else."""
    if not isinstance(target, QuantumCircuit) and not is_text(target):
        return None
    circuit = read_circuit(target, "target")
    if circuit.num_qubits < MANY:
        return None
    return charged_to_mps(circuit, int(math.sqrt(NUMBERS / (2 * circuit.num_qubits))))


def as_chain(tree: TTN) -> MPS:
    """Return the normalised, canonical MPS of a tree.

    Raises:
        ArgumentError: the chain is too large for the memory.
    """
    state = tree.to_mps()
    check_memory(COPIES * 16.0 * sum(t.size for t in state.tensors), "Compiling this target")
    return _real_if_possible(state.normalised())


def _real_if_possible(state: MPS) -> MPS:
    """Return the state in real tensors when a global phase per tensor makes it real."""
    if state.dtype == np.float64:
        return state
    if all(not np.any(t.imag) for t in state.tensors):
        return MPS(tuple(t.real for t in state.tensors), origin=state.origin)
    return state


def check_memory(bytes_needed: float, what: str) -> None:
    """Raise if `bytes_needed` exceeds what is free.

    Raises:
        ArgumentError: naming the memory needed and the memory free.
    """
    free = free_memory()
    if bytes_needed > free:
        raise ArgumentError(
            f"{what} needs about {bytes_needed / 2**30:.3g} GiB, but {free / 2**30:.3g} GiB are "
            "free. Truncate the target (state.truncated(max_bond=...)) or use fewer layers."
        )
