"""A circuit as gates on wires, packed to the left, with the light cone of some qubits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._figures.palette import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["columns_of", "draw_circuit", "light_cone"]

Gates = Sequence[tuple[int, ...]]
_NAMED = 60  # wires up to which each has a line and a number


def light_cone(gates: Gates, qubits: Iterable[int]) -> list[bool]:
    """Return which gates can change what is measured at the end on some qubits.

    All others cancel in U† O U.

    Args:
        gates: the qubits of every gate, in time order.
        qubits: what is measured.

    Example:
        >>> light_cone([(0, 1), (2, 3), (1, 2), (3,)], [0])
        [True, False, False, False]
    """
    reached, inside = set(qubits), []
    for gate in reversed(gates):
        inside.append(not reached.isdisjoint(gate))
        if inside[-1]:
            reached.update(gate)
    return inside[::-1]


def columns_of(gates: Gates) -> list[int]:
    """Return the column of every gate: the first after all gates that its wires cross.

    Example:
        >>> columns_of([(0, 1), (3,), (0, 2), (1,)])
        [0, 0, 1, 2]
    """
    free: dict[int, int] = {}
    columns = []
    for gate in gates:
        wires = range(min(gate), max(gate) + 1)
        column = max(free.get(wire, 0) for wire in wires)
        columns.append(column)
        free.update(dict.fromkeys(wires, column + 1))
    return columns


def draw_circuit(
    ax: Axes, n: int, gates: Gates, inside: Sequence[bool] | None = None, cone: str = "light cone"
) -> Axes:
    """Draw the gates of a circuit, those of a light cone in colour and the others in grey.

    Gates on one qubit are squares, gates on several a line with a dot on each of their qubits.

    Args:
        ax: where to draw.
        n: number of qubits.
        gates: the qubits of every gate, in time order.
        inside: which gates are in the light cone; None draws all alike.
        cone: what the light cone is called in the legend.
    """
    columns = np.array(columns_of(gates) or [0])
    within = np.ones(len(gates), bool) if inside is None else np.asarray(inside, bool)
    last = int(columns.max()) + 1
    if n <= _NAMED:
        ax.hlines(np.arange(n), -0.7, last - 0.3, color=GREY, alpha=0.4, lw=0.8, zorder=0)
    size = float(np.clip(220.0 / max(n, last / 2, 1), 1.5, 6.0))
    outside = "outside: cancels" if inside is not None else ""
    for part, colour, label in ((~within, GREY, outside), (within, BLUE, "")):
        alpha = 0.45 if colour == GREY else 1.0
        _draw_gates(ax, gates, columns, part, (colour, alpha, size), label)
    _draw_ends(ax, gates, within, last, cone if inside is not None else "")
    ax.set(xlabel="time (columns of gates)", ylabel="qubit")
    ax.set(xlim=(-0.9, last - 0.1), ylim=(n - 0.4, -0.6))
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    if inside is not None:
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, 1.16), ncols=2)
    return ax


def _draw_gates(
    ax: Axes, gates: Gates, columns: np.ndarray, part: np.ndarray, look: tuple[str, float, float],
    label: str,
) -> None:  # fmt: skip
    """Draw the gates of a part in one colour."""
    colour, alpha, size = look
    numbers = [int(k) for k in np.flatnonzero(part)]
    singles = [k for k in numbers if len(gates[k]) == 1]
    several = [k for k in numbers if len(gates[k]) > 1]
    style: dict[str, Any] = {"color": colour, "alpha": alpha}
    if several:
        low, high = [min(gates[k]) for k in several], [max(gates[k]) for k in several]
        ax.vlines(columns[several], low, high, lw=0.3 * size, **style)
        dots = np.array([(columns[k], qubit) for k in several for qubit in gates[k]])
        ax.plot(*dots.T, "o", ms=size, label=label or None, mec="none", **style)
    if singles:
        rows = [gates[k][0] for k in singles]
        ax.plot(columns[singles], rows, "s", ms=0.7 * size, mec="none", **style)


def _draw_ends(ax: Axes, gates: Gates, within: np.ndarray, last: int, label: str) -> None:
    """Mark, at the start, the qubits that a light cone has come from."""
    if label:
        reached = sorted({q for gate, inside in zip(gates, within, strict=True) if inside
                          for q in gate})  # fmt: skip
        ax.plot([-0.6] * len(reached), reached, ">", color=ORANGE, ms=5, label=label)
