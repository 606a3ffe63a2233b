r"""Gauge and truncation of a chain in blocks: QR and singular values sector by sector.

The singular values of all sectors of a cut together are the Schmidt values of the state, so a bond
is cut by one sorted list, as in the dense chain: what is kept does not depend on the blocks.

Reference: Singh, Pfeifer and Vidal, Phys. Rev. B 83, 115125 (2011), section III; here packed
integers stand for the charges and no fusion tree is needed, since the group is abelian.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.states.blocks.sites import (
    Array,
    Matrices,
    Site,
    columns,
    from_columns,
    from_rows,
    in_columns,
    in_rows,
    rows,
)
from qtn.states.kernels.circuit import GRAM_FLOOR
from qtn.states.kernels.gauge import thin_qr
from qtn.states.kernels.truncate import kept_rank, svd

__all__ = [
    "absorb_left", "absorb_right", "canonicalise", "factor", "normalise", "scaled", "shift_left",
    "shift_right", "shorten", "spectra", "spectrum",
]  # fmt: skip


RESOLVED = 1e-11
"""Relative weight below which the eigenvalues of a Gram matrix tell too little of what is lost."""


def shift_right(sites: list[Site], i: int) -> None:
    """Make site i left-orthonormal; its rest goes into the right neighbour (in place)."""
    met = _met(sites[i], sites[i + 1])
    pairs = {charge: thin_qr(m) for charge, m in in_rows(sites[i]).items() if charge in met}
    isometries = {charge: q for charge, (q, _) in pairs.items()}
    sites[i] = from_rows(isometries, sites[i].left, sites[i].levels)
    sites[i + 1] = absorb_left({charge: r for charge, (_, r) in pairs.items()}, sites[i + 1])


def shift_left(sites: list[Site], i: int) -> None:
    """Make site i right-orthonormal; its rest goes into the left neighbour (in place)."""
    met = _met(sites[i - 1], sites[i])
    pairs = {charge: thin_qr(m.T) for charge, m in in_columns(sites[i]).items() if charge in met}
    isometries = {charge: np.ascontiguousarray(q.T) for charge, (q, _) in pairs.items()}
    sites[i] = from_columns(isometries, sites[i].levels, sites[i].right)
    sites[i - 1] = absorb_right(sites[i - 1], {charge: r.T for charge, (_, r) in pairs.items()})


def _met(left: Site, right: Site) -> set[int]:
    """Return the charges of the bond between two sites that both sides reach; the rest is zero."""
    return rows(left.left, left.levels).keys() & columns(right.levels, right.right).keys()


def absorb_left(matrices: Matrices, site: Site) -> Site:
    """Return the site with matrices multiplied onto its left bond; charges without one go."""
    wide = {q: matrices[q] @ m for q, m in in_columns(site).items() if q in matrices}
    return from_columns(wide, site.levels, site.right)


def absorb_right(site: Site, matrices: Matrices) -> Site:
    """Return the site with matrices multiplied onto its right bond; charges without one go."""
    tall = {q: m @ matrices[q] for q, m in in_rows(site).items() if q in matrices}
    return from_rows(tall, site.left, site.levels)


@few_threads(1)
def canonicalise(sites: Sequence[Site], center: int) -> list[Site]:
    """Return the same state with its orthogonality centre at a site. Cost: O(n Σ_q χ_q³)."""
    out = list(sites)
    for i in range(center):
        shift_right(out, i)
    for i in range(len(out) - 1, center, -1):
        shift_left(out, i)
    return out


@few_threads(1)
def normalise(sites: Sequence[Site]) -> tuple[list[Site], float]:
    """Return the normalised state with its centre at site 0, and the log of the norm it had.

    Raises:
        ArgumentError: the state is zero.
    """
    out, level = list(sites), 0.0
    for i in range(len(out) - 1, -1, -1):
        size = float(np.sqrt(sum(np.vdot(b, b).real for b in out[i].blocks.values())))
        if not size > 0.0:
            raise ArgumentError("The zero state cannot be normalised. Give a non-zero state.")
        level += float(np.log(size))
        out[i] = scaled(out[i], 1.0 / size)
        if i:
            shift_left(out, i)
    return out, level


def spectrum(center: Site) -> Array:
    """Return the normalised Schmidt values of the left bond of a centre, descending."""
    values = np.concatenate([svd(matrix)[1] for matrix in in_columns(center).values()])
    return -np.sort(-values) / np.linalg.norm(values)


def spectra(sites: Sequence[Site]) -> Iterator[Array]:
    """Yield the Schmidt values of all cuts in one sweep."""
    out = canonicalise(sites, 0)
    for i in range(len(out) - 1):
        shift_right(out, i)
        yield spectrum(out[i + 1])


def scaled(site: Site, number: complex) -> Site:
    """Return a site times a number."""
    blocks = {part: number * block for part, block in site.blocks.items()}
    return Site(blocks, site.levels, site.left, site.right)


def factor(
    thetas: Matrices, cutoff: float, max_bond: int | None, rightwards: bool
) -> tuple[Matrices, Matrices, float, float]:
    """Split the matrices of all sectors of a cut and keep the largest singular values of all.

    Args:
        thetas: {charge: matrix}, the centre of its chain.
        cutoff: relative squared weight that may be lost.
        max_bond: most values kept, over all sectors; None for no limit.
        rightwards: the left factors become isometries (else the right ones).

    Returns:
        Left factors, right factors, squared weight lost, total squared weight.
    """
    exact = cutoff < GRAM_FLOOR
    parts = {q: (_svd if exact else _gram)(m, rightwards) for q, m in thetas.items()}
    charges = list(parts)
    owner = np.repeat(np.arange(len(charges)), [len(parts[q][0]) for q in charges])
    weights = np.concatenate([parts[q][0] for q in charges])
    order = np.argsort(-weights, kind="stable")
    keep, lost, total = kept_rank(weights[order], max_bond, cutoff)
    counts = np.bincount(owner[order[:keep]], minlength=len(charges))
    lefts, rights = {}, {}
    for q, count in zip(charges, counts, strict=True):
        if not count:
            continue
        basis, theta = parts[q][1][:, :count], thetas[q]
        if rightwards:
            lefts[q], rights[q] = basis, basis.conj().T @ theta
        else:
            lefts[q], rights[q] = theta @ basis, basis.conj().T
    if not exact and keep < len(weights) and lost < RESOLVED * total:
        lost = _lost(thetas, lefts, rights)
    return lefts, rights, lost, total


def _lost(thetas: Matrices, lefts: Matrices, rights: Matrices) -> float:
    """Return the squared weight lost, measured: squared values below 1e-16 are rounding."""
    gaps = (m - lefts[q] @ rights[q] if q in lefts else m for q, m in thetas.items())
    return float(sum(np.vdot(gap, gap).real for gap in gaps))


def _svd(theta: Array, rightwards: bool) -> tuple[Array, Array]:
    """Return squared singular values, descending, and the singular vectors of the kept side."""
    u, s, vh = svd(theta)
    return s * s, u if rightwards else vh.conj().T


def _gram(theta: Array, rightwards: bool) -> tuple[Array, Array]:
    """Return the same by the eigenvectors of the Gram matrix: faster, resolved to 1e-15."""
    gram = theta @ theta.conj().T if rightwards else theta.conj().T @ theta
    values, vectors = np.linalg.eigh(gram)
    rank = min(theta.shape)
    return np.maximum(values[::-1][:rank], 0.0), vectors[:, : -rank - 1 : -1]


@few_threads(1)
def shorten(sites: Sequence[Site], max_bond: int | None, cutoff: float) -> tuple[list[Site], Array]:
    """Return a state of smaller bonds, centre at site 0, and the relative weight lost per cut."""
    out = canonicalise(sites, len(sites) - 1)
    discarded = np.zeros(max(len(out) - 1, 0))
    for i in range(len(out) - 1, 0, -1):
        met = _met(out[i - 1], out[i])
        thetas = {charge: m for charge, m in in_columns(out[i]).items() if charge in met}
        lefts, rights, lost, total = factor(thetas, cutoff, max_bond, False)
        discarded[i - 1] = lost / total if total > 0 else 0.0
        out[i] = from_columns(rights, out[i].levels, out[i].right)
        out[i - 1] = absorb_right(out[i - 1], lefts)
    return out, discarded
