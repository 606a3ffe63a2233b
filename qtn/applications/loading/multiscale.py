r"""A function of one variable as a matrix product state over its binary digits.

The domain is halved again and again: digit l of a cell says in which half of its interval of level
l - 1 it lies. On an interval where the function is a polynomial of degree m - 1 to the tolerance,
its values at the m Chebyshev nodes say everything about its cells, and the step to a half is the
same for all such intervals,

.. math:: p(x_{k'}^{half}) = \sum_k L_k(x_{k'}^{half})\, p(x_k),

L the Lagrange polynomials: one common channel of bond m carries them. Each interval that is not yet
resolved is a channel of bond 1, which says only where one is; where it is resolved at last, the
function's values at its nodes enter the common channel. The bond before truncation is m plus the
number of unresolved intervals at that level: near a kink or a singularity one per level, so that
also :math:`x^{-1/2}` at 0 takes a few hundred values. Intervals are held against 1,024 values all
over the domain before they count as resolved, so that a narrow peak is not missed.

Reference: Lindsey, "Multiscale interpolative construction of quantized tensor trains",
arXiv:2311.12554, section 3. What differs: the unresolved intervals are exact channels, resolved
by the error in the 2-norm rather than by a depth given beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
Function: TypeAlias = Callable[[Floats], Floats]

NODES = 16
# Values all over the domain, and the level at which intervals are looked at first.
SPREAD, FIRST = 1024, 3
# Intervals that may be unresolved at one level: a function that oscillates everywhere has more.
MAX_OPEN = 4096


@dataclass(frozen=True, slots=True)
class Cores:
    """Tensors (left, 2, right) of the values at the middles of the cells, not normalised.

    Args:
        tensors: one per digit, the coarsest first; each is divided by √2, so that the square of the
            norm is the mean of the square of the function.
        evaluations: how many values of the function were asked for.
        error: estimate of the 2-norm of what interpolation changes, relative to the function's.
    """

    tensors: tuple[Floats, ...]
    evaluations: int
    error: float


class _Counted:
    """A function that counts its values and refuses those that are no numbers."""

    def __init__(self, function: Function, low: float, high: float) -> None:
        self.function, self.low, self.high, self.count = function, low, high, 0

    def __call__(self, unit: Floats) -> Floats:
        """Return the values at places in [0, 1] of the domain."""
        self.count += unit.size
        x = self.low + (self.high - self.low) * unit
        values = np.asarray(self.function(x))
        if values.shape != x.shape:
            raise ArgumentError(
                f"Argument `function` must return one value per place, shape {x.shape}, but "
                f"returned shape {values.shape}. Write it with numpy's functions."
            )
        if np.iscomplexobj(values) or not np.isfinite(values).all():
            place = x[~np.isfinite(values)]
            at = f" at {place.flat[0]:.6g}" if place.size else ": they are complex"
            raise ArgumentError(
                f"Argument `function` must have finite real values on the domain, but has not{at}. "
                "Take a domain without that place."
            )
        return values.astype(np.float64)


def multiscale_cores(
    function: Function, low: float, high: float, digits: int, tolerance: float
) -> Cores:
    """Return the matrix product state of a function at the middles of 2^digits cells.

    Args:
        function: takes and returns an array.
        low, high: the domain.
        digits: number of binary digits.
        tolerance: of the relative error in the 2-norm.

    Raises:
        ArgumentError: values that are not finite, or a function that is resolved nowhere.

    Cost: some hundred to thousand values of the function; the tensors are small.
    """
    f = _Counted(function, low, high)
    spread = f((np.arange(SPREAD) + 0.5) / SPREAD)
    size = float(np.sqrt(np.mean(spread**2)))
    if size == 0.0:
        raise ArgumentError(
            f"Argument `function` is 0 at {SPREAD:,} places of the domain. Take a domain where it "
            "is not."
        )
    walk = _Walk(f, spread, tolerance * size, digits)
    tensors = tuple(walk.step(level) / np.sqrt(2.0) for level in range(1, digits + 1))
    return Cores(tensors, f.count, float(np.sqrt(walk.error)) / size)


class _Walk:
    """The intervals of one level, and the step to the next."""

    def __init__(self, f: _Counted, spread: Floats, allowed: float, digits: int) -> None:
        self.f, self.spread, self.allowed, self.digits = f, spread, allowed, digits
        self.places = np.zeros(1)  # where the unresolved intervals begin, as parts of the domain
        self.common = False  # whether an interval was resolved before
        self.error = 0.0  # mean square of what interpolation changes
        self.nodes, self.halves, self.middles = polynomial_step(NODES)

    def step(self, level: int) -> Floats:
        """Return the tensor of a digit, and go to its halves."""
        width = 0.5**level
        open_before = len(self.places)
        starts = (self.places[:, None] + np.array([0.0, width])).ravel()
        rows = open_before + NODES * self.common
        if level == self.digits:
            core = np.zeros((rows, 2, 1))
            core[:open_before, :, 0] = self.f(starts + width / 2).reshape(-1, 2)
            if self.common:
                core[open_before:, :, 0] = self.middles
            return core
        resolved, values = self._resolved(starts, level)
        kept = np.flatnonzero(~resolved)
        _check_open(len(kept), level)
        any_common = self.common or bool(resolved.any())
        core = np.zeros((rows, 2, len(kept) + NODES * any_common))
        core[kept // 2, kept % 2, np.arange(len(kept))] = 1.0
        for child in np.flatnonzero(resolved):
            core[child // 2, child % 2, len(kept) :] = values[child]
        if self.common:
            core[open_before:, :, len(kept) :] = self.halves
        self.places, self.common = starts[kept], any_common
        return core

    def _resolved(self, starts: Floats, level: int) -> tuple[NDArray[np.bool_], Floats]:
        """Return which intervals are polynomials, and the values at the nodes of all."""
        if level < FIRST:
            return np.zeros(len(starts), dtype=bool), np.zeros((len(starts), NODES))
        width = 0.5**level
        values = self.f(starts[:, None] + width * self.nodes)
        if 2**level * NODES <= SPREAD:  # so many of the spread values lie inside
            count = SPREAD >> level
            inside = (np.arange(count) + 0.5) / count
            first = np.rint(starts * SPREAD).astype(np.int64)
            known = self.spread[first[:, None] + np.arange(count)]
        else:
            inside = (np.arange(NODES) + 0.5) / NODES
            known = self.f(starts[:, None] + width * inside)
        wrong = values @ lagrange(self.nodes, inside) - known
        # Few intervals per level lie at kinks and singularities: they may be wrong by their share.
        share = max(1.0, (2.0**level / (8 * self.digits)) ** 0.5)
        resolved = np.abs(wrong).max(axis=1) <= self.allowed * share
        if width < 1e-14:  # the places are equal in double precision
            resolved[:] = True
        self.error += float(width * np.sum((wrong[resolved] ** 2).mean(axis=1)))
        return resolved, values


def polynomial_step(count: int) -> tuple[Floats, Floats, Floats]:
    """Return nodes in [0, 1], the step to the halves, and the values at the middles of the halves.

    Args:
        count: number m of Chebyshev nodes.

    Returns:
        Nodes (m,); the step, shape (m, 2, m); the middles, shape (m, 2).
    """
    nodes = 0.5 - 0.5 * np.cos((2 * np.arange(count) + 1) * np.pi / (2 * count))
    step = np.stack([lagrange(nodes, (nodes + bit) / 2) for bit in (0, 1)], axis=1)
    middle = np.concatenate([lagrange(nodes, np.array([(0.5 + b) / 2])) for b in (0, 1)], axis=1)
    return nodes, step, middle


def lagrange(nodes: Floats, x: Floats) -> Floats:
    """Return L_k(x), shape (nodes, places), by the barycentric formula."""
    count = len(nodes)
    weights = (-1.0) ** np.arange(count) * np.sin((2 * np.arange(count) + 1) * np.pi / (2 * count))
    away = x[None, :] - nodes[:, None]
    exact = np.isclose(away, 0.0, atol=1e-15)
    away[exact] = 1.0
    terms = weights[:, None] / away
    out: Floats = terms / terms.sum(axis=0)
    hit = exact.any(axis=0)
    out[:, hit] = exact[:, hit]
    return out


def _check_open(count: int, level: int) -> None:
    if count > MAX_OPEN:
        raise ArgumentError(
            f"Argument `function` is no polynomial of degree {NODES - 1} on {count:,} of the "
            f"2^{level} intervals of level {level}: it oscillates or is noise. Take fewer qubits, "
            "a smaller domain or a larger tolerance."
        )
