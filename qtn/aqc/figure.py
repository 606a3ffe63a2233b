"""The front of a compilation, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtn._checks import instance
from qtn.aqc.points import ROUNDING, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#9ca3af"  # Okabe and Ito's


def draw_front(
    pareto: Sequence[Point], gates: int, infidelity: float, basis: str, ax: Axes | None = None
) -> Axes:
    """Draw infidelity, on a logarithmic axis, against two-qubit gates.

    Args:
        pareto: the front; points that another beats in gates and infidelity, kept for their small
            depth, are grey.
        gates: of the circuit that is marked.
        infidelity: of the circuit that is marked.
        basis: name of the two-qubit gate.
        ax: axes to draw on; None makes a figure.
    """
    from matplotlib import axes as mpl_axes
    from matplotlib import pyplot as plt

    if ax is not None:
        instance("ax", ax, mpl_axes.Axes, "the axes of a figure of matplotlib")
    axes = plt.subplots()[1] if ax is None else ax
    lower: list[Point] = []
    for point in pareto:
        if not lower or point.infidelity < lower[-1].infidelity:
            lower.append(point)
    deeper = [p for p in pareto if all(p is not q for q in lower)]
    for points, colour, marker, line, label in (
        (lower, BLUE, "o", "-", "fewest gates"),
        (deeper, GREY, "s", "", "less depth"),
    ):
        if points:
            values = [max(p.infidelity, ROUNDING) for p in points]
            gates_of = [p.two_qubit_gates for p in points]
            axes.plot(gates_of, values, color=colour, marker=marker, ls=line, label=label)
    marked = max(infidelity, ROUNDING)
    axes.plot([gates], [marked], color=ORANGE, marker="*", ms=16, ls="", label="this circuit")
    axes.set(yscale="log", xlabel=f"{basis.upper()} gates", ylabel="infidelity")
    axes.legend()
    return axes
