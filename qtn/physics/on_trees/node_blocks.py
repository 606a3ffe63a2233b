"""What a Hamiltonian on a tree is to one node: blocks of its channels below and above each bond.

A block has axes (channel, bra, ket). The node's tensor T[l, r, u] is met by three products without
any transposition, of which the middle one joins the channels through the node's weights W::

    X[l', a, r, u]  = Σ_l L[a, l', l] T[l, r, u]
    Y[l', r', c, u] = Σ_{a, r} (Σ_b W[a, b, c] R[b, r', r]) X[l', a, r, u]
    HT[l', r', u']  = Σ_{c, u} E[c, u', u] Y[l', r', c, u]

Without the last one and closed with conj(T), it is the block of the bond above the node. Turned so
that another leg is the last one, the same products give the block above that leg.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.on_trees.tree_channels import TreeOperator
from qtn.states.kernels.gauge import thin_qr

__all__ = [
    "Frames",
    "blocks_below",
    "carried",
    "frames",
    "images",
    "local_map",
    "open_images",
    "returned",
    "turned",
]

Tensor = NDArray[Any]
Map = Callable[[Tensor], Tensor]
TOP = np.ones((1, 1, 1))
"""The block above the root."""
LARGE = 2000
"""Entries of a tensor from which products with zeros cost more than the calls that they save."""
TURNS = ((1, 2, 0), (0, 2, 1), (0, 1, 2))
"""Per leg, the order of axes that puts it last."""


def turned(tensor: Tensor, axis: int) -> Tensor:
    """Return a node's tensor or weights with one leg last, the others in their order."""
    return tensor.transpose(TURNS[axis])


def returned(tensor: Tensor, axis: int) -> Tensor:
    """Undo `turned`."""
    return tensor.transpose(np.argsort(TURNS[axis]))


def local_map(left: Tensor, right: Tensor, core: Tensor, above: Tensor) -> Map:
    """Return the Hamiltonian that a node feels, a map on its flattened tensor (left, right, up).

    The children are isometries and so is what lies above: the first channel below and the last one
    above are identities, and most weights are zero. Large tensors pass by both.

    Cost: O(w² χ⁴) per application, for w channels.
    """
    shape = left.shape[2], right.shape[2], above.shape[2]
    if np.prod(shape) > LARGE:
        return _sparse_map(left, right, core, above)
    first, middle = _prepared(left, right, core)
    last = np.ascontiguousarray(above.transpose(0, 2, 1).reshape(-1, above.shape[1]))

    def apply(vector: Tensor) -> Tensor:
        image = _lifted(first, middle, vector.reshape(shape))
        return (image.reshape(-1, len(last)) @ last).reshape(-1)

    return apply


def _sparse_map(left: Tensor, right: Tensor, core: Tensor, above: Tensor) -> Map:
    """`local_map`, channel by channel."""
    shape = left.shape[2], right.shape[2], above.shape[2]
    parts: dict[int, list[tuple[int, Any]]] = {}
    for a, c in np.argwhere(core.any(axis=1)):
        alone = not core[a, 1:, c].any()  # the identity on the right
        middle = core[a, 0, c] if alone else np.tensordot(core[a, :, c], right, 1)
        parts.setdefault(int(c), []).append((int(a), middle))
    used = sorted({a for row in parts.values() for a, _ in row})
    last = core.shape[2] - 1
    ends = {c: np.ascontiguousarray(above[c].T) for c in parts if c != last or last == 0}

    def apply(vector: Tensor) -> Tensor:
        tensor = vector.reshape(shape)
        flat = tensor.reshape(shape[0], -1)
        moved = {a: (left[a] @ flat).reshape(shape) if a else tensor for a in used}
        out = np.zeros(shape, dtype=tensor.dtype)
        for c, row in parts.items():
            image = sum(_met(middle, moved[a]) for a, middle in row)
            out += (image.reshape(-1, shape[2]) @ ends[c]).reshape(shape) if c in ends else image
        return out.reshape(-1)

    return apply


def _met(middle: Any, tensor: Tensor) -> Any:
    return middle * tensor if np.ndim(middle) == 0 else np.matmul(middle, tensor)


def carried(left: Tensor, right: Tensor, core: Tensor, tensor: Tensor) -> Tensor:
    """Return the block behind a node's last leg from those behind the other two. Cost: O(w² χ⁴)."""
    up = tensor.shape[2]
    image = images(left, right, core, tensor)
    block = tensor.reshape(-1, up).conj().T @ image.reshape(len(image), -1)
    return np.ascontiguousarray(block.reshape(up, -1, up).transpose(1, 0, 2))


def images(left: Tensor, right: Tensor, core: Tensor, tensor: Tensor) -> Tensor:
    """Return a node's tensor under all channels of its last leg: (left · right, channels, up)."""
    up = tensor.shape[2]
    return _lifted(*_prepared(left, right, core), tensor).reshape(-1, core.shape[2], up)


def open_images(left: Tensor, right: Tensor, core: Tensor, tensor: Tensor) -> Tensor:
    """Return what the words below a node that are continued above make of it.

    Returns:
        Columns (left · right, open channels · up).
    """
    found = images(left, right, core, tensor)
    return found[:, 1:-1].reshape(len(found), -1)


def _prepared(left: Tensor, right: Tensor, core: Tensor) -> tuple[Tensor, Tensor]:
    first = left.transpose(1, 0, 2).reshape(-1, left.shape[2])
    joined = np.tensordot(core, right, (1, 0))  # (a, c, r', r)
    a, c, bra, ket = joined.shape
    return first, joined.transpose(2, 1, 0, 3).reshape(bra * c, a * ket)


def _lifted(first: Tensor, middle: Tensor, tensor: Tensor) -> Tensor:
    """Return Y[l', (r', c), u]."""
    left, _, up = tensor.shape
    step = first @ tensor.reshape(left, -1)
    return np.matmul(middle, step.reshape(-1, middle.shape[1], up))


def blocks_below(operator: TreeOperator, tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return the block below every number (sites, then nodes but the root) of a canonical tree."""
    below = list(operator.leaves)
    for tensor, core, (a, b) in zip(tensors[:-1], operator.cores, operator.pairs):
        below.append(carried(below[a], below[b], core, tensor))
    return below


@dataclass(frozen=True, slots=True)
class Frames:
    """The same state centred at every node in turn.

    Args:
        centres: per node its tensor when the centre of orthogonality is there.
        above: per node the block of what lies above it.
        rests: per node but the root, the parent's tensor turned to it and made an isometry: what
            the bond between them is of, (other child, up, bond).
    """

    centres: list[Tensor]
    above: list[Tensor]
    rests: list[Tensor]


def frames(operator: TreeOperator, tensors: Sequence[Tensor], below: Sequence[Tensor]) -> Frames:
    """Move the centre from the root down to every node. Cost: O(n w² χ⁴)."""
    n, last = operator.n, len(tensors) - 1
    centres, above = list(tensors), [TOP] * len(tensors)
    rests = list(tensors[:-1])
    for k in range(last, -1, -1):
        for axis, child in enumerate(operator.pairs[k]):
            if child < n:
                continue
            other = operator.pairs[k][1 - axis]
            view = turned(centres[k], axis)
            q, r = thin_qr(view.reshape(-1, view.shape[2]))
            rest = q.reshape(*view.shape[:2], -1)
            core = turned(operator.cores[k], axis)
            above[child - n] = carried(below[other], above[k], core, rest)
            centres[child - n] = np.tensordot(tensors[child - n], r, (2, 1))
            rests[child - n] = rest
    return Frames(centres, above, rests)
