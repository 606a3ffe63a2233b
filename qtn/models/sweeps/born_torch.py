"""The sweeps of a Born machine on a chain in torch, for GPUs: all rows at once, bond by bond.

The algorithm is that of `born_sweeps` and `born_local`, term for term and in double precision, so
that both go the same way up to rounding. Environments, rows and tensors stay on the device; the
CPU sees of a bond the joint tensor, which LAPACK decomposes faster there, and whether the
conjugate gradients have converged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn._optional import Tensor, torch
from qtn.models.sweeps import born_local as local
from qtn.models.sweeps.born_local import TINY, Floats, Ints
from qtn.models.sweeps.born_sweeps import (
    ONE_SITE,
    TWO_SITE,
    joined,
    singular_values,
    with_identities,
)


class TorchBornSweeper:
    """A chain, the rows, and the environments of every row, on a torch device.

    Args:
        tensors, rows, weights: as in `BornSweeper`.
        device: a torch device, such as "cuda".
    """

    def __init__(self, tensors: Sequence[Floats], rows: Ints, weights: Floats, device: str) -> None:
        self.varied = [i for i, t in enumerate(tensors) if t.shape[1] > 1] or [0]
        self.sites = len(tensors)
        self.device = torch.device(device)
        # Axes (value, left, right), as the local problem wants them.
        cores = [t.transpose(1, 0, 2) for t in joined(tensors, self.varied)]
        self.cores = [self._sent(core) for core in cores]
        self.n = len(self.cores)
        self.rows = self._sent(rows[:, self.varied].T)
        self.order = [torch.argsort(column, stable=True) for column in self.rows]
        self.rank = [_inverse(order) for order in self.order]
        self.ends = [_ends(r, len(core)) for r, core in zip(self.rows, cores, strict=True)]
        self.weights = self._sent(weights)
        one = torch.ones(len(rows), 1, dtype=torch.float64, device=self.device)
        # As in `BornSweeper`: sorted by the values of site i, and of site i - 1.
        self.left: list[Tensor] = [one] * (self.n + 1)
        self.right: list[Tensor] = [one] * (self.n + 1)
        self.log_scale = torch.zeros(len(rows), dtype=torch.float64, device=self.device)
        for i in range(self.n - 1, 0, -1):
            self._orthogonalise_right(i)
            self._update_right(i)
        self.cores[0] = self.cores[0] / torch.linalg.vector_norm(self.cores[0])

    def _sent(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    @property
    def tensors(self) -> list[Floats]:
        """The tensors, axes (left, phys, right)."""
        found = [core.cpu().numpy() for core in self.cores]
        return with_identities(dict(zip(self.varied, found, strict=True)), self.sites)

    # ------------------------------------------------------------------ sweeps

    def two_site(self, max_bond: int, cutoff: float, fraction: float) -> None:
        """Sweep right and left, merging neighbours; see `BornSweeper.two_site`."""
        for i in range(self.n - 1):
            self._merge_and_split(i, (max_bond, cutoff, fraction), to_right=True)
        self.log_scale.zero_()
        for i in range(self.n - 2, -1, -1):
            self._merge_and_split(i, (max_bond, cutoff, fraction), to_right=False)

    def one_site(self) -> None:
        """Sweep right and left, one tensor at a time; the likelihood never falls."""
        for i in range(self.n - 1):
            self._improve(i)
            self._orthogonalise_left(i)
            self._update_left(i)
        self.log_scale.zero_()
        for i in range(self.n - 1, 0, -1):
            self._improve(i)
            self._orthogonalise_right(i)
            self._update_right(i)
        self._improve(0)

    def log_likelihoods(self) -> Floats:
        """Return log p of every row; the centre is site 0."""
        psi = _amplitudes(self.cores[0], self.left[0], self.right[1], self.ends[0])
        out = torch.empty_like(psi)
        out[self.order[0]] = psi.abs().clamp_min(TINY).log()
        size = torch.linalg.vector_norm(self.cores[0]).log()
        return np.asarray((2 * (out + self.log_scale - size)).cpu().numpy())

    # ------------------------------------------------------------- local steps

    def _improve(self, i: int) -> None:
        weights = self.weights[self.order[i]]
        places = self.left[i], self.right[i + 1], self.ends[i]
        self.cores[i] = improved(self.cores[i], *places, weights, 1.0, ONE_SITE)

    def _merge_and_split(self, i: int, options: tuple[int, float, float], to_right: bool) -> None:
        max_bond, cutoff, fraction = options
        a, b = self.cores[i], self.cores[i + 1]
        (da, dl, _), (db, _, dr) = a.shape, b.shape
        merged = torch.matmul(a[:, None], b[None]).reshape(da * db, dl, dr)
        value = self.rows[i] * db + self.rows[i + 1]
        order = torch.argsort(value, stable=True)
        left = self.left[i][self.rank[i][order]]
        right = self.right[i + 2][self.rank[i + 1][order]]
        ends = _ends(value, da * db)
        merged = improved(merged, left, right, ends, self.weights[order], fraction, TWO_SITE)
        joint = merged.reshape(da, db, dl, dr).permute(0, 2, 1, 3).reshape(da * dl, db * dr)
        u, s, vh = singular_values(joint.cpu().numpy())
        rank = max(1, min(max_bond, int((s > cutoff * s[0]).sum())))
        u, s, vh = u[:, :rank], s[:rank] / np.linalg.norm(s[:rank]), vh[:rank]
        u, vh = (u, s[:, None] * vh) if to_right else (u * s, vh)
        self.cores[i] = self._sent(u.reshape(da, dl, rank))
        self.cores[i + 1] = self._sent(vh.reshape(rank, db, dr).transpose(1, 0, 2))
        if to_right:
            self._update_left(i)
        else:
            self._update_right(i + 1)

    # ------------------------------------------------------- gauge, environments

    def _orthogonalise_left(self, i: int) -> None:
        t = self.cores[i]
        q, r = torch.linalg.qr(t.reshape(-1, t.shape[2]))
        self.cores[i] = q.reshape(*t.shape[:2], -1)
        self.cores[i + 1] = (r / torch.linalg.vector_norm(r)) @ self.cores[i + 1]

    def _orthogonalise_right(self, i: int) -> None:
        t = self.cores[i].mT
        q, r = torch.linalg.qr(t.reshape(-1, t.shape[2]))
        self.cores[i] = q.reshape(*t.shape[:2], -1).mT.contiguous()
        self.cores[i - 1] = self.cores[i - 1] @ (r / torch.linalg.vector_norm(r)).mT

    def _update_left(self, i: int) -> None:
        place = self.rank[i + 1][self.order[i]]
        self.left[i + 1] = _carried(self.left[i], self.cores[i], self.ends[i], place)[0]

    def _update_right(self, i: int) -> None:
        order = self.order[i]
        place = self.rank[i - 1][order]
        turned = self.cores[i].mT
        self.right[i], scale = _carried(self.right[i + 1], turned, self.ends[i], place)
        self.log_scale[order] += scale


def improved(
    m: Tensor,
    left: Tensor,
    right: Tensor,
    ends: list[int],
    w: Tensor,
    fraction: float,
    conjugate: int,
) -> Tensor:
    """Return the normalised tensor after one Newton step; see `born_local.improved`."""
    psi = _amplitudes(m, left, right, ends)
    # A row that truncation left without amplitude pulls hard, but not infinitely hard.
    floor = local.FLOOR * (w * psi.square()).sum().sqrt().clamp_min(0.01)
    psi = torch.where(psi.abs() < floor, torch.where(psi < 0, -floor, floor), psi)
    pull = w / psi
    curvature = pull / psi
    residual = _weighted_sum(pull, left, right, ends, m) - m
    start = residual.square().sum()
    if float(start) <= local.CONVERGED:
        return m / torch.linalg.vector_norm(m)
    step, step_psi = torch.zeros_like(m), torch.zeros_like(psi)
    p, rho = residual.clone(), start
    for k in range(conjugate):
        p_psi = _amplitudes(p, left, right, ends)
        bent = curvature * p_psi
        alpha = rho / (p.square().sum() + (bent * p_psi).sum())
        step = step + alpha * p
        step_psi = step_psi + alpha * p_psi
        if k == conjugate - 1:
            break
        residual = residual - alpha * (_weighted_sum(bent, left, right, ends, m) + p)
        new = residual.square().sum()
        if float(new) < local.ENOUGH * float(start):
            break
        p = residual + (new / rho) * p
        rho = new
    length = _line_search((m * step).sum(), step.square().sum(), step_psi / psi, w)
    m = m + fraction * length * step
    return m / torch.linalg.vector_norm(m)


def _line_search(slope: Tensor, square: Tensor, ratio: Tensor, w: Tensor) -> Tensor:
    worst = ratio.min()
    limit = torch.where(worst >= 0, torch.inf, local.MARGIN / -worst)
    t = limit.clamp_max(1.0)
    for _ in range(local.LINE_STEPS):
        part = ratio / (1 + t * ratio)
        first = slope + t * square - w @ part
        second = square + w @ part.square()
        t = torch.minimum((t - first / second).clamp_min(0.0), limit)
    return t


def _amplitudes(m: Tensor, left: Tensor, right: Tensor, ends: list[int]) -> Tensor:
    """Return M·Φ of every row."""
    turned = torch.empty_like(right)
    for s in range(len(m)):
        a, b = ends[s], ends[s + 1]
        if b > a:
            torch.mm(left[a:b], m[s], out=turned[a:b])
    return (turned * right).sum(dim=1)


def _weighted_sum(
    coefficient: Tensor, left: Tensor, right: Tensor, ends: list[int], like: Tensor
) -> Tensor:
    """Return Σ_v coefficient_v Φ_v, of the shape of `like`."""
    scaled, out = coefficient[:, None] * right, torch.zeros_like(like)
    for s in range(len(out)):
        a, b = ends[s], ends[s + 1]
        if b > a:
            torch.mm(left[a:b].T, scaled[a:b], out=out[s])
    return out


def _carried(h: Tensor, q: Tensor, ends: list[int], place: Tensor) -> tuple[Tensor, Tensor]:
    """Carry sorted environments through a tensor (value, inward, outward); see `born_local`."""
    product = torch.empty(len(h), q.shape[2], dtype=h.dtype, device=h.device)
    for s in range(len(q)):
        a, b = ends[s], ends[s + 1]
        if b > a:
            torch.mm(h[a:b], q[s], out=product[a:b])
    c = product.abs().amax(dim=1)
    lost = c < TINY
    c = torch.where(lost, TINY, c)
    out = torch.empty_like(product)
    # Without any weight on such a row, any direction is as good as another.
    out[place] = torch.where(lost[:, None], 1.0, product / c[:, None])
    return out, c.log()


def _inverse(order: Tensor) -> Tensor:
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    return rank


def _ends(value: Tensor, count: int) -> list[int]:
    """Return where every value begins among the sorted rows, and the number of rows."""
    return [0, *torch.bincount(value, minlength=count).cumsum(0).tolist()]
