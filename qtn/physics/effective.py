"""Effective Hamiltonians of one and two sites: what DMRG and TDVP solve at every step.

Left and right blocks have axes (bra, operator, ket). Merging a block with the site's operator once
turns the map theta -> H theta into two matrix products without any transposition::

    A[(a', s', v), (a, s)] = sum_w L[a', w, a] W[w, v, s', s]
    B[(v, t, c), (t', c')] = sum_x W[v, x, t', t] R[c', x, c]
    H theta = (A theta) reshaped to ((a', s'), (v, t, c)) times B
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Blocks", "DenseFrame", "Frame", "one_site", "split", "two_site"]

Tensor = NDArray[Any]
Map = Callable[[Tensor], Tensor]


class Frame(Protocol):
    """A chain around a moving centre with its environments: what a sweep works on.

    It begins right-canonical with its centre at site 0. Tensors come and go as flat vectors.
    """

    @property
    def bond(self) -> int:
        """Largest bond dimension."""

    def pair(self, b: int) -> Tensor:
        """Return the tensor of sites b, b + 1."""

    def pair_map(self, b: int) -> Map:
        """Return the effective Hamiltonian of sites b, b + 1."""

    def put_pair(
        self, b: int, vector: Tensor, cutoff: float, max_bond: int, rightwards: bool
    ) -> float:
        """Split sites b, b + 1, normalise, move the centre; return the relative weight lost."""

    def centre(self, site: int) -> Tensor:
        """Return one tensor."""

    def centre_map(self, site: int) -> Map:
        """Return the effective Hamiltonian of one site."""

    def put_centre(self, site: int, vector: Tensor) -> None:
        """Replace one tensor."""


class DenseFrame:
    """A `Frame` of dense tensors."""

    def __init__(self, operator: Sequence[Tensor], tensors: Sequence[Tensor]) -> None:
        """Build all right blocks of a right-canonical state with its centre at site 0."""
        self.tensors = list(tensors)
        self._blocks = Blocks(operator, self.tensors)

    @property
    def bond(self) -> int:
        """Largest bond dimension."""
        return max(len(tensor) for tensor in self.tensors)

    def copy(self) -> DenseFrame:
        """Return an independent copy; the arrays are shared, since none is written into."""
        twin = copy.copy(self)
        twin.tensors, twin._blocks = list(self.tensors), self._blocks.copy()
        return twin

    def pair(self, b: int) -> Tensor:
        """Return the tensor of sites b, b + 1."""
        return np.tensordot(self.tensors[b], self.tensors[b + 1], 1).reshape(-1)

    def pair_map(self, b: int) -> Map:
        """Return the effective Hamiltonian of sites b, b + 1."""
        return two_site(self._blocks, b)

    def put_pair(
        self, b: int, vector: Tensor, cutoff: float, max_bond: int, rightwards: bool
    ) -> float:
        """Split sites b, b + 1, normalise, move the centre; return the relative weight lost."""
        shape = len(self.tensors[b]), 2, 2, self.tensors[b + 1].shape[2]
        self.tensors[b], self.tensors[b + 1], lost = split(
            vector.reshape(shape), cutoff, max_bond, rightwards
        )
        if rightwards:
            self._blocks.add_left(b, self.tensors[b])
        else:
            self._blocks.add_right(b + 1, self.tensors[b + 1])
        return lost

    def centre(self, site: int) -> Tensor:
        """Return one tensor."""
        return self.tensors[site].reshape(-1)

    def centre_map(self, site: int) -> Map:
        """Return the effective Hamiltonian of one site."""
        return one_site(self._blocks, site)

    def put_centre(self, site: int, vector: Tensor) -> None:
        """Replace one tensor."""
        self.tensors[site] = vector.reshape(self.tensors[site].shape)


class Blocks:
    """Left and right blocks of <psi|H|psi> around a moving centre (mutable work space)."""

    def __init__(self, operator: Sequence[Tensor], tensors: Sequence[Tensor]) -> None:
        """Build all right blocks for a right-canonical state with its centre at site 0."""
        self.operator = operator
        self.left: list[Tensor] = [np.ones((1, 1, 1))] * (len(operator) + 1)
        self.right: list[Tensor] = [np.ones((1, 1, 1))] * (len(operator) + 1)
        for site in range(len(operator) - 1, 0, -1):
            self.add_right(site, tensors[site])

    def copy(self) -> Blocks:
        """Return an independent copy; the arrays are shared, since none is written into."""
        twin = copy.copy(self)
        twin.left, twin.right = list(self.left), list(self.right)
        return twin

    def add_left(self, site: int, a: Tensor) -> None:
        """Absorb a left-canonical site into the block left of site + 1."""
        step = np.tensordot(self.left[site], a, (2, 0))
        step = np.tensordot(step, self.operator[site], ((1, 2), (0, 3)))
        grown = np.tensordot(a.conj(), step, ((0, 1), (0, 3)))
        self.left[site + 1] = np.ascontiguousarray(grown.transpose(0, 2, 1))

    def add_right(self, site: int, a: Tensor) -> None:
        """Absorb a right-canonical site into the block right of site - 1."""
        step = np.tensordot(self.right[site + 1], a, (2, 2))
        step = np.tensordot(step, self.operator[site], ((1, 3), (1, 3)))
        grown = np.tensordot(a.conj(), step, ((1, 2), (3, 0)))
        self.right[site] = np.ascontiguousarray(grown.transpose(0, 2, 1))

    def left_merged(self, site: int) -> Tensor:
        """Return A[(a', s', v), (a, s)] for `site`."""
        merged = np.tensordot(self.left[site], self.operator[site], (1, 0))
        bra, ket, v = merged.shape[0], merged.shape[1], merged.shape[2]
        return merged.transpose(0, 3, 2, 1, 4).reshape(bra * 2 * v, ket * 2)

    def right_merged(self, site: int) -> Tensor:
        """Return B[(v, t, c), (t', c')] for `site`."""
        merged = np.tensordot(self.operator[site], self.right[site + 1], (1, 1))
        v, bra, ket = merged.shape[0], merged.shape[3], merged.shape[4]
        return merged.transpose(0, 2, 4, 1, 3).reshape(v * 2 * ket, 2 * bra)


def two_site(blocks: Blocks, site: int) -> Map:
    """Return the effective Hamiltonian of sites (site, site + 1) on flat vectors."""
    a, b = blocks.left_merged(site), blocks.right_merged(site + 1)
    return _two_products(a, b)


def one_site(blocks: Blocks, site: int) -> Map:
    """Return the effective Hamiltonian of one site on flat vectors (a, s, c)."""
    a = blocks.left_merged(site)
    right = blocks.right[site + 1]
    b = right.transpose(1, 2, 0).reshape(right.shape[1] * right.shape[2], right.shape[0])
    return _two_products(a, np.ascontiguousarray(b))


def _two_products(a: Tensor, b: Tensor) -> Map:
    rows, columns = a.shape[1], b.shape[1]

    def apply(vector: Tensor) -> Tensor:
        step = (a @ vector.reshape(rows, columns)).reshape(rows, -1)
        return (step @ b).reshape(-1)

    return apply


def split(
    theta: Tensor, cutoff: float, max_bond: int, move_right: bool
) -> tuple[Tensor, Tensor, float]:
    """Split a two-site tensor by SVD; the singular values go to the side of the new centre.

    Args:
        theta: (left, 2, 2, right).
        cutoff: relative squared weight that may be discarded.
        max_bond: largest bond; 0 for no limit.
        move_right: whether the new centre is the right site.

    Returns:
        Left tensor, right tensor (normalised centre), and the relative weight discarded.
    """
    left, right = theta.shape[0], theta.shape[3]
    u, s, vh = np.linalg.svd(theta.reshape(2 * left, 2 * right), full_matrices=False)
    weight = s * s
    total = float(weight.sum())
    tail = np.cumsum(weight[::-1])[::-1]
    keep = max(1, int((tail > max(cutoff, 1e-30) * total).sum()))
    keep = min(keep, max_bond) if max_bond else keep
    lost = float(tail[keep]) / total if keep < len(s) else 0.0
    s = s[:keep] / np.linalg.norm(s[:keep])
    u, vh = u[:, :keep], vh[:keep]
    if move_right:
        vh = s[:, None] * vh
    else:
        u = u * s
    return u.reshape(left, 2, keep), vh.reshape(keep, 2, right), lost
