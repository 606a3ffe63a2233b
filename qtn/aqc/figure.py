"""What a compilation looks like: its front, its history, its circuit, its place on a device."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtn._checks import bounded_int, choice
from qtn._figures.axes import axes_of, chosen, only_for
from qtn._figures.curves import draw_curves
from qtn._figures.diagram import draw_circuit, light_cone
from qtn._optional import data_frame
from qtn.aqc.points import ROUNDING
from qtn.errors import ArgumentError
from qtn.interop.observables import products_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from qiskit import QuantumCircuit

__all__ = ["Drawn", "draw_gates"]

SIZES = {"layout": (6.4, 4.2), "circuit": (6.4, 4.2)}  # inches; others are smaller


class Drawn:
    """The pictures and the frames of a compiled circuit."""

    __slots__ = ()

    def plot(
        self: Any,
        ax: Axes | None = None,
        *,
        kind: str = "front",
        observable: Any = None,
        device: Any = None,
        seed: int = 0,
    ) -> Axes:
        """Draw the front, the history, the circuit, or where it lies on a device.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "front", infidelity against two-qubit gates, with this circuit as a star;
                "history", infidelity over CPU seconds; "circuit", its gates on wires; "layout",
                the qubits and couplings that it uses on a device, by their error rates.
            observable: for "circuit": its light cone is drawn in colour, and in grey the gates
                that cancel in its value.
            device: for "layout", as in `qtn.run`.
            seed: of the transpilation for "layout".

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind, or an option of another kind; an observable on other
                qubits; a layout without a device, or on one that has no couplings.

        Example:
            >>> import qtn
            >>> bell = qtn.compile([0.6, 0, 0, 0.8], qtn.Staircase(1))
            >>> bell.plot(kind="circuit", observable="ZI").get_ylabel()
            'qubit'
        """
        bounded_int("seed", seed, 0)
        panels: dict[str, Callable[[Axes], Axes]] = {
            "front": lambda axes: self.pareto.plot(axes, chosen=self),
            "history": partial(_history, self),
            "circuit": lambda axes: draw_gates(axes, self.circuit, observable),
            "layout": lambda axes: _layout(axes, self, device, seed),
        }
        draw = chosen(kind, panels)
        only_for(kind, "circuit", observable=observable)
        only_for(kind, "layout", device=device)
        return draw(axes_of(ax, SIZES.get(kind, (4.8, 3.6))))

    def to_frame(self: Any, table: str = "front") -> pd.DataFrame:
        """Return the front, or the history, as a pandas data frame.

        Args:
            table: "front" (method, blocks, gates, depth, infidelity) or "history" (CPU seconds,
                layers, infidelity).

        Raises:
            ArgumentError: another table.
            MissingExtraError: pandas is not installed.
        """
        if choice("table", table, ("front", "history")) == "history":
            names = ("seconds", "layers", "infidelity")
            return data_frame([{n: getattr(r, n) for n in names} for r in self.history])
        found: pd.DataFrame = self.pareto.to_frame()
        return found


def _history(found: Any, ax: Axes) -> Axes:
    seconds = [record.seconds for record in found.history]
    lost = {"infidelity": [max(record.infidelity, ROUNDING) for record in found.history]}
    return draw_curves(
        ax, seconds, lost, xlabel="CPU time (s)", ylabel="infidelity 1 − F", log=True
    )


def draw_gates(ax: Axes, circuit: QuantumCircuit, observable: Any = None) -> Axes:
    """Draw the gates of a circuit, with the light cone of an observable if there is one."""
    gates = [
        tuple(circuit.find_bit(q).index for q in item.qubits)
        for item in circuit.data
        if item.operation.name not in ("barrier", "measure")
    ]
    if observable is None:
        return draw_circuit(ax, circuit.num_qubits, gates)
    terms = products_of(observable, circuit.num_qubits)
    qubits = sorted({qubit for term in terms for qubit in term.qubits})
    cone = "light cone of " + (observable if isinstance(observable, str) else f"qubits {qubits}")
    return draw_circuit(ax, circuit.num_qubits, gates, light_cone(gates, qubits), cone)


def _layout(ax: Axes, found: Any, device: Any, seed: int) -> Axes:
    from qtn.devices.lookup import Device
    from qtn.devices.preparation import transpile_for

    if device is None:
        raise ArgumentError(
            'Argument `device` is needed for kind="layout". Name one, such as device="FakeTorino".'
        )
    placed = transpile_for(found.circuit, device, seed)
    return Device.of(device).plot(ax, circuit=placed)
