"""The search for angles: near the identity, or towards a tensor network first; then downhill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from qtn._random import generator
from qtn.applications.spins.ansatz import Ansatz

Floats = NDArray[np.float64]
SPREAD = 0.1  # of the first angles, in radian: on the identity itself some have no slope
MEMORY = 30
_TOLD = 1e-14


def first_angles(ansatz: Ansatz, seed: int) -> Floats:
    """Return angles near the identity."""
    return generator(seed, "angles").normal(scale=SPREAD, size=ansatz.angles)


def descended(
    function: Callable[[Floats], tuple[float, Floats]], start: Floats, steps: int,
    watch: Callable[[float], Any], scale: float = 1.0,
) -> tuple[Floats, float]:  # fmt: skip
    """Return the angles of the least value seen, and the value; never above that of the start.

    Args:
        function: a value and its gradient.
        start: where it begins.
        steps: of L-BFGS.
        watch: told the value after every step.
        scale: of the values: when the search is at its end is judged in its units.
    """
    best: tuple[float, Floats] = (float("inf"), start)

    def kept(angles: Floats) -> tuple[float, Floats]:
        nonlocal best
        value, slope = function(angles)
        if value < best[0]:
            best = (value, angles.copy())
        return value / scale, slope / scale

    def told(intermediate_result: Any) -> None:
        watch(scale * float(intermediate_result.fun))

    options = {
        "maxiter": steps, "maxfun": 4 * steps + 20, "maxcor": MEMORY, "ftol": _TOLD, "gtol": 1e-9,
    }  # fmt: skip
    minimize(kept, start, jac=True, method="L-BFGS-B", options=options, callback=told)
    return best[1], best[0]
