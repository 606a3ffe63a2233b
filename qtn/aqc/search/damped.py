"""Least squares with damping, for systems that have a solution: Levenberg and Marquardt.

A step x solves (JᵀJ + λ) x = -Jᵀr, in the space of parameters or of equations, whichever is the
smaller. λ follows the gain: the ratio of what a step gained to what the linear model promised.
Near a solution the residual falls as its square.

Reference: Nielsen, Damping Parameter in Marquardt's Method, IMM-REP-1999-05, for λ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

LONGEST = 1.5  # largest entry of a step, in radian
FIRST = 0.1  # damping at the start, for residuals of about 1
ROUNDS = 12  # steps that may be refused in a row
SLOW, PATIENCE = 0.5, 25  # a search that gains less than this factor in so many steps is given up


class System(Protocol):
    """Equations r(gates) = 0 and the directions in which gates may move."""

    def residual(self, gates: np.ndarray) -> np.ndarray:
        """Return r, real."""
        ...

    def jacobian(self, gates: np.ndarray) -> np.ndarray:
        """Return the derivatives (parameters, equations)."""
        ...

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the gates after a step (parameters,)."""
        ...


def solved(
    system: System,
    gates: np.ndarray,
    steps: int,
    goal: float,
    over: Callable[[], bool] = lambda: False,
) -> tuple[np.ndarray, float]:
    """Return gates of small |r|² and its value.

    Args:
        system: the equations.
        gates: where to start.
        steps: how many at most.
        goal: |r|² at which to stop.
        over: whether to stop for another reason.
    """
    value = _square(r := system.residual(gates))
    damping, trace = FIRST, [value]
    for _ in range(steps):
        if value <= goal or over():
            break
        found = _step(system, gates, r, value, damping)
        if found is None:
            break
        gates, r, damping = found
        value = _square(r)
        trace.append(value)
        if len(trace) > PATIENCE and value > SLOW * trace[-PATIENCE]:
            break
    return gates, value


def _step(
    system: System, gates: np.ndarray, r: np.ndarray, value: float, damping: float
) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Return gates after a step that gains, their residual and the next damping; None if none."""
    jacobian, growth = system.jacobian(gates), 2.0
    dual = len(jacobian) > len(r)
    square = jacobian.T @ jacobian if dual else jacobian @ jacobian.T
    for _ in range(ROUNDS):
        try:
            factor = cho_factor(square + damping * np.eye(len(square)), check_finite=False)
        except LinAlgError:
            damping, growth = damping * growth, 2.0 * growth
            continue
        if dual:
            step = -jacobian @ cho_solve(factor, r, check_finite=False)
        else:
            step = -cho_solve(factor, jacobian @ r, check_finite=False)
        if np.abs(step).max() <= LONGEST:
            trial = system.moved(gates, step)
            after = system.residual(trial)
            promised = value - _square(r + step @ jacobian)
            gain = min((value - _square(after)) / max(promised, 1e-300), 1.0)
            if gain > 0.0:
                return trial, after, damping * max(0.2, 1.0 - (2.0 * gain - 1.0) ** 3)
        damping, growth = damping * growth, 2.0 * growth
    return None


def _square(r: np.ndarray) -> float:
    return float(np.dot(r, r))
