"""Sweeps that fit a matrix product state to rows of site values by their likelihood.

Every tensor in turn is improved by a Newton step of `qtn.models.sweeps.born_local`.

Two-site sweeps grow the bonds: the joint tensor is split by a singular value decomposition. They go
a fraction of the way only: a chain that follows every local minimum to its end while its bonds
still grow ends in a poor one. One-site sweeps keep the bonds and lower F at every step; they take a
third of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.models.sweeps.born_local import TINY, Floats, Ints, amplitudes, carried, improved

# Steps of conjugate gradients. Over one site, more sweeps are worth more than better steps.
TWO_SITE = 3
ONE_SITE = 1


class BornSweeper:
    """A chain, the rows, and the environments of every row.

    Args:
        tensors: axes (left, phys, right); any gauge, all amplitudes of the rows non-zero.
        rows: site values, shape (rows, sites).
        weights: of the rows, summing to 1.
    """

    def __init__(self, tensors: Sequence[Floats], rows: Ints, weights: Floats) -> None:
        # Columns of one value take no part: their matrices join a neighbour and leave identities.
        self.varied = [i for i, t in enumerate(tensors) if t.shape[1] > 1] or [0]
        self.sites = len(tensors)
        # Axes (value, left, right), as the local problem wants them.
        self.cores = [
            np.ascontiguousarray(t.transpose(1, 0, 2)) for t in joined(tensors, self.varied)
        ]
        self.rows = rows = rows[:, self.varied]
        self.n = len(self.cores)
        self.order = [np.argsort(rows[:, i], kind="stable") for i in range(self.n)]
        self.rank = [np.argsort(order) for order in self.order]
        self.ends = [_ends(rows[:, i], len(core)) for i, core in enumerate(self.cores)]
        self.weights = weights
        self.each = np.arange(len(rows))  # every row has environments of its own
        # left[i]: environments of the sites before i, sorted by the values of site i; right[i]: of
        # the sites from i on, sorted by the values of site i - 1.
        self.left: list[Floats] = [np.ones((len(rows), 1))] * (self.n + 1)
        self.right: list[Floats] = [np.ones((len(rows), 1))] * (self.n + 1)
        self.log_scale = np.zeros(len(rows))
        for i in range(self.n - 1, 0, -1):
            self._orthogonalise_right(i)
            self._update_right(i)
        self.cores[0] /= np.linalg.norm(self.cores[0])

    @property
    def tensors(self) -> list[Floats]:
        """The tensors, axes (left, phys, right)."""
        return with_identities(dict(zip(self.varied, self.cores, strict=True)), self.sites)

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
        self.log_scale[:] = 0.0
        for i in range(self.n - 2, -1, -1):
            self._merge_and_split(i, max_bond, cutoff, fraction, to_right=False)

    def one_site(self) -> None:
        """Sweep right and left, one tensor at a time; the likelihood never falls."""
        for i in range(self.n - 1):
            self._improve(i)
            self._orthogonalise_left(i)
            self._update_left(i)
        self.log_scale[:] = 0.0
        for i in range(self.n - 1, 0, -1):
            self._improve(i)
            self._orthogonalise_right(i)
            self._update_right(i)
        self._improve(0)

    def log_likelihoods(self) -> Floats:
        """Return log p of every row; the centre is site 0."""
        psi, right, order = np.empty(len(self.rows)), self.right[1], self.order[0]
        scratch = np.empty_like(right)
        amplitudes(self.cores[0], self.left[0], right, self.each, self.ends[0], scratch, psi)
        out = np.empty_like(psi)
        out[order] = np.log(np.maximum(np.abs(psi), TINY))
        return np.asarray(2 * (out + self.log_scale - np.log(np.linalg.norm(self.cores[0]))))

    # ------------------------------------------------------------- local steps

    def _improve(self, i: int) -> None:
        weights = self.weights[self.order[i]]
        sides = self.left[i], self.right[i + 1], self.each, self.ends[i]
        self.cores[i] = improved(self.cores[i], sides, weights, 1.0, ONE_SITE)

    def _merge_and_split(
        self, i: int, max_bond: int, cutoff: float, fraction: float, to_right: bool
    ) -> None:
        a, b = self.cores[i], self.cores[i + 1]
        (da, dl, _), (db, _, dr) = a.shape, b.shape
        merged = np.matmul(a[:, None], b[None]).reshape(da * db, dl, dr)
        value = self.rows[:, i] * db + self.rows[:, i + 1]
        order = np.argsort(value, kind="stable")
        left = self.left[i][self.rank[i][order]]
        right = self.right[i + 2][self.rank[i + 1][order]]
        sides = left, right, self.each, _ends(value, da * db)
        merged = improved(merged, sides, self.weights[order], fraction, TWO_SITE)
        joint = merged.reshape(da, db, dl, dr).transpose(0, 2, 1, 3).reshape(da * dl, db * dr)
        u, s, vh = singular_values(joint)
        rank = max(1, min(max_bond, int((s > cutoff * s[0]).sum())))
        u, s, vh = u[:, :rank], s[:rank] / np.linalg.norm(s[:rank]), vh[:rank]
        if to_right:
            vh = s[:, None] * vh
        else:
            u = u * s
        self.cores[i] = np.ascontiguousarray(u).reshape(da, dl, rank)
        second = vh.reshape(rank, db, dr).transpose(1, 0, 2)
        self.cores[i + 1] = np.ascontiguousarray(second)
        if to_right:
            self._update_left(i)
        else:
            self._update_right(i + 1)

    # ------------------------------------------------------- gauge, environments

    def _orthogonalise_left(self, i: int) -> None:
        t = self.cores[i]
        q, r = np.linalg.qr(t.reshape(-1, t.shape[2]))
        self.cores[i] = q.reshape(*t.shape[:2], -1)
        self.cores[i + 1] = (r / np.linalg.norm(r)) @ self.cores[i + 1]

    def _orthogonalise_right(self, i: int) -> None:
        t = self.cores[i].transpose(0, 2, 1)
        q, r = np.linalg.qr(t.reshape(-1, t.shape[2]))
        self.cores[i] = np.ascontiguousarray(q.reshape(*t.shape[:2], -1).transpose(0, 2, 1))
        self.cores[i - 1] = self.cores[i - 1] @ (r / np.linalg.norm(r)).T

    def _update_left(self, i: int) -> None:
        place = self.rank[i + 1][self.order[i]]
        self.left[i + 1], _ = carried(self.left[i], self.cores[i], self.ends[i], place, False)

    def _update_right(self, i: int) -> None:
        order = self.order[i]
        found = carried(
            self.right[i + 1], self.cores[i], self.ends[i], self.rank[i - 1][order], True
        )
        self.right[i], log_scale = found
        self.log_scale[order] += log_scale


def with_identities(cores: dict[int, Floats], sites: int) -> list[Floats]:
    """Return cores (value, left, right) as tensors (left, value, right); other sites pass all."""
    out: list[Floats] = []
    bond = 1
    for i in range(sites):
        core = cores.get(i)
        out.append(np.eye(bond)[:, None] if core is None else core.transpose(1, 0, 2))
        bond = out[-1].shape[2]
    return out


def joined(tensors: Sequence[Floats], kept: Sequence[int]) -> list[Floats]:
    """Return the tensors `kept`; the others, which have one value, are multiplied into them."""
    out: list[Floats] = []
    waiting = np.ones((1, 1))
    for i, t in enumerate(tensors):
        if i in kept:
            out.append(np.tensordot(waiting, t, axes=1))
            waiting = np.eye(t.shape[2])
        else:
            waiting = waiting @ t[:, 0]
            waiting = waiting / np.linalg.norm(waiting)
    out[-1] = np.tensordot(out[-1], waiting, axes=1)
    return out


def _ends(value: Ints, count: int) -> Ints:
    """Return where every value begins among the sorted rows, and the number of rows."""
    return np.concatenate([[0], np.cumsum(np.bincount(value, minlength=count))])


def singular_values(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the singular value decomposition of a matrix."""
    try:
        return np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        # The divide-and-conquer driver fails on rare matrices; the slower driver does not.
        import scipy.linalg

        u, s, vh = scipy.linalg.svd(matrix, full_matrices=False, lapack_driver="gesvd")
        return u, s, vh
