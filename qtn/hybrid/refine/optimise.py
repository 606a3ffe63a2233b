r"""Minimisation of any function of the gates of circuits: L-BFGS in exponential coordinates.

Gates move by :math:`G \to e^X G` (see `qtn.hybrid.refine.gates` for those that keep their class);
X is measured at the identity each time, so that curvature pairs are kept without transport.
Steps are shortened until the function falls by a fraction of what its slope promises.

Reference: Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1; here on a product of
groups, without transport.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from qtn._checks import flag, positive_int
from qtn.aqc.search.hessian.curvature import Curvature
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError
from qtn.hybrid.refine.gates import Gates, Matrices, Vector

MEMORY = 20  # curvature pairs
FIRST, LONGEST = 0.1, 0.8  # largest entry of the first step and of any step, in radian
TRIALS = 12  # of one step, each shorter than the one before
FALL = 1e-4  # share of the promised fall that a step must reach

ValueAndGradient = Callable[[Matrices], tuple[float, Matrices]]
Watch = Callable[[int, float, Matrices], bool]


def minimise(
    blocks: Sequence[Blocks],
    value_and_gradient: ValueAndGradient,
    *,
    steps: int,
    watch: Watch | None = None,
    judge: Callable[[Matrices], float] | None = None,
    patience: int = 15,
    opened: bool = False,
) -> list[Blocks]:
    """Return circuits whose gates make a function small; none takes more CX than before.

    Args:
        blocks: the circuits.
        value_and_gradient: called with the matrices of every circuit in time order, gives the
            function L and for every matrix ∂L/∂conj(G); where the matrix is real, ∂L/∂G.
        steps: how many at most.
        watch: told the number of steps done, the value and the matrices, at the start and after
            every step; returns whether to stop.
        judge: what decides between the gates seen on the way, the smaller the better, for instance
            the loss on other rows; None for the function itself.
        patience: steps without a better judgement after which to stop.
        opened: let every block on two sites move freely within SO(4) or U(4), also one that takes
            fewer CX than others: for starts such as the identity.

    Returns:
        The circuits that were judged best, the given ones if none is better.

    Raises:
        ArgumentError: a value that is not finite where the search begins.

    Cost: about one call of `value_and_gradient` per step, one of `judge`.

    Example:
        >>> c, s = np.cos(0.3), np.sin(0.3)
        >>> start = Blocks(1, (((0,), np.array([[c, -s], [s, c]])),))
        >>> def stays(matrices):  # the probability of |0>, and its derivative
        ...     (g,), slope = matrices[0], np.zeros((2, 2))
        ...     slope[0, 0] = 2.0 * g[0, 0]
        ...     return g[0, 0] ** 2, [[slope]]
        >>> (found,) = minimise([start], stays, steps=20)
        >>> bool(abs(found.gates[0][1][0, 0]) < 1e-6)
        True
    """
    positive_int("steps", steps)
    positive_int("patience", patience)
    flag("opened", opened)
    here = Gates.of(blocks, opened)
    matrices = here.matrices()
    value, slopes = value_and_gradient(matrices)
    if not math.isfinite(value):
        raise ArgumentError(
            f"The loss is {value} where refinement begins, but it must be finite: begin with "
            "circuits for which it is."
        )
    kept = _Kept(here, judge, patience, value, matrices)
    gradient, pairs = here.gradient(slopes), Curvature(MEMORY)
    if watch is not None and watch(0, value, matrices):
        return list(blocks)
    for step in range(1, steps + 1):
        found = _step(here, value, gradient, pairs, value_and_gradient)
        if found is None:
            break
        here, value, gradient, matrices = found
        stop = kept.judged(here, value, matrices)
        if (watch is not None and watch(step, value, matrices)) or stop:
            break
    return kept.best.circuits() if kept.moved else list(blocks)


class _Kept:
    """The gates judged best so far."""

    def __init__(
        self,
        start: Gates,
        judge: Callable[[Matrices], float] | None,
        patience: int,
        value: float,
        matrices: Matrices,
    ) -> None:
        self.best, self.moved = start, False
        self._judge, self._patience, self._waited = judge, patience, 0
        self._lowest = value if judge is None else judge(matrices)

    def judged(self, gates: Gates, value: float, matrices: Matrices) -> bool:
        """Judge gates; return whether none has been better for too long."""
        found = value if self._judge is None else self._judge(matrices)
        self._waited += 1
        if found < self._lowest:
            self.best, self._lowest, self.moved, self._waited = gates, found, True, 0
        return self._waited >= self._patience


def _step(
    here: Gates,
    value: float,
    gradient: Vector,
    pairs: Curvature,
    value_and_gradient: ValueAndGradient,
) -> tuple[Gates, float, Vector, Matrices] | None:
    """Return gates of a smaller value, the value, its gradient and the matrices; None if none."""
    while True:
        direction = pairs.direction(gradient)
        slope = float(gradient @ direction)
        if slope >= 0.0:  # also where the gradient vanishes
            return None
        largest = float(np.abs(direction).max())
        length = min(1.0, LONGEST / largest) if len(pairs) else FIRST / largest
        for _ in range(TRIALS):
            there = here.moved(length * direction)
            matrices = there.matrices()
            found, slopes = value_and_gradient(matrices)
            if math.isfinite(found) and found <= value + FALL * length * slope:
                after = there.gradient(slopes)
                pairs.add(length * direction, after - gradient)
                return there, found, after, matrices
            length *= _shorter(value, found, length * slope)
        if not len(pairs):
            return None
        pairs.clear()


def _shorter(value: float, found: float, promised: float) -> float:
    """Return by how much to shorten a step: to the minimum of a parabola, within limits."""
    if not math.isfinite(found):
        return 0.1
    return min(max(-0.5 * promised / (found - value - promised), 0.1), 0.5)
