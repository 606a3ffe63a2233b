"""What a deployed model looks like: fronts of its circuits, a circuit, its place on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtn._checks import bounded_int
from qtn._display import Display, Table
from qtn._figures.axes import axes_of, chosen, only_for
from qtn._figures.palette import ink, style
from qtn.aqc.figure import SIZES, draw_gates
from qtn.aqc.points import ROUNDING
from qtn.devices import Device

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ModelPictures", "model_display"]


class ModelPictures:
    """The pictures of a deployed model."""

    __slots__ = ()

    def plot(
        self: Any,
        ax: Axes | None = None,
        *,
        kind: str = "front",
        i: int = 0,
        observable: Any = None,
    ) -> Axes:
        """Draw the circuits of the model.

        For a confusion matrix, give the model to scikit-learn's
        `ConfusionMatrixDisplay.from_estimator`.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "front", infidelity against two-qubit gates of every circuit, with a ring at the
                one used; "circuit", the gates of one circuit on wires; "layout", where one lies on
                the device, by its error rates.
            i: number of the circuit, for "circuit" and "layout".
            observable: for "circuit": its light cone is drawn in colour.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind, no such circuit, or a device without couplings.
        """
        one = self.compiled[bounded_int("i", i, 0, len(self.compiled) - 1)]
        draw = chosen(kind, {
            "front": lambda axes: draw_fronts(axes, self.compiled),
            "circuit": lambda axes: draw_gates(axes, one.circuit, observable),
            "layout": lambda axes: Device.of(self.device).plot(axes, circuit=one.circuit),
        })  # fmt: skip
        only_for(kind, "circuit", observable=observable)
        found: Axes = draw(axes_of(ax, SIZES.get(kind, (4.8, 3.6))))
        return found


def draw_fronts(ax: Axes, circuits: Any) -> Axes:
    """Draw the fronts of several compiled circuits, with a ring at each circuit."""
    for number, compiled in enumerate(circuits):
        points = sorted(getattr(compiled, "pareto", ()), key=lambda p: p.two_qubit_gates)
        look = style(number)
        gates = [p.two_qubit_gates for p in points]
        lost = [max(p.infidelity, ROUNDING) for p in points]
        ax.plot(gates, lost, ms=4, label=f"circuit {number}", **look)
        own = [compiled.two_qubit_gates], [max(1.0 - compiled.fidelity, ROUNDING)]
        ax.plot(*own, "o", ms=10, mfc="none", mec=ink(ax))
    ax.set(yscale="log", xlabel="two-qubit gates", ylabel="infidelity 1 − F")
    if len(circuits) <= 8:
        ax.legend(frameon=False, fontsize=8)
    return ax


def model_display(model: Any, outputs: str) -> Display:
    """Return what a deployed model shows: what it answers, where it runs, its circuits."""
    techniques = ", ".join(getattr(t, "label", str(t)) for t in model.mitigation)
    rows = [
        ("answers", outputs),
        ("form", type(model.form).__name__),
        ("because", model.why),
        ("qubits", model.n),
        ("device", Device.of(model.device).label),
        ("shots per row and circuit", model.shots),
        ("mitigation", techniques or "none"),
        ("seed", model.seed),
    ]
    circuits = [
        (k, c.two_qubit_gates, c.two_qubit_depth, f"{c.fidelity:.6f}")
        for k, c in enumerate(model.compiled)
    ]
    headings = ("circuit", "2-qubit gates", "2-qubit depth", "fidelity")
    return Display(type(model).__name__, rows, [Table(headings, circuits)])
