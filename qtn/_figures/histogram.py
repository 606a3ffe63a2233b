"""Outcomes of measurements as shares of the shots, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.palette import BLUE, CYCLE, GREY, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_classes", "draw_histogram"]

_UPRIGHT = 60  # characters of all labels together that stand side by side
_LONGEST = 20  # characters of an outcome; longer ones are cut in the middle


def draw_histogram(
    ax: Axes,
    outcomes: Sequence[str],
    shares: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    ylabel: str = "share of the shots",
    rest: int = 0,
) -> Axes:
    """Draw a bar per outcome with its interval.

    Args:
        ax: where to draw.
        outcomes: bit strings, one per bar.
        shares: their relative frequencies; those of the last `rest` bars are drawn in grey.
        low: lower ends of their intervals.
        high: upper ends.
        ylabel: what the shares and their intervals are.
        rest: how many of the last bars stand for several outcomes.
    """
    found = np.asarray(shares, float)
    ends = np.maximum([found - np.asarray(low), np.asarray(high) - found], 0.0)
    places = np.arange(len(found))
    colours = [BLUE] * (len(found) - rest) + [GREY] * rest
    ax.bar(places, found, color=colours, width=0.75)
    ax.errorbar(places, found, yerr=ends, fmt="none", ecolor=ink(ax), capsize=2, elinewidth=1)
    labels = [_short(text) for text in outcomes]
    upright = sum(map(len, labels)) + 2 * len(labels) <= _UPRIGHT
    ax.set_xticks(places, labels, rotation=0 if upright else 90, family="monospace", size=8)
    ax.set(xlabel="outcome", ylabel=ylabel)
    ax.set_ylim(bottom=0.0)
    return ax


def draw_classes(
    ax: Axes, classes: Sequence[str], counts: Mapping[str, ArrayLike], *, xlabel: str = "class",
    ylabel: str = "rows",
) -> Axes:  # fmt: skip
    """Draw how many rows each part holds of every class, bars of a class side by side.

    Args:
        ax: where to draw.
        classes: labels.
        counts: by part ("train", "test"), rows per class.
        xlabel: what a class is.
        ylabel: what is counted.
    """
    width = 0.8 / len(counts)
    places = np.arange(len(classes))
    for number, (name, rows) in enumerate(counts.items()):
        shift = (number - 0.5 * (len(counts) - 1)) * width
        ax.bar(places + shift, np.asarray(rows), width, color=CYCLE[number], label=name)
    ax.set_xticks(places, list(classes))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(counts) > 1:
        ax.legend(frameon=False, fontsize=8)
    return ax


def _short(text: str) -> str:
    half = (_LONGEST - 1) // 2
    return text if len(text) <= _LONGEST else f"{text[:half]}…{text[-half:]}"
