r"""Split a two-site block into two tensors and cut its rank, three ways.

* `split_svd`: singular values; resolves discarded weights down to 1e-30.
* `split_gram`: eigenvectors of the Gram matrix on the side that stays isometric. The other factor
  is the projection of the block itself, so nothing is divided by a small singular value and the
  weight lost is the true one; spectra are resolved to about 1e-15.
* `split_sketch`: subspace iteration from sums of all rows of the block with random signs, in single
  precision, followed by one orthonormalisation and one projection in double precision. The weight
  lost is measured, not estimated. It is for bonds held at their cap, where the tail that is cut is
  large; where it turns out small, or very large, the caller falls back to the exact methods. Single
  rows in place of the sums would miss sectors of a block that conserves charges.

Reference: Halko, Martinsson and Tropp, SIAM Rev. 53, 217 (2011), algorithm 4.4; the use in time
evolution: Unfried, Hauschild and Pollmann, Phys. Rev. B 107, 155133 (2023). Here the iteration
starts from random sums of the block's own rows and the error is measured in double precision.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs

from qtn.states.kernels.gauge import thin_qr
from qtn.states.kernels.truncate import kept_rank, svd

Array = NDArray[Any]
Split = tuple[Array, Array, float, float]

SKETCH_FLOOR = 1e-10
"""Below this relative weight lost, single precision cannot tell which directions to keep."""
SKETCH_CEILING = 0.1
"""Above this relative weight lost, an exact split costs little beside what it may save."""
SKETCH_ROUNDS = 1
"""One round loses about 1.2 times the least possible weight, two rounds 1.07 times."""


def split_svd(theta: Array, max_bond: int | None, cutoff: float, rightwards: bool) -> Split:
    """Split a matrix by singular values; the centre goes right or left.

    Args:
        theta: matrix (rows, columns), the centre of its chain.
        max_bond: largest rank kept; None for no limit.
        cutoff: relative squared weight that may be lost.
        rightwards: the left factor becomes an isometry (else the right one).

    Returns:
        Left factor, right factor, squared weight lost, total squared weight.
    """
    u, s, vh = svd(theta)
    keep, lost, total = kept_rank(s * s, max_bond, cutoff)
    u, s, vh = u[:, :keep], s[:keep], vh[:keep]
    return (u, s[:, None] * vh, lost, total) if rightwards else (u * s, vh, lost, total)


def split_gram(
    theta: Array, max_bond: int | None, cutoff: float, rightwards: bool, *, whole: bool = False
) -> tuple[Array | None, Array | None, float, float]:
    """Split a matrix by the eigenvectors of a Gram matrix.

    Args:
        theta: matrix (rows, columns), the centre of its chain.
        max_bond: largest rank kept; None for no limit.
        cutoff: relative squared weight that may be lost.
        rightwards: the left factor becomes an isometry (else the right one).
        whole: look first whether nothing can be cut, which costs a tenth of the eigenvalues.

    Returns:
        As `split_svd`; None stands for an isometry that is the identity (only with `whole`).
    """
    gram = theta @ theta.conj().T if rightwards else theta.conj().T @ theta
    total = float(gram.trace().real)
    side = len(gram)
    fits = side == min(theta.shape) and (max_bond is None or side <= max_bond)
    if whole and fits and all_above(gram, max(cutoff, 1e-15) * total):
        return (None, theta, 0.0, total) if rightwards else (theta, None, 0.0, total)
    values, vectors = np.linalg.eigh(gram)
    weights = np.maximum(values[::-1][: min(theta.shape)], 0.0)
    keep, lost, total = kept_rank(weights, max_bond, cutoff)
    basis = vectors[:, : -keep - 1 : -1]
    if rightwards:
        return basis, basis.conj().T @ theta, lost, total
    return theta @ basis, basis.conj().T, lost, total


def split_sketch(theta: Array, max_bond: int, rightwards: bool) -> Split | None:
    """Split a matrix at rank `max_bond` by subspace iteration; None where it cannot be trusted.

    Args:
        theta: matrix (rows, columns) with more than `max_bond` of each.
        max_bond: rank kept.
        rightwards: the left factor becomes an isometry (else the right one).

    Returns:
        As `split_svd`, or None if the weight lost is too small for single precision, or so large
        that the best basis may have been missed.

    Cost:
        Five products of the size of the block, one of them by real signs, and two QR
        factorisations, of which one product and one factorisation in double precision.
    """
    block = theta if rightwards else theta.conj().T
    single = np.ascontiguousarray(block, np.complex64 if np.iscomplexobj(block) else np.float32)
    basis = single @ _mixed(single, max_bond).conj().T
    for _ in range(SKETCH_ROUNDS):
        basis = orthonormal(basis)
        basis = single @ (single.conj().T @ basis)
    wide = orthonormal(basis.astype(block.dtype))
    rest = wide.conj().T @ block
    total = float(np.vdot(block, block).real)
    lost = max(0.0, total - float(np.vdot(rest, rest).real))
    if not SKETCH_FLOOR * total < lost < SKETCH_CEILING * total:
        return None
    if rightwards:
        return wide, rest, lost, total
    return rest.conj().T, wide.conj().T, lost, total


def _mixed(block: Array, count: int) -> Array:
    """Return `count` sums of all rows of a block in single precision with random signs."""
    signs = random_signs(count, len(block))
    if np.iscomplexobj(block):
        return np.asarray((signs @ block.view(np.float32)).view(block.dtype))
    return np.asarray(signs @ block)


def random_signs(rows: int, columns: int) -> Array:
    """Return signs (rows, columns) in single precision, always the same."""
    return np.asarray(_signs(rows.bit_length(), columns.bit_length())[:rows, :columns])


@functools.lru_cache(maxsize=16)
def _signs(rows: int, columns: int) -> Array:
    """Return 2^rows times 2^columns signs, always the same."""
    drawn = np.random.default_rng(0).integers(0, 2, (1 << rows, 1 << columns), np.int8)
    return (2 * drawn - 1).astype(np.float32)


def all_above(hermitian: Array, bound: float) -> bool:
    """Return whether every eigenvalue exceeds a bound, by one Cholesky attempt.

    H - bound is positive definite exactly then, and a Cholesky factorisation costs a tenth of the
    eigenvalues.
    """
    shifted = hermitian.copy()
    shifted.flat[:: len(shifted) + 1] -= bound
    return bool(_cholesky(hermitian.dtype.char)(shifted.T, clean=0, overwrite_a=1)[1] == 0)


@functools.cache
def _cholesky(char: str) -> Any:
    return get_lapack_funcs("potrf", dtype=char)


def orthonormal(matrix: Array) -> Array:
    """Return an orthonormal basis of the columns (thin QR in the precision of the matrix)."""
    return thin_qr(matrix)[0]


def operator_factors(matrices: Sequence[Array], phys: int) -> list[tuple[Array, Array]]:
    """Return the operator Schmidt factors of two-site matrices: M = Σ_k left_k ⊗ right_k.

    Args:
        matrices: matrices (d², d²), first site most significant.
        phys: dimension d of a site.

    Returns:
        For each matrix two arrays (rank, d, d), with the smallest rank.

    Example:
        >>> operator_factors([np.diag([1.0, 1.0, 1.0, -1.0])], 2)[0][0].shape
        (2, 2, 2)
    """
    if not matrices:
        return []
    square = phys * phys
    cuts = np.stack(matrices).reshape(-1, *(phys,) * 4).transpose(0, 1, 3, 2, 4)
    u, s, vh = np.linalg.svd(cuts.reshape(-1, square, square))
    ranks = np.maximum(1, np.count_nonzero(s > 1e-14 * s[:, :1], axis=1))
    lefts = (u * s[:, None, :]).transpose(0, 2, 1).reshape(-1, square, phys, phys)
    rights = vh.reshape(-1, square, phys, phys)
    return [(lefts[k, :rank], rights[k, :rank]) for k, rank in enumerate(ranks)]
