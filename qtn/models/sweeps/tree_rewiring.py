"""Sweeps over two nodes of a tree that also choose how it goes on: its bonds, and its shape.

A node and its child are merged into one tensor T[a, b, s, u], with a and b what comes from the
child's children, s from its sibling, u from above, and T is improved as one. It can be taken apart
in three ways: the new child may join a and b as before, a and s, or b and s. The pairing is taken
whose Schmidt values σ have the lowest entropy

    S = -Σ σ² ln σ²

so that what belongs together is joined early and bonds stay small; the old one counts a little
less, so that ties change nothing. Bonds grow up to the largest allowed, where the data want it.

The cost grows with the fourth power of the bond: it is for small bonds, before a tree grows on.

Reference: Harada, Okubo and Kawashima, Mach. Learn.: Sci. Technol. 6, 025002 (2025)
(arXiv:2408.10669), where the tensor is improved by stochastic gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qtn.models.networks.trees import Pairs
from qtn.models.sweeps.born_local import Floats, improved
from qtn.models.sweeps.born_sweeps import singular_values
from qtn.models.sweeps.born_tree import TreeSweeper, lowered

# How much lower the entropy of another pairing must be, and singular values that are none.
_MARGIN, _CUTOFF = 0.05, 1e-6
# Width of the three bonds below a merged tensor beyond which it is left alone.
_WIDEST = 1024
_STEPS = 3  # of conjugate gradients


@dataclass(frozen=True, slots=True)
class _Split:
    """One way to take a merged tensor apart.

    Args:
        pair: the children of the new child.
        other: its sibling.
        shape: of the tensor as (first of the pair, second, other, up).
        parts: singular vectors and values between the pair and the rest.
    """

    pair: tuple[int, int]
    other: int
    shape: tuple[int, ...]
    parts: tuple[Floats, Floats, Floats]

    @classmethod
    def of(cls, pair: tuple[int, int], other: int, tensor: Floats) -> _Split:
        """Take a tensor (first, second, other, up) apart."""
        first, second, _, _ = tensor.shape
        parts = singular_values(tensor.reshape(first * second, -1))
        return cls(pair, other, tensor.shape, parts)

    @property
    def entropy(self) -> float:
        """Entropy of the squared singular values."""
        weights = self.parts[1] ** 2 / np.sum(self.parts[1] ** 2)
        weights = weights[weights > 0]
        return float(-(weights * np.log(weights)).sum())


class Rewiring(TreeSweeper):
    """A tree whose shape changes in a sweep over two nodes; see the module.

    Args:
        sweeper: a tree in training; it stays as it is.
        bond: largest bond.
    """

    def __init__(self, sweeper: TreeSweeper, bond: int) -> None:
        super().__init__(sweeper.patterns.copy(), sweeper.weights, sweeper.tensors)
        self.bond = bond

    def sweep(self, fraction: float = 1.0) -> None:
        """Merge every node with its parent once, improve them and take them apart.

        Args:
            fraction: of the way to the local minimum that a step goes.
        """
        self.above[self._root] = np.ones((len(self.weights), 1))
        done: set[int] = set()
        path = [self._root]
        while path:
            node = path[-1]
            pair = self.patterns.pairs[node - self.n]
            side = next((i for i in (0, 1) if pair[i] >= self.n and pair[i] not in done), None)
            if side is not None:
                self._down(node, side, fraction)
                path.append(pair[side])
                continue
            path.pop()
            if path:
                self._orthogonalise(node)
                done.add(node)
        self.above.clear()

    def in_order(self) -> tuple[Pairs, list[Floats]]:
        """Return the tree with every node behind its children, as networks want it."""
        order, waiting = [], [self._root]
        while waiting:
            node = waiting.pop()
            order.append(node)
            waiting += [c for c in self.patterns.pairs[node - self.n] if c >= self.n]
        number = {site: site for site in range(self.n)}
        pairs: list[tuple[int, int]] = []
        for node in reversed(order):
            a, b = self.patterns.pairs[node - self.n]
            pairs.append((number[a], number[b]))
            number[node] = self.n + len(pairs) - 1
        return tuple(pairs), [self.tensors[node - self.n] for node in reversed(order)]

    # --------------------------------------------------------------------- steps

    def _down(self, node: int, side: int, fraction: float) -> None:
        """Move the centre to a child, which may get other children on the way."""
        child, sibling = (self.patterns.pairs[node - self.n][i] for i in (side, 1 - side))
        parent = np.moveaxis(self.tensors[node - self.n], side, 0)
        merged = np.tensordot(self.tensors[child - self.n], parent, axes=1)
        if np.prod(merged.shape[:3]) > _WIDEST:
            self._descend(child)
            return
        merged = self._merged_step(node, side, merged, fraction)
        a, b = self.patterns.pairs[child - self.n]
        kept = _Split.of((a, b), sibling, merged)
        others = (
            _Split.of((a, sibling), b, merged.transpose(0, 2, 1, 3)),
            _Split.of((b, sibling), a, merged.transpose(1, 2, 0, 3)),
        )
        best = min(others, key=lambda split: split.entropy)
        if best.entropy >= (1 - _MARGIN) * kept.entropy:
            best = kept
        self._take_apart(node, side, best, moved=best is not kept)

    def _merged_step(self, node: int, side: int, merged: Floats, fraction: float) -> Floats:
        pairs, children = self.patterns.pairs, self.patterns.children
        child, sibling = pairs[node - self.n][side], pairs[node - self.n][1 - side]
        inner, outer = children[node - self.n][side], children[node - self.n][1 - side]
        below = self.patterns.joint(child, self.below)[inner]
        beside = self.below[sibling][outer]
        left = (below[:, :, None] * beside[:, None, :]).reshape(len(below), -1)
        shape, whole = merged.shape, np.array([0, len(left)])
        sides = left, self.above[node], self.patterns.of_rows[node], whole
        flattened = np.ascontiguousarray(merged.reshape(1, -1, shape[3]))
        return np.asarray(improved(flattened, sides, self.weights, fraction, _STEPS).reshape(shape))

    def _take_apart(self, node: int, side: int, split: _Split, moved: bool) -> None:
        child = self.patterns.pairs[node - self.n][side]
        u, s, vh = split.parts
        rank = max(1, min(self.bond, int((s > _CUTOFF * s[0]).sum())))
        u, s, vh = u[:, :rank], s[:rank] / np.linalg.norm(s[:rank]), vh[:rank]
        self.tensors[child - self.n] = (u * s).reshape(*split.shape[:2], rank)
        upper = vh.reshape(rank, *split.shape[2:])
        self.tensors[node - self.n] = np.moveaxis(upper, 0, side)
        if moved:
            self.patterns.rejoin(child, split.pair, alike=False)
            joined = (child, split.other) if side == 0 else (split.other, child)
            self.patterns.rejoin(node, joined, alike=True)
            self._parent |= {split.pair[0]: (child, 0), split.pair[1]: (child, 1)}
            self._parent[split.other] = (node, 1 - side)
        through = np.tensordot(self.below[split.other], upper.transpose(1, 2, 0), axes=1)
        self.above[child] = lowered(self.above[node], through, self.patterns.of_rows[split.other])
