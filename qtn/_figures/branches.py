"""A binary tree: leaves in a row, a line per bond, as broad as the logarithm of its dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtn._figures.palette import BLUE, HEAT, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_tree", "places_of"]

_NAMED = 40  # leaves up to which each has its number, and each bond its dimension


def places_of(pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return where the nodes of a tree stand: x of the middle of its leaves, y its height.

    Args:
        pairs: the two children of node n + k, for k = 0 … n - 2; numbers below n are leaves.

    Returns:
        (2n - 1, 2), leaves at height 0 in the order in which the root finds them.

    Example:
        >>> places_of([(0, 2), (3, 1)]).tolist()
        [[0.0, 0.0], [2.0, 0.0], [1.0, 0.0], [0.5, 1.0], [1.25, 2.0]]
    """
    n = len(pairs) + 1
    places = np.zeros((2 * n - 1, 2))
    order, waiting = [], [2 * n - 2]
    while waiting:
        node = waiting.pop()
        if node < n:
            order.append(node)
        else:
            waiting += reversed(pairs[node - n])
    places[order, 0] = np.arange(n)
    for k, (left, right) in enumerate(pairs):
        places[n + k, 0] = 0.5 * (places[left, 0] + places[right, 0])
        places[n + k, 1] = 1 + max(places[left, 1], places[right, 1])
    return places


def draw_tree(
    ax: Axes, pairs: Sequence[tuple[int, int]], bonds: ArrayLike, entropies: ArrayLike
) -> Axes:
    """Draw a tree with its bonds, coloured by the entropy between below and above.

    Args:
        ax: where to draw.
        pairs: the two children of every node, as `qtn.TTN` has them.
        bonds: dimensions of the bonds above the leaves and the nodes but the root, (2n - 2,).
        entropies: across the same bonds, in nats.
    """
    from matplotlib.collections import LineCollection

    n, places = len(pairs) + 1, places_of(pairs)
    chi, found = np.asarray(bonds, float), np.asarray(entropies, float)
    parent = {child: n + k for k, pair in enumerate(pairs) for child in pair}
    sections = [places[[child, parent[child]]] for child in range(2 * n - 2)]
    broad = 1.0 + 1.2 * np.log2(chi)
    ax.add_collection(LineCollection(sections, colors=ink(ax), lw=broad + 1.0, zorder=0.5))
    lines = LineCollection(sections, linewidths=broad, cmap=HEAT, zorder=1)
    lines.set_array(found)
    lines.set_clim(0.0, max(float(found.max(initial=0.0)), 1e-9))
    ax.add_collection(lines)
    ax.figure.colorbar(lines, ax=ax, label="entropy below and above (nats)")
    ax.plot(*places[:n].T, "o", color=ink(ax), ms=3 if n > _NAMED else 5)
    ax.plot(*places[n:].T, "s", color=BLUE, ms=3 if n > _NAMED else 6)
    if n <= _NAMED:
        for child in range(2 * n - 2):
            middle = 0.5 * (places[child] + places[parent[child]])
            ax.annotate(
                f"{chi[child]:.0f}", middle, textcoords="offset points", xytext=(6, 0), fontsize=7
            )
        ax.set_xticks(places[:n, 0], [str(site) for site in range(n)])
    else:
        ax.set_xticks([])
    ax.set_yticks([])
    ax.set(xlabel="site", xlim=(-0.6, n - 0.4), ylim=(-0.4, places[-1, 1] + 0.4))
    ax.set_title("numbers are bond dimensions", fontsize=9)
    ax.spines[:].set_visible(False)
    return ax
