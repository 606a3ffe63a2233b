"""Pictures of what `qtn.models.explain.information` computes, one function per quantity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.axes import axes_of, plain
from qtn._figures.heatmap import draw_matrix
from qtn._figures.palette import BLUE
from qtn._figures.profile import draw_profile
from qtn.models.explain import information

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qtn.states import MPS


def plot_marginals(state: MPS, shape: Sequence[int] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the distribution of every feature: as an image of p(1) with `shape`, else as a map.

    Args:
        state: a matrix product state.
        shape: (height, width), for features that are pixels of two levels.
        ax: where to draw; None makes a figure.

    Returns:
        The axes.
    """
    found = information.marginals(state)
    if shape is not None:
        picture = np.array([p[1] if len(p) > 1 else 0.0 for p in found]).reshape(shape)
        return draw_matrix(axes_of(ax), picture, "probability of value 1")
    table = np.zeros((max(map(len, found)), len(found)))
    for i, p in enumerate(found):
        table[: len(p), i] = p
    return draw_matrix(axes_of(ax), table, "probability", xlabel="feature", ylabel="value")


def plot_entropies(state: MPS, ax: Axes | None = None) -> Axes:
    """Draw the entropy of every cut, below what its bond could hold, and of every site, in nats.

    Args:
        state: a matrix product state.
        ax: where to draw; None makes a figure.

    Returns:
        The axes.
    """
    sites = information.site_entropies(state)
    return draw_profile(axes_of(ax), information.cut_entropies(state), state.bonds, sites)


def plot_information(state: MPS, kind: str = "quantum", ax: Axes | None = None) -> Axes:
    """Draw the mutual information of all pairs of features, in nats.

    Args:
        state: a matrix product state.
        kind: see `information.mutual_information`.
        ax: where to draw; None makes a figure.

    Returns:
        The axes.
    """
    found = information.mutual_information(state, kind)
    np.fill_diagonal(found, np.nan)  # the entropy of a site is no information about another
    label = f"{kind} mutual information (nats)"
    return draw_matrix(axes_of(ax), found, label, xlabel="feature", ylabel="feature")


def plot_anomaly(
    state: MPS,
    row: ArrayLike,
    names: Sequence[str] | None = None,
    count: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw the features that surprise most in one row, in nats.

    Args:
        state: a matrix product state.
        row: integers, shape (sites,).
        names: of the features.
        count: how many features to draw.
        ax: where to draw; None makes a figure.

    Returns:
        The axes.

    Raises:
        ArgumentError: another shape, or values outside the levels.
    """
    found, axes = information.anomaly(state, np.asarray(row)[None]), axes_of(ax)
    causes = found.causes(0, count)[::-1]
    labels = [plain(i if names is None else names[i]) for i, _ in causes]
    axes.barh(range(len(causes)), [nats for _, nats in causes], tick_label=labels, color=BLUE)
    axes.set(xlabel="−ln p(feature | all others) (nats)", title=f"score {found.score[0]:.1f} nats")
    return axes
