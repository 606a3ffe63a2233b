"""Sweeps that fit a tree tensor network to rows of site values by their likelihood.

The tree is kept canonical around one node. A sweep walks the whole tree once: it improves a node by
a Newton step (`qtn.models.sweeps.born_local`, with the product of the children's vectors as one
environment and what comes from above as the other), moves the centre to a child, comes back, and
goes on to the other child.

Rows that are alike on all sites below a node send the same vector up. It is computed once: at low
nodes, which are most of a tree, there are far fewer different patterns than rows.

Reference: Cheng, Wang, Xiang, Zhang, Phys. Rev. B 99, 155131 (2019), there by gradient steps and
with every row on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import kernel
from qtn.models.networks.trees import Pairs
from qtn.models.sweeps.born_local import TINY, Floats, Groups, Ints, improved, rescaled

_STEPS = 3  # of conjugate gradients
_jit: Any = kernel(fastmath={"contract", "reassoc", "nsz", "arcp"})


@dataclass(slots=True)
class Patterns:
    """What the rows show below every number of a tree; only rewiring changes it.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        of_rows: per number, which of its patterns a row shows.
        children: per node, which patterns of its two children make each of its own.
        levels: number of values of every site.
    """

    pairs: list[tuple[int, int]]
    of_rows: list[NDArray[np.int32]]
    children: list[tuple[Ints, Ints]]
    levels: tuple[int, ...]

    @classmethod
    def of(cls, pairs: Pairs, rows: Ints, levels: Sequence[int]) -> Patterns:
        """Return the patterns of rows of site values.

        Cost: a sort of the rows per node.
        """
        of_rows: list[NDArray[np.int32]] = [column.astype(np.int32) for column in rows.T]
        children = []
        for a, b in pairs:
            number, made_of = _joint_patterns(of_rows[a], of_rows[b])
            of_rows.append(number)
            children.append(made_of)
        return cls(list(pairs), of_rows, children, tuple(levels))

    def rejoin(self, node: int, pair: tuple[int, int], alike: bool) -> None:
        """Give a node other children; `alike`: with the same sites below as before."""
        a, b = self.pairs[node - self.sites] = pair
        numbers = self.of_rows[node]
        if alike:
            first = np.zeros(int(numbers.max()) + 1, dtype=np.int64)
            first[numbers] = np.arange(len(numbers))
            made_of = (
                self.of_rows[a][first].astype(np.int64),
                self.of_rows[b][first].astype(np.int64),
            )
            self.children[node - self.sites] = made_of
            return
        self.of_rows[node], self.children[node - self.sites] = _joint_patterns(
            self.of_rows[a], self.of_rows[b]
        )

    def copy(self) -> Patterns:
        """Return patterns that can be rejoined without a trace in these."""
        return Patterns(list(self.pairs), list(self.of_rows), list(self.children), self.levels)

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.levels)

    def joint(self, node: int, below: Sequence[Floats]) -> Floats:
        """Return the products of the vectors of both children, shape (patterns, left·right)."""
        k = node - self.sites
        left, right = (below[c][i] for c, i in zip(self.pairs[k], self.children[k], strict=True))
        return np.asarray((left[:, :, None] * right[:, None, :]).reshape(len(left), -1))

    def log_scale(self, node: int, log_scale: Sequence[Floats]) -> Floats:
        """Return the sums of the logarithms of both children's scales."""
        k = node - self.sites
        (a, b), (left, right) = self.pairs[k], self.children[k]
        return np.asarray(log_scale[a][left] + log_scale[b][right])

    def log_likelihoods(self, tensors: Sequence[Floats]) -> Floats:
        """Return log p of every row under tensors whose centre is the root."""
        below: list[Floats] = [np.eye(d) for d in self.levels]
        scales: list[Floats] = [np.zeros(d) for d in self.levels]
        for node, t in enumerate(tensors, start=self.sites):
            vectors, log_c = rescaled(self.joint(node, below) @ flat(t))
            below.append(vectors)
            scales.append(self.log_scale(node, scales) + log_c)
        log_p = 2 * (scales[-1] - np.log(np.linalg.norm(tensors[-1])))
        return np.asarray(log_p[self.of_rows[-1]])


