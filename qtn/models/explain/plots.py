"""Pictures of what `qtn.models.explain.information` computes, one function per quantity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qtn.models.explain import information

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qtn.states import MPS


def plot_marginals(
    state: MPS, shape: Sequence[int] | None = None, axes: Axes | None = None
) -> Axes:
    """Draw the distribution of every feature: as an image of p(1) with `shape`, else as a map.

    Args:
        state: a matrix product state.
        shape: (height, width), for features that are pixels of two levels.
        axes: where to draw; None makes a figure.

    Returns:
        The axes.
    """
    found, ax = information.marginals(state), _axes(axes)
    if shape is not None:
        picture = np.array([p[1] if len(p) > 1 else 0.0 for p in found]).reshape(shape)
        _picture(ax, picture, "probability of value 1")
        return ax
    table = np.zeros((max(map(len, found)), len(found)))
    for i, p in enumerate(found):
        table[: len(p), i] = p
    _picture(ax, table, "probability")
    ax.set(xlabel="feature", ylabel="value")
    return ax


def plot_entropies(state: MPS, axes: Axes | None = None) -> Axes:
    """Draw the entropy of every cut as bars, and of every site as points, in nats."""
    ax = _axes(axes)
    cuts = information.cut_entropies(state)
    ax.bar(np.arange(len(cuts)) + 0.5, cuts, label="cut")
    ax.plot(information.site_entropies(state), "o", color="black", label="site")
    ax.set(xlabel="feature", ylabel="von Neumann entropy (nats)")
    ax.legend()
    return ax


def plot_information(state: MPS, kind: str = "quantum", axes: Axes | None = None) -> Axes:
    """Draw the mutual information of all pairs of features, in nats; see `information`."""
    ax = _axes(axes)
    found = information.mutual_information(state, kind)
    _picture(ax, found - np.diag(np.diag(found)), f"{kind} mutual information (nats)")
    ax.set(xlabel="feature", ylabel="feature")
    return ax


def plot_anomaly(
    state: MPS,
    row: ArrayLike,
    names: Sequence[str] | None = None,
    count: int = 10,
    axes: Axes | None = None,
) -> Axes:
    """Draw the features that surprise most in one row, in nats.

    Args:
        state: a matrix product state.
        row: integers, shape (sites,).
        names: of the features.
        count: how many features to draw.
        axes: where to draw; None makes a figure.

    Returns:
        The axes.

    Raises:
        ArgumentError: another shape, or values outside the levels.
    """
    ax = _axes(axes)
    found = information.anomaly(state, np.asarray(row)[None])
    causes = found.causes(0, count)[::-1]
    labels = [str(i if names is None else names[i]).replace("$", r"\$") for i, _ in causes]
    ax.barh(range(len(causes)), [nats for _, nats in causes], tick_label=labels)
    ax.set(xlabel="-log p(feature | all others) (nats)", title=f"score {found.score[0]:.1f} nats")
    return ax


def _axes(axes: Axes | None) -> Axes:
    import matplotlib.pyplot as plt

    return plt.subplots()[1] if axes is None else axes


def _picture(ax: Axes, values: Any, label: str) -> None:
    image = ax.imshow(values, aspect="auto" if values.shape[0] != values.shape[1] else "equal")
    ax.figure.colorbar(image, ax=ax, label=label)
