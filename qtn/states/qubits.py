"""States of sites with any number of levels, written on qubits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import overload

import numpy as np

from qtn.states.mps import MPS
from qtn.states.origin import Origin, Trained
from qtn.states.ttn import TTN


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
    counts = [max(1, math.ceil(math.log2(d))) for d in state.phys]
    if isinstance(state, TTN):
        return _embedded_tree(state, counts)
    tensors: list[np.ndarray] = []
    for tensor, qubits in zip(state.tensors, counts, strict=True):
        left, phys, right = tensor.shape
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
    return MPS(tuple(tensors), origin=_spread(state.origin, counts))


def _embedded_tree(state: TTN, counts: list[int]) -> TTN:
    n, start = sum(counts), 0
    tensors: list[np.ndarray] = []
    pairs: list[tuple[int, int]] = []
    number: list[int] = []  # of every old site and node
    for d, count in zip(state.phys, counts):
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


def _spread(origin: Origin | None, counts: list[int]) -> Origin | None:
    """Return an origin whose columns are those of the qubits."""
    if not isinstance(origin, Trained):
        return origin
    return replace(origin, columns=tuple(np.repeat(origin.columns, counts).tolist()))
