r"""Curvature pairs of L-BFGS: what steps did to the gradient, and the direction that follows.

Gradients of gates are anti-Hermitian matrices: of the 32 numbers of one in parts, 16 are kept,
those off the diagonal times √2, so that inner products are the same. The vectors outgrow the
caches near the processor, and reading them is what the recursion costs.

Reference: Nocedal and Wright, Numerical Optimization, algorithm 7.4 (two-loop recursion).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from qtn._kernels import FAST, kernel

_compiled: Any = kernel(**FAST)
_ROOT = math.sqrt(2.0)
Map = Callable[[np.ndarray], np.ndarray]


class Curvature:
    """The curvature pairs of L-BFGS; old ones are overwritten by new ones.

    Gradients and steps are arrays of any shape; those (gates, 2, 4, 4) are anti-Hermitian matrices
    in parts.

    Args:
        memory: pairs kept.
        first: a positive definite first guess of the inverse Hessian; None for the identity.

    Cost: 8 memory · size operations for a direction, size numbers in a gradient.
    """

    def __init__(self, memory: int, first: Map | None = None) -> None:
        self.first = first
        self._memory = memory
        self._steps = self._changes = np.empty((0, 0))
        self._curvatures, self._weights = np.zeros(memory), np.zeros(memory)
        self._oldest = self._count = 0

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Forget all pairs."""
        self._oldest = self._count = 0

    def add(self, step: np.ndarray, change: np.ndarray) -> None:
        """Keep a pair if its curvature is positive."""
        s, y = packed(step), packed(change)
        curvature = float(np.dot(s, y))
        if curvature <= 1e-10 * math.sqrt(float(np.dot(s, s)) * float(np.dot(y, y))):
            return
        if self._steps.shape[1] != len(s):
            self._steps, self._changes = np.empty((2, self._memory, len(s)))
        place = (self._oldest + self._count) % self._memory
        if self._count == self._memory:
            self._oldest = (self._oldest + 1) % self._memory
        else:
            self._count += 1
        self._steps[place], self._changes[place], self._curvatures[place] = s, y, curvature

    def direction(self, gradient: np.ndarray) -> np.ndarray:
        """Return minus the inverse Hessian times the gradient."""
        q, shape = -packed(gradient), gradient.shape
        kept = self._steps, self._changes, self._curvatures, self._weights
        _down(*kept, self._oldest, self._count, q)
        if self.first is not None:
            q = self._guess(q, shape)
        if self._count:
            newest = (self._oldest + self._count - 1) % self._memory
            change = self._changes[newest]
            image = change if self.first is None else self._guess(change, shape)
            q *= self._curvatures[newest] / float(np.dot(change, image))
        _up(*kept, self._oldest, self._count, q)
        return spread(q, shape)

    def _guess(self, vector: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        assert self.first is not None
        return packed(self.first(spread(vector, shape)))


def packed(array: np.ndarray) -> np.ndarray:
    """Return the independent numbers of an array, flat; see `Curvature`."""
    if array.shape[1:] != (2, 4, 4):
        return array.reshape(-1)
    out = np.empty((len(array), 16))
    _packed(array, out)
    return out.reshape(-1)


def spread(vector: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array of a shape that `packed` made a vector of."""
    if shape[1:] != (2, 4, 4):
        return vector.reshape(shape)
    out = np.empty(shape)
    _spread(vector.reshape(-1, 16), out)
    return out


@_compiled
def _packed(array, out):  # type: ignore[no-untyped-def]
    for g in range(array.shape[0]):
        k = 0
        for i in range(4):
            out[g, k] = array[g, 1, i, i]
            k += 1
            for j in range(i + 1, 4):
                out[g, k] = _ROOT * array[g, 0, i, j]
                out[g, k + 1] = _ROOT * array[g, 1, i, j]
                k += 2


@_compiled
def _spread(vectors, out):  # type: ignore[no-untyped-def]
    for g in range(vectors.shape[0]):
        k = 0
        for i in range(4):
            out[g, 0, i, i] = 0.0
            out[g, 1, i, i] = vectors[g, k]
            k += 1
            for j in range(i + 1, 4):
                a, b = vectors[g, k] / _ROOT, vectors[g, k + 1] / _ROOT
                out[g, 0, i, j] = a
                out[g, 0, j, i] = -a
                out[g, 1, i, j] = b
                out[g, 1, j, i] = b
                k += 2


@_compiled
def _down(steps, changes, curvatures, weights, oldest, count, q):  # type: ignore[no-untyped-def]
    """First loop: from the newest pair to the oldest."""
    for k in range(count - 1, -1, -1):
        p = (oldest + k) % weights.size
        s, y, total = steps[p], changes[p], 0.0
        for j in range(q.size):
            total += s[j] * q[j]
        total /= curvatures[p]
        weights[p] = total
        for j in range(q.size):
            q[j] -= total * y[j]


@_compiled
def _up(steps, changes, curvatures, weights, oldest, count, q):  # type: ignore[no-untyped-def]
    """Second loop: from the oldest pair to the newest."""
    for k in range(count):
        p = (oldest + k) % weights.size
        s, y, total = steps[p], changes[p], 0.0
        for j in range(q.size):
            total += y[j] * q[j]
        total = weights[p] - total / curvatures[p]
        for j in range(q.size):
            q[j] += total * s[j]
