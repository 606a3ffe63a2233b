"""Which bonds a budget of parameters buys: the layers' kept shares multiplied, as large as can be.

A layer whose outputs are off by a relative squared error e² passes on the share 1 - e² of their
variance, and the next layers what they keep of that: what is made small is Σ -ln(1 - e²) over the
layers (with weights where a profile has measured them).

Every layer has a path: bonds of 1 at first, each step raises the bond that discards the most per
parameter it adds, and at the end stands the layer's own matrix. All layers start at the beginning;
the stretch of any path on which the sum falls most per parameter, and which still fits, is taken,
until none does. Stretches of many steps count too, so that a flat piece hides nothing behind it.

Reference: adaptive bonds by layer as in Tomut et al., arXiv:2401.14109, who profile by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.applications.compression.layout import Layout, count, possible
from qtn.errors import ArgumentError

Bonds = tuple[int, ...]
Array = NDArray[np.floating[Any]]
# Points of a path at which the true error is computed; between them its ratio to the estimate is
# interpolated.
ANCHORS = 6
# The share that a layer keeps is at least this: estimates of errors may exceed the whole.
LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class Path:
    """Bonds of one layer from the smallest to its own matrix.

    Args:
        bonds: at every point; None at the last, which is the matrix itself.
        prices: parameters at every point, rising.
        errors: relative squared error at every point, 0 at the last.
    """

    bonds: tuple[Bonds | None, ...]
    prices: NDArray[np.int64]
    errors: Array


def path_of(
    layout: Layout,
    spectra: Sequence[Array],
    error: Callable[[Bonds], float] | None = None,
    limit: int | None = None,
) -> Path:
    """Return the path of a layer.

    Args:
        layout: of its cores.
        spectra: singular values at every cut; Σ_cuts Σ_discarded σ² estimates the squared error.
        error: the true relative squared error at some bonds; None takes the estimate.
        limit: parameters beyond which true errors are not computed.

    Cost: cuts per step, and `ANCHORS` true errors.
    """
    rows, columns = layout.shape
    # Σ of what is discarded at a cut when j values are kept, relative to the whole.
    tails = [np.append(np.cumsum(s[::-1] ** 2)[::-1], 0.0) for s in spectra]
    whole = max(float(tails[0][0]), np.finfo(float).tiny)
    bonds: list[Bonds | None] = []
    lost: list[float] = []
    now: Bonds | None = tuple(1 for _ in spectra)
    while now is not None and count(layout, now) < rows * columns:
        bonds.append(now)
        lost.append(sum(float(tail[b]) for tail, b in zip(tails, now)) / whole)
        now = _raised(layout, now, tails)
    errors = np.array(lost)
    prices = [count(layout, b) for b in bonds if b is not None]
    if error is not None and bonds:
        reached = np.searchsorted(prices, prices[-1] if limit is None else limit, "right")
        at = np.unique(np.geomspace(1, max(int(reached), 1), ANCHORS).astype(int)) - 1
        ratios = [error(bonds[k]) / max(lost[k], np.finfo(float).tiny) for k in at]
        errors = errors * np.interp(np.arange(len(bonds)), at, ratios)
    return Path((*bonds, None), np.array([*prices, rows * columns]), np.append(errors, 0.0))


def _raised(layout: Layout, bonds: Bonds, tails: Sequence[Array]) -> Bonds | None:
    """Return the bonds after the step that keeps the most per parameter; None if none is left."""
    best, worth = None, 0.0
    for k, tail in enumerate(tails):
        raised = (*bonds[:k], bonds[k] + 1, *bonds[k + 1 :])
        if bonds[k] + 1 < len(tail) and possible(layout, raised) == raised:
            price = count(layout, raised) - count(layout, bonds)
            gain = float(tail[bonds[k]] - tail[bonds[k] + 1]) / price
            if gain > worth:
                best, worth = raised, gain
    return best


def allotted(
    paths: Mapping[str, Path], weights: Mapping[str, float], budget: int
) -> dict[str, Bonds | None]:
    """Return the bonds of every layer; None leaves a layer its own matrix.

    Args:
        paths: name -> path.
        weights: name -> what a relative squared error of 1 costs the network.
        budget: parameters that all their weights may have together.

    Raises:
        ArgumentError: the budget is below the beginning of all paths.

    Cost: the points of all paths per stretch taken.
    """
    places = dict.fromkeys(paths, 0)
    left = budget - sum(int(path.prices[0]) for path in paths.values())
    if left < 0:
        raise ArgumentError(
            f"Argument `parameters` is {-left} below the smallest cores: bonds of 1 in all layers. "
            "Give a larger budget, or layouts with more cores."
        )
    while True:
        stretches = [(*_stretch(paths[n], k, left, weights[n]), n) for n, k in places.items()]
        worth, end, name = max(stretches, default=(0.0, 0, ""))
        if worth <= 0.0:
            return {n: path.bonds[places[n]] for n, path in paths.items()}
        left -= int(paths[name].prices[end] - paths[name].prices[places[name]])
        places[name] = end


def _stretch(path: Path, start: int, left: int, weight: float) -> tuple[float, int]:
    """Return the fall of -ln(1 - e²) per parameter, and the end, of the best stretch that fits."""
    prices = path.prices[start + 1 :] - path.prices[start]
    fitting = prices <= left
    if not fitting.any():
        return 0.0, start
    losses = -np.log(np.maximum(1.0 - path.errors[start:], LEAST))
    worth = weight * (losses[0] - losses[1:][fitting]) / np.maximum(prices[fitting], 1e-9)
    best = int(np.argmax(worth))
    return float(worth[best]), start + 1 + best
