"""Sweeps that fit a matrix product state to rows of site values by their likelihood.

Every tensor in turn is improved by a Newton step of `qtn.models.born_local`.

Two-site sweeps grow the bonds: the joint tensor is split by a singular value decomposition. They go
a fraction of the way only: a chain that follows every local minimum to its end while its bonds
still grow ends in a poor one. One-site sweeps keep the bonds and lower F at every step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.models.born_local import TINY, Floats, Ints, LocalProblem, rescaled


class BornSweeper:
    """A chain, the rows, and the environments of every row.

    Args:
        tensors: axes (left, phys, right); any gauge, all amplitudes of the rows non-zero.
        rows: site values, shape (rows, sites).
        weights: of the rows, summing to 1.
    """

    def __init__(self, tensors: Sequence[Floats], rows: Ints, weights: Floats) -> None:
        self.tensors = [np.array(t, dtype=np.float64) for t in tensors]
        self.rows, self.weights = rows, weights
        self.n = len(self.tensors)
        # left[i]: environments of the sites before i; right[i]: of the sites from i on.
        self.left: list[Floats] = [np.ones((len(rows), 1))] * (self.n + 1)
        self.right: list[Floats] = [np.ones((len(rows), 1))] * (self.n + 1)
        self.right_log = np.zeros((self.n + 1, len(rows)))
        for i in range(self.n - 1, 0, -1):
            self._orthogonalise_right(i)
            self._update_right(i)
        self.tensors[0] /= np.linalg.norm(self.tensors[0])

    # ------------------------------------------------------------------ sweeps

    def two_site(self, max_bond: int, cutoff: float, fraction: float) -> None:
        """Sweep right and left, merging neighbours.

        Args:
            max_bond: largest bond.
            cutoff: singular values below this fraction of the largest are dropped.
            fraction: of the way to the local minimum that a step goes.
        """
        for i in range(self.n - 1):
            self._merge_and_split(i, max_bond, cutoff, fraction, to_right=True)
        for i in range(self.n - 2, -1, -1):
            self._merge_and_split(i, max_bond, cutoff, fraction, to_right=False)

    def one_site(self) -> None:
        """Sweep right and left, one tensor at a time; the likelihood never falls."""
        for i in range(self.n - 1):
            self._improve(i)
            self._orthogonalise_left(i)
            self._update_left(i)
        for i in range(self.n - 1, 0, -1):
            self._improve(i)
            self._orthogonalise_right(i)
            self._update_right(i)
        self._improve(0)

    def log_likelihoods(self) -> Floats:
        """Return log p of every row; the centre is site 0."""
        local = LocalProblem(self.tensors[0], self.left[0], self.right[1], self.rows[:, 0])
        psi = local.amplitudes(self.tensors[0])
        log_size = np.log(np.maximum(np.abs(psi), TINY)) + self.right_log[1]
        return np.asarray(2 * log_size - 2 * np.log(np.linalg.norm(self.tensors[0])))

    # ------------------------------------------------------------- local steps

    def _improve(self, i: int) -> None:
        local = LocalProblem(self.tensors[i], self.left[i], self.right[i + 1], self.rows[:, i])
        self.tensors[i] = local.improved(self.tensors[i], self.weights, 1.0)

    def _merge_and_split(
        self, i: int, max_bond: int, cutoff: float, fraction: float, to_right: bool
    ) -> None:
        a, b = self.tensors[i], self.tensors[i + 1]
        (dl, da, _), (_, db, dr) = a.shape, b.shape
        merged = np.tensordot(a, b, axes=(2, 0)).reshape(dl, da * db, dr)
        value = self.rows[:, i] * db + self.rows[:, i + 1]
        local = LocalProblem(merged, self.left[i], self.right[i + 2], value)
        merged = local.improved(merged, self.weights, fraction)
        u, s, vh = _svd(merged.reshape(dl * da, db * dr))
        rank = max(1, min(max_bond, int((s > cutoff * s[0]).sum())))
        u, s, vh = u[:, :rank], s[:rank] / np.linalg.norm(s[:rank]), vh[:rank]
        if to_right:
            vh = s[:, None] * vh
        else:
            u = u * s
        self.tensors[i] = u.reshape(dl, da, rank)
        self.tensors[i + 1] = vh.reshape(rank, db, dr)
        if to_right:
            self._update_left(i)
        else:
            self._update_right(i + 1)

    # ------------------------------------------------------- gauge, environments

    def _orthogonalise_left(self, i: int) -> None:
        t = self.tensors[i]
        q, r = np.linalg.qr(t.reshape(-1, t.shape[2]))
        self.tensors[i] = q.reshape(*t.shape[:2], -1)
        self.tensors[i + 1] = np.tensordot(r, self.tensors[i + 1], axes=(1, 0))

    def _orthogonalise_right(self, i: int) -> None:
        t = self.tensors[i]
        q, r = np.linalg.qr(t.reshape(t.shape[0], -1).T)
        self.tensors[i] = q.T.reshape(-1, *t.shape[1:])
        self.tensors[i - 1] = np.tensordot(self.tensors[i - 1], r.T, axes=(2, 0))

    def _update_left(self, i: int) -> None:
        t, value = self.tensors[i], self.rows[:, i]
        out = np.empty((len(self.rows), t.shape[2]))
        for s in range(t.shape[1]):
            where = value == s
            out[where] = self.left[i][where] @ t[:, s]
        self.left[i + 1] = rescaled(out)[0]

    def _update_right(self, i: int) -> None:
        t, value = self.tensors[i], self.rows[:, i]
        out = np.empty((len(self.rows), t.shape[0]))
        for s in range(t.shape[1]):
            where = value == s
            out[where] = self.right[i + 1][where] @ t[:, s].T
        self.right[i], log_c = rescaled(out)
        self.right_log[i] = self.right_log[i + 1] + log_c


def _svd(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    try:
        return np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        # The divide-and-conquer driver fails on rare matrices; the slower driver does not.
        import scipy.linalg

        u, s, vh = scipy.linalg.svd(matrix, full_matrices=False, lapack_driver="gesvd")
        return u, s, vh
