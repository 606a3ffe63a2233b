"""The front of cost against infidelity: its points, and which of them is the best within limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from qiskit.circuit import QuantumCircuit

from qtn._checks import bounded_int, fail, positive_int, real, text
from qtn._display import Display, Displayed, Settings, Table
from qtn._figures.axes import axes_of
from qtn._figures.front import draw_front
from qtn._optional import data_frame
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.interop.counting import two_qubit_depth, two_qubit_gates

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ROUNDING = 1e-12  # infidelities below it are alike
EXACT = 1e-10  # a certified infidelity below it is exact up to rounding


@dataclass(frozen=True, slots=True, repr=False)
class Point(Displayed):
    """One point of the front of cost against infidelity, with its gates.

    Every door that takes a circuit takes a point.

    Args:
        method: what found it.
        blocks: number of two-qubit blocks.
        two_qubit_gates: of the circuit as it is emitted.
        two_qubit_depth: likewise.
        infidelity: as the search saw it, right to a few per cent; that of the circuit returned is
            the certified one.
        sequence: the blocks on their sites, in time order.
        basis: two-qubit gate of its circuit: "cx", "cz", "ecr" or "rzz".
    """

    method: str
    blocks: int
    two_qubit_gates: int
    two_qubit_depth: int
    infidelity: float
    sequence: Blocks = field(compare=False)
    basis: str = "cx"
    _hidden: ClassVar[frozenset[str]] = frozenset({"checked", "of"})

    @classmethod
    def of(cls, method: str, sequence: Blocks, infidelity: float, basis: str = "cx") -> Point:
        """Return a circuit with its cost as it would be emitted in a basis."""
        circuit = to_circuit(sequence, basis)
        cost = two_qubit_gates(circuit), two_qubit_depth(circuit)
        return cls(method, sequence.size, *cost, infidelity, sequence, basis)

    @property
    def ansatz(self) -> Ansatz:
        """The layers on neighbours that the blocks lie in."""
        return self.sequence.ansatz

    @property
    def gates(self) -> np.ndarray:
        """The blocks on two sites, array (blocks, 4, 4), by layers if they have them."""
        return self.sequence.matrices

    @property
    def circuit(self) -> QuantumCircuit:
        """The circuit, written out when it is asked for."""
        return to_circuit(self.sequence, self.basis)

    def with_basis(self, basis: str) -> Point:
        """Return the same point written in "cx", "cz", "ecr" or "rzz"."""
        if "rzz" not in (basis, self.basis):  # the other gates take as many of each other
            return replace(self, basis=basis)
        return Point.of(self.method, self.sequence, self.infidelity, basis)

    def _brief(self) -> str:
        return (
            f"{self.two_qubit_gates} {self.basis.upper()}, depth {self.two_qubit_depth}, "
            f"infidelity {self.infidelity:.3g}, {self.method}"
        )

    def _display(self) -> Display:
        gate = self.basis.upper()
        rows = [
            ("method", self.method),
            ("qubits", self.sequence.n),
            ("infidelity", f"{self.infidelity:.3e}"),
            ("blocks", self.blocks),
            (f"{gate}, {gate} depth", f"{self.two_qubit_gates}, {self.two_qubit_depth}"),
        ]
        return Display("Point of a front", rows)

    def checked(self, slack: float) -> Point:
        """Return the point if its figures can be those of its blocks, infidelity up to a slack.

        Raises:
            ArgumentError: they cannot.
        """
        text("pareto method", self.method)
        bounded_int("pareto blocks", self.blocks, self.sequence.size, self.sequence.size)
        bounded_int("pareto gates", self.two_qubit_gates, 0, 3 * self.blocks)
        bounded_int("pareto depth", self.two_qubit_depth, 0, self.two_qubit_gates)
        real("pareto infidelity", self.infidelity, 0.0, 1.0 + slack)
        return self


class Front(Displayed, tuple[Point, ...]):
    """The points of a front, by their gates; a tuple that shows itself."""

    __slots__ = ()

    _hidden = frozenset({"table"})

    def table(self) -> Table:
        """Return the front as a table."""
        rows = [
            (p.method, p.blocks, p.two_qubit_gates, p.two_qubit_depth, f"{p.infidelity:.3e}")
            for p in self
        ]
        gate = self[0].basis.upper() if self else "CX"
        return Table(("front", "blocks", gate, f"{gate} depth", "infidelity"), rows)

    def plot(self, ax: Axes | None = None, *, chosen: Point | None = None) -> Axes:
        """Draw infidelity, on a logarithmic axis, against two-qubit gates.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            chosen: a point, or a compiled circuit, that is marked by a star.

        Returns:
            The axes.
        """
        if chosen is not None and not hasattr(chosen, "infidelity"):
            raise fail("chosen", "a point of a front or a compiled circuit", chosen)
        gates, lost = [p.two_qubit_gates for p in self], [p.infidelity for p in self]
        basis = getattr(chosen, "basis", self[0].basis if self else "cx")
        own = None
        if chosen is not None and not math.isnan(chosen.infidelity):
            own = chosen.two_qubit_gates, chosen.infidelity
        unit = f"{basis.upper()} gates"
        return draw_front(axes_of(ax), gates, lost, own, unit=unit, floor=ROUNDING)

    def to_frame(self) -> pd.DataFrame:
        """Return the points as a pandas data frame, one line each.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        names = ("method", "blocks", "two_qubit_gates", "two_qubit_depth", "infidelity")
        return data_frame([{name: getattr(p, name) for name in names} for p in self])

    def _brief(self) -> str:
        if len(self) < 2:
            return self[0]._brief() if self else "no points"
        gates = [p.two_qubit_gates for p in self]
        lacks = [p.infidelity for p in self]
        return (
            f"{len(self)} points, {min(gates)} to {max(gates)} {self[0].basis.upper()}, "
            f"infidelity {max(lacks):.2g} to {min(lacks):.2g}"
        )

    def _display(self) -> Display:
        return Display("Gates against infidelity", tables=[self.table()])


