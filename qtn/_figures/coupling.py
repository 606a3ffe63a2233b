r"""The qubits of a device and their couplings, by error rate, with the qubits that a circuit uses.

No device tells where its qubits lie, so they are placed by their distances along the couplings:
positions x minimise the stress

.. math:: \sum_{i<j} d_{ij}^{-2} (\|x_i - x_j\| - d_{ij})^2

by majorisation, starting from classical scaling; the longer direction lies level. A lattice of a
plane comes out as itself.

Reference: Gansner, Koren and North, "Graph drawing by stress majorization", GD 2004, equation 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._figures.palette import GREY, HEAT, ORANGE, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_coupling", "positions"]

_ROUNDS = 60
_NAMED = 30  # qubits up to which each shows its number
Pair = tuple[int, int]


def positions(n: int, couplings: Sequence[Pair]) -> np.ndarray:
    """Return places (n, 2) of the qubits of a coupling map.

    Args:
        n: number of qubits.
        couplings: pairs of them.

    Cost: n³, some 0.1 s for 150 qubits.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import shortest_path

    if n == 1:
        return np.zeros((1, 2))
    ends = np.array(couplings, int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), tuple(ends.T)), shape=(n, n))
    far = shortest_path(graph.tocsr(), directed=False, unweighted=True)
    apart = far[np.isfinite(far)].max(initial=1.0) + 1.0  # between parts that nothing joins
    far = np.where(np.isfinite(far), far, apart)
    middle = np.eye(n) - 1.0 / n
    values, vectors = np.linalg.eigh(-0.5 * middle @ far**2 @ middle)
    places = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-9))
    weights = 1.0 / (far + np.eye(n)) ** 2 * (1.0 - np.eye(n))
    laplacian = np.diag(weights.sum(1)) - weights
    solver = np.linalg.pinv(laplacian)
    for _ in range(_ROUNDS):
        lengths = np.linalg.norm(places[:, None] - places, axis=-1)
        pull = -weights * far / np.where(lengths > 1e-9, lengths, np.inf)
        pull -= np.diag(pull.sum(1))
        places = solver @ (pull @ places)
    turned = np.linalg.svd(places - places.mean(0), full_matrices=False)[2]
    return np.asarray((places - places.mean(0)) @ turned.T)


def draw_coupling(
    ax: Axes,
    qubit_errors: Sequence[float],
    coupling_errors: Mapping[Pair, float],
    used: Mapping[int, str] | None = None,
    paths: Sequence[Pair] = (),
) -> Axes:
    """Draw qubits and couplings by their errors, and what a circuit uses of them.

    Args:
        ax: where to draw.
        qubit_errors: of the readout of every qubit; NaN where it is not told.
        coupling_errors: of the two-qubit gates, by pair; NaN where it is not told.
        used: by qubit of the device, what is written on it; None for no circuit.
        paths: pairs on which the circuit has gates.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LogNorm

    n, pairs = len(qubit_errors), list(coupling_errors)
    places = positions(n, pairs)
    marks, rates = used or {}, np.array(list(coupling_errors.values()), float)
    width = 2.6 if n <= _NAMED else 1.8
    if paths:
        ax.add_collection(
            LineCollection(
                [places[list(p)] for p in paths], colors=ORANGE, lw=3.5 * width, zorder=1
            )
        )
    sections = [places[list(p)] for p in pairs]
    # A rim in the colour of the text: no background swallows the ends of the scale of colours.
    ax.add_collection(LineCollection(sections, colors=ink(ax), lw=width + 1.0, zorder=1.5))
    lines = LineCollection(sections, lw=width, cmap=HEAT, zorder=2)
    _coloured(lines, rates, LogNorm)
    ax.add_collection(lines)
    edges = [ORANGE if q in marks else ink(ax) for q in range(n)]
    widths = [2.2 if q in marks else 0.4 for q in range(n)]
    size = float(np.clip(4000.0 / n, 26.0, 190.0))
    dots = ax.scatter(
        places[:, 0], places[:, 1], s=size, cmap=HEAT, c=np.zeros(n), edgecolors=edges,
        linewidths=widths, zorder=3,
    )  # fmt: skip
    _coloured(dots, np.array(qubit_errors, float), LogNorm)
    _write(ax, places, dots, marks, n)
    for drawn, told, label in (
        (lines, rates, "error of two-qubit gates"),
        (dots, np.array(qubit_errors, float), "error of readout"),
    ):
        if np.isfinite(told).any():
            ax.figure.colorbar(drawn, ax=ax, label=label, shrink=0.8, pad=0.02)
    # Qubits of a line have no height: the limits give way, not the axes.
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0.06)
    ax.set_axis_off()
    return ax


def _coloured(drawn: Any, rates: np.ndarray, norm: Any) -> None:
    """Colour by the logarithm of the rates; those that are not told, or are 0, are grey."""
    told = rates[np.isfinite(rates) & (rates > 0)]
    if not len(told):
        drawn.set_array(None)
        drawn.set_color(GREY)
        return
    drawn.set_array(np.ma.masked_invalid(np.where(rates > 0, rates, np.nan)))
    drawn.set_norm(norm(told.min(), max(told.max(), told.min() * 1.001)))
    drawn.set_cmap(drawn.cmap.with_extremes(bad=GREY))


def _write(ax: Axes, places: np.ndarray, dots: Any, marks: Mapping[int, str], n: int) -> None:
    """Write on the qubits: what was asked for, and the others' numbers where there is room."""
    shades = np.atleast_2d(dots.to_rgba(dots.get_array())) if dots.get_array() is not None else None
    for qubit in range(n):
        text = marks.get(qubit, str(qubit) if n <= _NAMED and not marks else "")
        if text:
            dark = shades is not None and shades[qubit, :3] @ (0.3, 0.6, 0.1) < 0.5
            ax.text(
                places[qubit, 0], places[qubit, 1], text, ha="center", va="center", zorder=4,
                fontsize=7 if n <= _NAMED else 5, color="white" if dark else "black",
            )  # fmt: skip
