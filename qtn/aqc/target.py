"""Targets of the compiler: everything that can be read as a matrix product state of qubits."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np

from qtn._memory import free_memory
from qtn.errors import ArgumentError
from qtn.interop.operators import is_operator, operator
from qtn.interop.targets import NORMALISED, check_norm, read_state
from qtn.states import MPO, MPS, TTN

COPIES = 48  # of a complex target that a search may hold


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
    state = read_state(target)
    if any(d != 2 for d in state.phys):
        dims = sorted(set(state.phys))
        raise ArgumentError(
            f"Argument `target` must have physical dimension 2 at every site, but has {dims}. "
            "Embed each site in qubits first: qtn.aqc.embed_in_qubits(state)."
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


@overload
def embed_in_qubits(state: MPS) -> MPS: ...
@overload
def embed_in_qubits(state: TTN) -> TTN: ...
def embed_in_qubits(state: MPS | TTN) -> MPS | TTN:
    """Return the state with every site of dimension d written on ⌈log2 d⌉ qubits.

    The index of a site becomes the binary number on its qubits, first qubit most significant;
    levels d, d + 1, ... have amplitude zero.

    Args:
        state: an MPS or TTN of any physical dimensions; a site of a tree becomes a branch.

    Example:
        >>> embed_in_qubits(MPS.product([[0.0, 0.0, 1.0], [1.0, 0.0]])).phys
        (2, 2, 2)
    """
    if isinstance(state, TTN):
        return _embedded_tree(state)
    tensors: list[np.ndarray] = []
    for tensor in state.tensors:
        left, phys, right = tensor.shape
        qubits = max(1, math.ceil(math.log2(phys)))
        padded = np.zeros((left, 2**qubits, right), tensor.dtype)
        padded[:, :phys] = tensor
        rest = padded
        for _ in range(qubits - 1):
            block = rest.reshape(rest.shape[0] * 2, -1)
            u, s, vh = np.linalg.svd(block, full_matrices=False)
            keep = max(1, int(np.count_nonzero(s > 1e-15 * s[0])))
            tensors.append(u[:, :keep].reshape(-1, 2, keep))
            rest = (s[:keep, None] * vh[:keep]).reshape(keep, -1, right)
        tensors.append(rest.reshape(rest.shape[0], 2, right))
    return MPS(tuple(tensors), origin=state.origin)


def _embedded_tree(state: TTN) -> TTN:
    qubits = [max(1, math.ceil(math.log2(d))) for d in state.phys]
    n, start = sum(qubits), 0
    tensors: list[np.ndarray] = []
    pairs: list[tuple[int, int]] = []
    number: list[int] = []  # of every old site and node
    for d, count in zip(state.phys, qubits):
        top = start
        for k in range(1, count):
            size = 2 ** (k + 1)
            kept = np.eye(size)[:, : d if k == count - 1 else size]
            tensors.append(kept.reshape(2**k, 2, -1))
            pairs.append((top, start + k))
            top = n + len(pairs) - 1
        number.append(top)
        start += count
    for tensor, pair in zip(state.tensors, state.pairs):
        missing = [(0, int(c < state.n and state.phys[c] == 1)) for c in pair]
        tensors.append(np.pad(tensor, (*missing, (0, 0))))
        pairs.append((number[pair[0]], number[pair[1]]))
        number.append(n + len(pairs) - 1)
    return TTN(tuple(tensors), tuple(pairs))


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
