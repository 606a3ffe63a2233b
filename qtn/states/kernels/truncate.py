r"""Truncation of bonds with a rigorous account of what is lost.

In canonical form with the centre at a cut, dropping Schmidt values loses the relative weight
:math:`\epsilon = \sum_{k>\chi} s_k^2 / \sum_k s_k^2` and nothing else. In a sweep from the right
each kept subspace lies inside the one kept before, so all cuts together are one orthogonal
projection and the fidelity of the truncated state with the original is exactly

.. math:: F = \prod_i (1 - \epsilon_i) \ge 1 - \sum_i \epsilon_i .

Reference: Schollwöck, Ann. Phys. 326, 96 (2011), section 4.5; Verstraete and Cirac,
Phys. Rev. B 73, 094423 (2006), lemma 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.linalg

from qtn._machine import by_bond, few_threads, suited
from qtn.states.kernels.gauge import Tensors, canonicalise


@by_bond
def truncate_chain(
    tensors: Sequence[np.ndarray], max_bond: int | None = None, cutoff: float = 0.0
) -> tuple[Tensors, np.ndarray]:
    """Return a chain with smaller bonds, centre at site 0, and the weight lost per cut.

    Args:
        tensors: chain of arrays `(left, phys, right)`.
        max_bond: largest bond dimension kept; None keeps what `cutoff` allows.
        cutoff: largest relative squared weight that one cut may lose.

    Returns:
        The new chain and an array of n-1 discarded relative weights, cut by cut.

    Cost: O(n χ³) by SVD.
    """
    n = len(tensors)
    out = canonicalise(tensors, n - 1)
    discarded = np.zeros(max(n - 1, 0))
    for i in range(n - 1, 0, -1):
        left, phys, right = out[i].shape
        u, s, vh = svd(out[i].reshape(left, phys * right))
        keep = kept_rank(s**2, max_bond, cutoff)[0]
        total = float(np.sum(s**2))
        discarded[i - 1] = float(np.sum(s[keep:] ** 2)) / total if total > 0 else 0.0
        out[i] = np.ascontiguousarray(vh[:keep]).reshape(keep, phys, right)
        out[i - 1] = np.tensordot(out[i - 1], u[:, :keep] * s[:keep], 1)
    return out, discarded


def factor_vector(
    vector: np.ndarray, phys: int, max_bond: int | None, cutoff: float
) -> list[np.ndarray]:
    """Return the chain of phys^n amplitudes, site 0 varying fastest, by successive SVD.

    Cost: O(phys^(3n/2)).

    Reference: Vidal, Phys. Rev. Lett. 91, 147902 (2003).
    """
    chain: list[np.ndarray] = []
    rest = vector.reshape(-1, 1)
    with few_threads(suited(math.isqrt(vector.size))):
        while len(rest) > phys:
            block = rest.reshape(-1, phys, rest.shape[1])
            higher, _, right = block.shape
            u, s, vh = svd(block.reshape(higher, phys * right))
            keep = kept_rank(s**2, max_bond, cutoff)[0]
            chain.append(vh[:keep].reshape(keep, phys, right).transpose(2, 1, 0))
            rest = u[:, :keep] * s[:keep]
    return [*chain, rest.reshape(phys, -1).T[:, :, None]]


def kept_rank(weights: np.ndarray, max_bond: int | None, cutoff: float) -> tuple[int, float, float]:
    """Return how many of the descending `weights` to keep, the weight lost and the total.

    This is the one rule by which bonds are cut: the smallest weights (squared Schmidt values) go as
    long as together they are at most `cutoff` of the total, and zeros always; one is always kept.

    Args:
        weights: not negative, descending.
        max_bond: largest number kept; None for no limit.
        cutoff: relative weight that may be lost.

    Example:
        >>> kept_rank(np.array([4.0, 1.0, 0.0]), None, 0.0)
        (2, 0.0, 5.0)
    """
    tails = np.cumsum(weights[::-1])[::-1]
    total = float(tails[0])
    keep = max(1, int(np.count_nonzero(tails > cutoff * total)))
    if max_bond is not None:
        keep = min(keep, max_bond)
    lost = float(tails[keep]) if keep < len(weights) else 0.0
    return keep, lost, total


def svd(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thin SVD that falls back to the slower, safer QR iteration when divide-and-conquer fails."""
    try:
        return np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        return scipy.linalg.svd(matrix, full_matrices=False, lapack_driver="gesvd")
