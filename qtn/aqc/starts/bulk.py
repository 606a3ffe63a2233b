r"""A short chain with the ends of a long one: what is alike in the middle is left out.

In the bulk of a uniform state the tensors repeat with the unit cell, but each in a basis of its own
on its bonds. The Schmidt vectors right of two bonds a and b are turned into each other by a unitary
X, the fixed point of the transfer matrix that holds tensors right of a above and those right of b
below; the vectors left of the bonds, weighted by Schmidt values, give it as well. The middle bond
of the chain, far from both ends, is compared with one bond from the right and with the other from
the left. Where the state does not repeat, the transfer matrix has no eigenvalue of modulus 1.

Reference: Pérez-García, Wolf, Sanz, Verstraete and Cirac, Phys. Rev. Lett. 100, 167202 (2008).
"""

from __future__ import annotations

import math

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.gates import nearest_unitary
from qtn.states.kernels.overlap import log_overlap
from qtn.states.schmidt import SchmidtForm

CUT = 1e-12  # weight that a bond may lose
NOISE = 0.3  # keeps the first guess of X from being orthogonal to it


def shortened(chain: list[np.ndarray], few: int) -> tuple[list[np.ndarray], float]:
    """Return a chain of `few` sites with both ends of a long one.

    Args:
        chain: arrays `(left, 2, right)` of norm 1, in any gauge.
        few: fewer sites than the chain has, by an even number.

    Returns:
        Arrays of norm 1, and the modulus of the transfer matrix's eigenvalue for two sites: 1 if
        the state repeats after two sites.

    Cost: O(n χ³).
    """
    n = len(chain)
    form = SchmidtForm.from_right(chain)
    tensors = form.sliced(CUT)
    weights = [np.ones(1), *form.weights, np.ones(1)]
    left = few // 2 - few // 2 % 2
    right = left + n - few
    middle = left + (n - few) // 4 * 2
    margin = left // 2
    first, even = _from_right(tensors, weights, left, middle, n - margin - middle)
    second, other = _from_left(tensors, weights, middle, right, middle - margin)
    glued = [*tensors[:left], *tensors[right:]]
    glued[left - 1] = np.tensordot(glued[left - 1], first @ second, 1)
    # Isometries between bases of different size lose what they leave out.
    glued[0] = glued[0] / math.exp(0.5 * log_overlap(glued, glued)[1])
    return glued, min(even, other)


def _first_guess(rows: int, columns: int) -> np.ndarray:
    noise = generator(0, "bulk").normal(size=(rows, columns))
    return np.eye(rows, columns) + NOISE * noise


def _size(x: np.ndarray, above: np.ndarray, below: np.ndarray) -> float:
    """Return the norm of X with Schmidt weights on either side; 1 for a unitary that fits."""
    rows, columns = x.shape
    return float(np.sqrt(np.sum(np.abs(x) ** 2 * np.sqrt(np.outer(above[:rows], below[:columns])))))


def _from_right(
    tensors: list[np.ndarray], weights: list[np.ndarray], a: int, b: int, sites: int
) -> tuple[np.ndarray, float]:
    """Compare the vectors right of the bonds a and b, left of the sites of these numbers."""
    x = _first_guess(tensors[a + sites - 1].shape[2], tensors[b + sites - 1].shape[2])
    sizes = []
    for k in range(sites - 1, -1, -1):
        half = np.tensordot(tensors[a + k], x, 1)
        x = np.tensordot(half, tensors[b + k].conj(), ((1, 2), (1, 2)))
        sizes.append(_size(x, weights[a + k], weights[b + k]))
        x = x / sizes[-1]
    return nearest_unitary(x), float(np.prod(sizes[-2:]))


def _from_left(
    tensors: list[np.ndarray], weights: list[np.ndarray], a: int, b: int, sites: int
) -> tuple[np.ndarray, float]:
    """Compare the weighted vectors left of the bonds a and b."""
    rows, columns = tensors[a - sites].shape[0], tensors[b - sites].shape[0]
    roots = [np.sqrt(weights[a - sites][:rows]), np.sqrt(weights[b - sites][:columns])]
    x = roots[0][:, None] * _first_guess(rows, columns) * roots[1]
    sizes = []
    for k in range(sites, 0, -1):
        half = np.tensordot(x, tensors[b - k], 1)
        x = np.tensordot(tensors[a - k].conj(), half, ((0, 1), (0, 1)))
        sizes.append(float(np.linalg.norm(x)))
        x = x / sizes[-1]
    return nearest_unitary(x), float(np.prod(sizes[-2:]))
