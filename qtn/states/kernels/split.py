r"""Split a two-site block into two tensors and cut its rank, three ways.

* `split_svd`: singular values; resolves discarded weights down to 1e-30.
* `split_gram`: eigenvectors of the Gram matrix on the side that stays isometric. The other factor
  is the projection of the block itself, so nothing is divided by a small singular value and the
  weight lost is the true one; spectra are resolved to about 1e-15.
* `split_sketch`: subspace iteration from a few columns of the block, in single precision, followed
  by one orthonormalisation and one projection in double precision. The weight lost is measured,
  not estimated. It is for bonds held at their cap, where the tail that is cut is large; where it
  turns out small the caller falls back to the exact methods.

Reference: Halko, Martinsson and Tropp, SIAM Rev. 53, 217 (2011), algorithm 4.4; the use in time
evolution: Unfried, Hauschild and Pollmann, Phys. Rev. B 107, 155133 (2023). Here the iteration
starts from the block itself and the error is measured in double precision.
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
SKETCH_WEIGHT = 0.5
"""Above this relative weight lost, the columns of the start may have missed the block's own."""
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
        As `split_svd`, or None if the weight lost is too small for single precision, or if the
        start misses parts of the block, as in blocks with rows of zeros.

    Cost:
        Four products of the size of the block and two QR factorisations, of which one product and
        one factorisation in double precision.
    """
    block = theta if rightwards else theta.conj().T
    single = block.astype(np.complex64 if np.iscomplexobj(block) else np.float32)
    columns = np.linspace(0, block.shape[0] - 1, max_bond).astype(int)
    start = single[columns]
    weights = np.einsum("ij,ij->i", start, start.conj()).real
    if not weights.min() > SKETCH_FLOOR * weights.max():
        return None  # of a sparse block, whose other rows may hold what these do not
    basis = single @ start.conj().T
    for _ in range(SKETCH_ROUNDS):
        basis = orthonormal(basis)
        basis = single @ (single.conj().T @ basis)
    wide = orthonormal(basis.astype(block.dtype))
    rest = wide.conj().T @ block
    total = float(np.vdot(block, block).real)
    lost = max(0.0, total - float(np.vdot(rest, rest).real))
    if not SKETCH_FLOOR * total < lost < SKETCH_WEIGHT * total:
        return None
    if rightwards:
        return wide, rest, lost, total
    return rest.conj().T, wide.conj().T, lost, total


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
