"""Bonds of a tree that grow and shrink: new directions beside the old ones, and the cut.

The cut goes from the root to the leaves: at each node the tensor is the centre, its bonds are
parted by singular values, and what a bond loses is the relative squared norm that the state loses.
Singular values are taken of the tensor itself, not of a density matrix, so that weights far below
1e-16 are told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.states.kernels.gauge import thin_qr
from qtn.states.kernels.tree_sweeps import Pairs
from qtn.states.kernels.truncate import kept_rank, svd

__all__ = ["augmented", "cut", "on_leg", "padded"]

Tensor = NDArray[Any]


def on_leg(tensor: Tensor, matrix: Tensor, axis: int) -> Tensor:
    """Return Σ_b matrix[a, b] tensor[… b …] on one leg."""
    return np.moveaxis(np.tensordot(matrix, tensor, (1, axis)), 0, axis)


def padded(tensor: Tensor, left: int, right: int) -> Tensor:
    """Return a node's tensor with zeros for the new directions of its children."""
    if tensor.shape[:2] == (left, right):
        return tensor
    out = np.zeros((left, right, tensor.shape[2]), dtype=tensor.dtype)
    out[: tensor.shape[0], : tensor.shape[1]] = tensor
    return out


def augmented(old: Tensor, moved: Tensor, floor: float, most: int | None = None) -> Tensor:
    """Return an isometric node whose up bond spans the old directions, then what `moved` adds.

    Args:
        old: the isometric tensor (left, right, up).
        moved: a centre tensor on the same children, or its columns (left · right, any number).
        floor: directions of a smaller singular value are left out.
        most: largest number of new directions; None for no limit.

    Returns:
        A tensor (left, right, up + new) whose first columns are the old ones.
    """
    basis = old.reshape(-1, old.shape[2])
    columns = moved.reshape(len(basis), -1)
    # Projected out twice: what is left of a small rest must be orthogonal too.
    rest = columns - basis @ (basis.conj().T @ columns)
    rest = rest - basis @ (basis.conj().T @ rest)
    u, s, _ = svd(rest)
    room = len(basis) - basis.shape[1]
    room = room if most is None else min(room, most)
    fresh = u[:, : min(room, int((s > max(floor, 1e-14)).sum()))]
    return np.concatenate([basis, fresh], axis=1).reshape(*old.shape[:2], -1)


def cut(
    tensors: Sequence[Tensor], pairs: Pairs, cutoff: float, max_bond: int | None, least: int = 1
) -> tuple[list[Tensor], float, NDArray[np.float64]]:
    """Cut the bonds of a canonical tree.

    Args:
        tensors: per node (left, right, up), isometries below the root.
        pairs: the children of every node.
        cutoff: relative squared weight that one bond may lose.
        max_bond: largest bond; None for no limit.
        least: so many directions stay, as far as they are there and `max_bond` allows.

    Returns:
        The canonical tensors, of norm 1; the norm before they were scaled; the weight that the up
        bond of every node but the root lost.

    Cost: O(n χ⁴).
    """
    n, last = len(tensors) + 1, len(tensors) - 1
    out, centres = list(tensors), list(tensors)
    lost = np.zeros(last)
    for k in range(last, -1, -1):
        for axis, child in enumerate(pairs[k]):
            if child < n:
                continue
            below = child - n
            view = np.moveaxis(centres[k], axis, 0)
            corner: Any = np.linalg.qr(view.reshape(len(view), -1).T, mode="r")
            u, s, _ = svd(corner.T)
            weights = s * s
            keep, _, total = kept_rank(weights, max_bond, cutoff)
            keep = max(keep, min(least, max_bond or least, int((s > 1e-14 * s[0]).sum())))
            lost[below] = weights[keep:].sum() / total
            basis = u[:, :keep]
            centres[k] = on_leg(centres[k], basis.conj().T, axis)
            out[k] = centres[k] if k == last else on_leg(out[k], basis.conj().T, axis)
            centres[below] = out[below] @ (basis * s[:keep])
            out[below] = out[below] @ basis
    size = _gauge(out, pairs)
    return out, size, lost


def _gauge(tensors: list[Tensor], pairs: Pairs) -> float:
    """Make all nodes below the root isometries and the root of norm 1 (in place); the norm before.

    What was cut below a node leaves its own columns slightly off orthogonal.
    """
    n = len(tensors) + 1
    factors: dict[int, Tensor] = {}
    for k, pair in enumerate(pairs):
        for axis, child in enumerate(pair):
            if child in factors:
                tensors[k] = on_leg(tensors[k], factors.pop(child), axis)
        if k == len(pairs) - 1:
            break
        q, r = thin_qr(tensors[k].reshape(-1, tensors[k].shape[2]))
        tensors[k] = q.reshape(*tensors[k].shape[:2], -1)
        factors[n + k] = r
    size = float(np.linalg.norm(tensors[-1]))
    tensors[-1] = tensors[-1] / size
    return size
