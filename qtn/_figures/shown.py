"""Axes, and arrays of axes, that a notebook shows as the picture of their figure.

Figures of pyplot are shown because pyplot keeps them, until they are closed. Ours are kept by
nobody but their axes: these bring their picture themselves.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes

_DPI = 100


class ShownAxes(Axes):
    """Axes of a figure that pyplot does not know."""

    def _repr_png_(self) -> bytes:
        return picture(self)


class Panels(np.ndarray[Any, Any]):
    """An array of axes of one figure."""

    def _repr_png_(self) -> bytes | None:
        return picture(self.flat[0]) if self.size else None


def picture(ax: Axes) -> bytes:
    """Return the figure of some axes as PNG."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return buffer.getvalue()
