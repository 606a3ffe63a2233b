r"""Higher-order tensor renormalisation: pairs of sites become one, in turn along both axes.

Two tensors one above the other are contracted; the pair of legs to the left, and that to the right,
are cut to χ by the leading eigenvectors U of the Gram matrix of the pair, from the side on which
less is lost. The Gram matrix of legs (l₁, l₂) splits into

.. math:: \sum_{ii'} \Big( \sum_{ru} T_{l_1 r u i} T_{l_1' r u i'} \Big)
    \Big( \sum_{rd} T_{l_2 r i d} T_{l_2' r i' d} \Big) ,

so that no tensor with six legs is made. Every tensor is divided by its largest entry, and the
logarithms add up, 2⁻ᵏ of each per site.

Reference: Xie et al., Phys. Rev. B 86, 045139 (2012), section II.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

Array = NDArray[Any]
MOST_STEPS = 60


def renormalised(tensor: Array, steps: int | None, max_bond: int) -> float:
    """Return ln Z per site of a torus of 2^steps sites, or of the infinite lattice.

    Args:
        tensor: T of a site, axes (left, right, up, down).
        steps: number of pairings, along both axes in turn; None until nothing changes.
        max_bond: χ.

    Cost: O(χ⁷) per step, χ⁴ numbers.
    """
    total, share = 0.0, 1.0
    for _ in range(MOST_STEPS if steps is None else steps):
        size = float(np.abs(tensor).max())
        total += share * math.log(size)
        # What follows changes ln Z per site by no more than this times the logarithm of a size.
        if steps is None and share * max(1.0, abs(math.log(size))) < 1e-16 * max(1.0, abs(total)):
            break
        tensor = _stacked(tensor / size, max_bond).transpose(2, 3, 0, 1)
        share /= 2.0
    return total + share * math.log(float(np.einsum("lluu->", tensor)))


def _stacked(tensor: Array, max_bond: int) -> Array:
    """Return the tensor of two sites one above the other."""
    left, right, up, down = tensor.shape
    turned = tensor.transpose(1, 0, 2, 3)
    chosen = min((_isometry(t, max_bond) for t in (tensor, turned)), key=lambda found: found[1])[0]
    basis = chosen.reshape(left, left, -1)
    first = np.tensordot(basis, tensor, (0, 0))  # l2, l, r1, u, i
    rank = basis.shape[2]
    first = first.transpose(1, 2, 3, 0, 4).reshape(rank * right * up, left * down)
    second = tensor.transpose(0, 2, 1, 3).reshape(left * up, right * down)
    both = (first @ second).reshape(rank, right, up, right, down)
    return np.tensordot(both, basis, ((1, 3), (0, 1))).transpose(0, 3, 1, 2)


def _isometry(tensor: Array, max_bond: int) -> tuple[Array, float]:
    """Return the leading eigenvectors of the Gram matrix of two left legs, and the weight lost."""
    left, right, up, down = tensor.shape
    upper = tensor.transpose(0, 3, 1, 2).reshape(left * down, right * up)
    lower = tensor.transpose(0, 2, 1, 3).reshape(left * up, right * down)
    one = (upper @ upper.T).reshape(left, down, left, down).transpose(0, 2, 1, 3)
    two = (lower @ lower.T).reshape(left, up, left, up).transpose(1, 3, 0, 2)
    gram = one.reshape(left**2, down**2) @ two.reshape(up**2, left**2)
    gram = gram.reshape(left, left, left, left).transpose(0, 2, 1, 3).reshape(left**2, left**2)
    rank = min(max_bond, len(gram))
    values, vectors = eigh(gram, subset_by_index=[len(gram) - rank, len(gram) - 1])
    return vectors, float(np.trace(gram) - values.sum())