class TreeSweeper:
    """A tree, the rows, and the environments of every row.

    Args:
        patterns: of the rows on the tree.
        weights: of the rows, summing to 1.
        tensors: axes (left, right, up); any gauge, all amplitudes of the rows non-zero.
    """

    def __init__(self, patterns: Patterns, weights: Floats, tensors: Sequence[Floats]) -> None:
        self.patterns, self.weights = patterns, weights
        self.n = n = patterns.sites
        self.tensors = list(tensors)
        # below[k]: vectors that the patterns of k send up; above[k]: what comes back to every row.
        self.below: list[Floats] = [np.eye(d) for d in patterns.levels]
        self.log_scale: list[Floats] = [np.zeros(d) for d in patterns.levels]
        self.above: dict[int, Floats] = {}
        self._root = 2 * n - 2
        self._walk = walk_of(patterns.pairs)
        self._parent = {
            c: (n + k, i) for k, pair in enumerate(patterns.pairs) for i, c in enumerate(pair)
        }
        for node in range(n, self._root):
            self.below.append(np.empty(0))
            self.log_scale.append(np.empty(0))
            self._orthogonalise(node)
        self.tensors[-1] = self.tensors[-1] / np.linalg.norm(self.tensors[-1])

    def sweep(self, fraction: float = 1.0) -> None:
        """Improve every node once.

        Args:
            fraction: of the way to the local minimum that a step goes.
        """
        self.above[self._root] = np.ones((len(self.weights), 1))
        self._improve(self._root, fraction)
        for down, node in self._walk:
            if down:
                self._descend(node)
                self._improve(node, fraction)
            else:
                self._orthogonalise(node)
                del self.above[node]

    def log_likelihoods(self) -> Floats:
        """Return log p of every row; the centre is the root."""
        log_size = np.log(np.maximum(np.abs(self._contract(self._root)[:, 0]), TINY))
        log_size += self.patterns.log_scale(self._root, self.log_scale)
        log_p = 2 * (log_size - np.log(np.linalg.norm(self.tensors[-1])))
        return np.asarray(log_p[self.patterns.of_rows[self._root]])

    # --------------------------------------------------------------------- steps

    def _improve(self, node: int, fraction: float) -> None:
        t = self.tensors[node - self.n]
        left, group = self.patterns.joint(node, self.below), self.patterns.of_rows[node]
        whole = np.array([0, len(left)])
        sides = left, self.above[node], group, whole
        found = improved(flat(t)[None], sides, self.weights, fraction, _STEPS)
        self.tensors[node - self.n] = found.reshape(t.shape)

    def _descend(self, child: int) -> None:
        """Move the centre from a node to its child."""
        node, side = self._parent[child]
        sibling = self.patterns.pairs[node - self.n][1 - side]
        # Axes (sibling, up, child).
        t = np.moveaxis(self.tensors[node - self.n], side, 2)
        q, r = np.linalg.qr(t.reshape(-1, t.shape[2]))
        q = q.reshape(*t.shape[:2], -1)
        self.tensors[node - self.n] = np.moveaxis(q, 2, side)
        self.tensors[child - self.n] = self.tensors[child - self.n] @ r.T
        through = np.tensordot(self.below[sibling], q, axes=1)
        self.above[child] = lowered(self.above[node], through, self.patterns.of_rows[sibling])

    def _orthogonalise(self, child: int) -> None:
        """Make a node an isometry, the rest a factor of its parent's, and send its vectors up."""
        node, side = self._parent[child]
        t = self.tensors[child - self.n]
        q, r = np.linalg.qr(flat(t))
        self.tensors[child - self.n] = q.reshape(*t.shape[:2], -1)
        parent = np.tensordot(r / np.linalg.norm(r), self.tensors[node - self.n], axes=(1, side))
        self.tensors[node - self.n] = np.moveaxis(parent, 0, side)
        self.below[child], log_c = rescaled(self._contract(child))
        self.log_scale[child] = self.patterns.log_scale(child, self.log_scale) + log_c

    def _contract(self, node: int) -> Floats:
        joint = self.patterns.joint(node, self.below)
        return np.asarray(joint @ flat(self.tensors[node - self.n]))


def _joint_patterns(left: Any, right: Any) -> tuple[NDArray[np.int32], tuple[Ints, Ints]]:
    """Return which pair of patterns every row shows, and the two patterns of every pair."""
    width = int(right.max()) + 1
    found, number = np.unique(left.astype(np.int64) * width + right, return_inverse=True)
    return number.ravel().astype(np.int32), (found // width, found % width)


def walk_of(pairs: Sequence[tuple[int, int]]) -> list[tuple[bool, int]]:
    """Return the steps of a walk from the root to every node and back: (down, node)."""
    sites = len(pairs) + 1
    steps: list[tuple[bool, int]] = []
    waiting = [(True, child) for child in reversed(pairs[-1]) if child >= sites]
    while waiting:
        down, node = waiting.pop()
        steps.append((down, node))
        if down:
            waiting.append((False, node))
            waiting += [(True, c) for c in reversed(pairs[node - sites]) if c >= sites]
    return steps


def flat(t: Floats) -> Floats:
    """Return a node's tensor as a matrix from both children to what is above."""
    return t.reshape(-1, t.shape[2])


def lowered(above: Floats, through: Floats, group: Groups) -> Floats:
    """Carry vectors of rows down: out_v = above_v · through[group_v], largest entry 1."""
    out = np.empty((len(above), through.shape[2]))
    _lowered(np.ascontiguousarray(above), np.ascontiguousarray(through), group, out)
    return out


@_jit
def _lowered(above: Any, through: Any, group: Any, out: Any) -> None:
    rows, up = above.shape
    width = out.shape[1]
    for k in range(rows):
        for c in range(width):
            out[k, c] = 0.0
        for u in range(up):
            for c in range(width):
                out[k, c] += above[k, u] * through[group[k], u, c]
        size = 0.0
        for c in range(width):
            size = max(size, abs(out[k, c]))
        for c in range(width):
            # Without any weight on such a row, any direction is as good as another.
            out[k, c] = out[k, c] / size if size > TINY else 1.0
