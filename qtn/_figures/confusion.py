"""Confusion matrices, by the display of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from qtn._figures.axes import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_confusion"]

_NUMBERED = 6  # classes up to which counts are written


def draw_confusion(ax: Axes, labels: ArrayLike, predictions: ArrayLike, classes: ArrayLike) -> Axes:
    """Draw how often each class was taken for each.

    Args:
        ax: where to draw.
        labels: the true classes of the rows.
        predictions: the classes that a model gave them.
        classes: all classes, in the order of the axes.
    """
    from sklearn.metrics import ConfusionMatrixDisplay

    names = [plain(c) for c in classes]  # type: ignore[union-attr]
    ConfusionMatrixDisplay.from_predictions(
        labels, predictions, labels=classes, display_labels=names, ax=ax, cmap="Blues",
        colorbar=False, include_values=len(names) <= _NUMBERED,
    )  # fmt: skip
    ax.images[0].set_clim(vmin=0)
    ax.set(xlabel="predicted class", ylabel="true class")
    return ax