class Rating(Protocol):
    """What a device says about circuits: what to expect of them, and how to write them."""

    def fidelity(self, point: Point) -> float:
        """Return the fidelity to expect of a circuit on the device."""

    def survival(self, point: Point) -> float:
        """Return what would be expected of the circuit if it were exact."""

    def basis(self, point: Point) -> str:
        """Return the two-qubit gate that a circuit is best written in."""

    def notes(self, best: Point, pareto: Sequence[Point]) -> dict[str, Any]:
        """Return what a result says about the choice of a circuit."""

    def check_line(self, n: int) -> None:
        """Refuse a device on which a chain of so many sites does not fit."""


@dataclass(frozen=True, slots=True, repr=False)
class Limits(Settings):
    """What a circuit must keep and should reach.

    Args:
        infidelity: the goal; 0 for none.
        two_qubit_gates: the budget of the emitted circuit; None for none.
        blocks: the budget of two-qubit blocks; None for none.
        basis: two-qubit gate that the circuit is written in.
        seconds: CPU seconds after which searches end; None for no limit.
        two_qubit_depth: the budget of the emitted circuit's depth; None for none.
        aim: infidelity at which searches may stop, where that is not the goal.
        rating: the device that decides between circuits; None ranks them by cost and infidelity.
        evaluations: most steps that the search of a state takes, for the forecast of its seconds;
            None where the method does not tell.
    """

    infidelity: float = 0.0
    two_qubit_gates: int | None = None
    blocks: int | None = None
    basis: str = "cx"
    seconds: float | None = None
    two_qubit_depth: int | None = None
    aim: float | None = None
    rating: Rating | None = None
    evaluations: int | None = None

    def kept(self, one: Point) -> bool:
        """Whether a circuit is within the budgets."""
        budgets = (
            (self.two_qubit_gates, one.two_qubit_gates),
            (self.two_qubit_depth, one.two_qubit_depth),
            (self.blocks, one.blocks),
        )
        return all(budget is None or cost <= budget for budget, cost in budgets)

    def rank(self, one: Point) -> tuple[float, ...]:
        """Return what is least for the best circuit."""
        cost = (float(one.two_qubit_gates), float(one.two_qubit_depth))
        if self.rating is not None:
            missed = self.infidelity > 0.0 and one.infidelity > self.infidelity
            return (float(missed), -self.rating.fidelity(one), *cost)
        if one.infidelity <= self.infidelity:
            return (0.0, *cost, one.infidelity)
        return (1.0, max(one.infidelity, ROUNDING), *cost)


def checked_limits(
    max_two_qubit_gates: int | None, max_depth: int | None, infidelity: float | None
) -> Limits:
    """Return limits from the options of a door.

    Raises:
        ArgumentError: no positive integers, or an infidelity outside of 0 to 1.
    """
    if max_two_qubit_gates is not None:
        positive_int("max_two_qubit_gates", max_two_qubit_gates)
    if max_depth is not None:
        positive_int("max_depth", max_depth)
    if infidelity is not None:
        real("infidelity", infidelity, 0.0, 1.0)
    goal = 0.0 if infidelity is None else float(infidelity)
    return Limits(goal, max_two_qubit_gates, two_qubit_depth=max_depth)


def front(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return the points that no other beats in all of gates, depth and infidelity, by their gates.

    Circuits exact up to rounding are alike; of points alike in everything the first one stays.
    """

    def costs(one: Point) -> tuple[float, ...]:
        return one.two_qubit_gates, max(one.infidelity, ROUNDING), one.two_qubit_depth

    best: list[Point] = []
    for candidate in sorted(points, key=costs):
        new = costs(candidate)
        if not any(all(a <= b for a, b in zip(costs(p), new, strict=True)) for p in best):
            best.append(candidate)
    return tuple(best)


def nothing_like_that(limits: Limits, pareto: Sequence[Point]) -> str:
    """Return the text of the error where no circuit of a front is within what was asked for."""
    asked = [
        f"{name}={value:g}"
        for name, value in (
            ("max_two_qubit_gates", limits.two_qubit_gates),
            ("max_depth", limits.two_qubit_depth),
            ("infidelity", limits.infidelity or None),
        )
        if value is not None
    ]
    seen = ", ".join(
        f"{p.two_qubit_gates} gates in depth {p.two_qubit_depth} at {p.infidelity:.1e}"
        for p in pareto[:: max(1, len(pareto) // 6)]
    )
    return (
        f"No circuit of this front keeps the limits {', '.join(asked) or '(none)'}. "
        f"It has {seen or 'none'}. Ask for less, or compile again with these limits: "
        "qtn.compile(target, qtn.Auto(...))."
    )
