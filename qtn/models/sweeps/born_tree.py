"""Sweeps that fit a tree tensor network to rows of site values by their likelihood.

The tree is kept canonical around one node. A sweep walks the whole tree once: it improves a node by
a Newton step (`qtn.models.sweeps.born_local`, with the product of the children's vectors as one
environment and what comes from above as the other), moves the centre to a child, comes back, and
goes on to the other child.

The start is data-driven: a node keeps the leading eigenvectors of the second moments of the pairs
of vectors that reach it, and the root holds the mean of its pairs. It is thus the sum of all rows,
projected into the bonds: for data that fit into them, already the optimum.

Reference: Cheng, Wang, Xiang, Zhang, Phys. Rev. B 99, 155131 (2019), there by gradient steps.
"""

from __future__ import annotations

import numpy as np

from qtn._memory import check_memory
from qtn.models.networks.trees import Pairs
from qtn.models.sweeps.born_local import TINY, Floats, Ints, improved, rescaled

_STEPS = 3  # of conjugate gradients


class TreeSweeper:
    """A tree, the rows, and the environments of every row.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        rows: site values, shape (rows, sites).
        levels: number of values of every site.
        weights: of the rows, summing to 1.
        bond: bond dimension.
    """

    def __init__(
        self, pairs: Pairs, rows: Ints, levels: tuple[int, ...], weights: Floats, bond: int
    ) -> None:
        self.pairs, self.weights = pairs, weights
        self.n = len(levels)
        # below[k]: vectors of the rows that node k sends up; above[k]: what comes back to it.
        self.below: list[Floats] = [np.eye(d)[rows[:, i]] for i, d in enumerate(levels)]
        self.above: dict[int, Floats] = {}
        self.log_scale = np.zeros((2 * self.n - 1, len(rows)))
        self.tensors: list[Floats] = []
        self._root = 2 * self.n - 2
        self._coarse_grain(bond)

    def sweep(self) -> None:
        """Improve every node once."""
        self.above[self._root] = np.ones((len(self.weights), 1))
        self._visit(self._root)

    def log_likelihoods(self) -> Floats:
        """Return log p of every row; the centre is the root."""
        root = self.tensors[-1]
        psi, log_scale = self._contract(self._root), self.log_scale
        a, b = self.pairs[-1]
        log_size = np.log(np.maximum(np.abs(psi[:, 0]), TINY)) + log_scale[a] + log_scale[b]
        return np.asarray(2 * log_size - 2 * np.log(np.linalg.norm(root)))

    # --------------------------------------------------------------------- steps

    def _visit(self, node: int) -> None:
        self._improve(node)
        for side in (0, 1):
            child = self.pairs[node - self.n][side]
            if child >= self.n:
                self._descend(node, side, child)
                self._visit(child)
                self._ascend(node, side, child)

    def _improve(self, node: int) -> None:
        t = self.tensors[node - self.n]
        whole = np.array([0, len(self.weights)])
        found = improved(
            _flat(t)[None], self._joint(node), self.above[node], whole, self.weights, 1.0, _STEPS
        )
        self.tensors[node - self.n] = found.reshape(t.shape)

    def _descend(self, node: int, side: int, child: int) -> None:
        """Move the centre from a node to its child."""
        t = np.moveaxis(self.tensors[node - self.n], side, 2)
        q, r = np.linalg.qr(t.reshape(-1, t.shape[2]))
        q = q.reshape(*t.shape[:2], -1)
        self.tensors[node - self.n] = np.moveaxis(q, 2, side)
        self.tensors[child - self.n] = self.tensors[child - self.n] @ r.T
        sibling = self.below[self.pairs[node - self.n][1 - side]]
        outer = (sibling[:, :, None] * self.above[node][:, None, :]).reshape(len(sibling), -1)
        self.above[child] = rescaled(outer @ q.reshape(-1, q.shape[2]))[0]

    def _ascend(self, node: int, side: int, child: int) -> None:
        """Move the centre from a child back to its parent."""
        t = self.tensors[child - self.n]
        q, r = np.linalg.qr(_flat(t))
        self.tensors[child - self.n] = q.reshape(*t.shape[:2], -1)
        parent = np.tensordot(r, self.tensors[node - self.n], axes=(1, side))
        self.tensors[node - self.n] = np.moveaxis(parent, 0, side)
        self._update(child)

    # -------------------------------------------------------------- environments

    def _joint(self, node: int) -> Floats:
        left, right = (self.below[child] for child in self.pairs[node - self.n])
        return np.asarray((left[:, :, None] * right[:, None, :]).reshape(len(left), -1))

    def _contract(self, node: int) -> Floats:
        return np.asarray(self._joint(node) @ _flat(self.tensors[node - self.n]))

    def _update(self, node: int) -> None:
        a, b = self.pairs[node - self.n]
        self.below[node], log_c = rescaled(self._contract(node))
        self.log_scale[node] = self.log_scale[a] + self.log_scale[b] + log_c

    def _coarse_grain(self, bond: int) -> None:
        for k, (a, b) in enumerate(self.pairs):
            node = self.n + k
            wide = self.below[a].shape[1] * self.below[b].shape[1]
            check_memory(
                8.0 * (2 * wide * len(self.weights) + 3 * wide**2), f"A tree node of bond {bond}"
            )
            joint, shape = self._joint(node), (self.below[a].shape[1], self.below[b].shape[1])
            if node == self._root:
                # Rows that lost most of their length on the way count as much as the others.
                length = np.maximum(np.linalg.norm(joint, axis=1, keepdims=True), TINY)
                root = (self.weights @ (joint / length)).reshape(*shape, 1)
                self.tensors.append(root / np.linalg.norm(root))
                return
            _, vectors = np.linalg.eigh((joint * self.weights[:, None]).T @ joint)
            self.tensors.append(vectors[:, : -bond - 1 : -1].reshape(*shape, -1))
            self.below.append(joint)
            self._update(node)


def _flat(t: Floats) -> Floats:
    return t.reshape(-1, t.shape[2])
