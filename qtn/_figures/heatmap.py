"""Numbers over two axes as colours, with the bar that says which colour is which number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.palette import HEAT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_field", "draw_matrix", "draw_rows", "mosaic_size"]


def draw_matrix(
    ax: Axes, matrix: ArrayLike, label: str, *, xlabel: str = "", ylabel: str = ""
) -> Axes:
    """Draw a matrix, its first row on top.

    Args:
        ax: where to draw.
        matrix: two axes, (rows, columns).
        label: what the numbers are, with their unit.
        xlabel: what a column is.
        ylabel: what a row is.
    """
    values = np.asarray(matrix)
    square = values.shape[0] == values.shape[1]
    image = ax.imshow(values, aspect="equal" if square else "auto", cmap=HEAT)
    ax.figure.colorbar(image, ax=ax, label=label)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def draw_field(
    ax: Axes, x: ArrayLike, y: ArrayLike, values: ArrayLike, label: str, *, xlabel: str, ylabel: str
) -> Axes:
    """Draw numbers over two quantities.

    Args:
        ax: where to draw.
        x: places along the first axis of `values`.
        y: places along the second.
        values: (x, y).
        label: what the numbers are, with their unit.
        xlabel: what x is, with its unit.
        ylabel: what y is, with its unit.
    """
    field = np.asarray(values).T
    drawn = ax.pcolormesh(np.asarray(x), np.asarray(y), field, shading="nearest", cmap=HEAT)
    ax.figure.colorbar(drawn, ax=ax, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def mosaic_size(count: int, abreast: int = 8) -> tuple[float, float]:
    """Return the size of a figure, in inches, that so many images of `draw_rows` fill."""
    return 0.6 * min(abreast, max(count, 4)), 0.7 * -(-count // abreast)


def draw_rows(
    ax: Axes, rows: ArrayLike, shape: Sequence[int], titles: Sequence[str] = (), *, abreast: int = 8
) -> Axes:
    """Draw rows that are images as one mosaic, others as the rows of a matrix.

    Args:
        ax: where to draw.
        rows: (rows, features), values in [0, 1].
        shape: of the image that a row is; one number if it is none.
        titles: what stands above the images.
        abreast: images in a line.
    """
    found = np.asarray(rows, float)
    if len(shape) != 2:
        return draw_matrix(ax, found, "value", xlabel="feature", ylabel="row")
    height, width = shape
    gap = max(1, round(0.15 * max(height, width)))
    lines = -(-len(found) // abreast)
    mosaic = np.full((lines * (height + gap), min(abreast, len(found)) * (width + gap)), np.nan)
    for k, row in enumerate(found):
        top, left = (k // abreast) * (height + gap), (k % abreast) * (width + gap)
        mosaic[top + gap : top + gap + height, left : left + width] = row.reshape(height, width)
        if k < len(titles):
            ax.text(
                left + 0.5 * width - 0.5, top + gap - 0.6, titles[k],
                ha="center", va="bottom", fontsize=7,
            )  # fmt: skip
    ax.imshow(mosaic, cmap=HEAT, vmin=0.0, vmax=1.0)
    ax.set_axis_off()
    return ax
