"""What `qtn.robustness` found: points with error bars, as a table, a frame, a figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._display import Display, Displayed, Fields, Table
from qtn._figures.axes import Draw, axes_of, chosen, side_by_side
from qtn._figures.curves import draw_curves
from qtn._optional import data_frame
from qtn.hybrid.noise.uniform import NoiseLevel

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from qtn._figures.shown import Panels

__all__ = ["NoisePoint", "Robustness"]


@dataclass(frozen=True, slots=True, repr=False)
class NoisePoint(Fields):
    """One model at one noise level.

    Args:
        name: of the model; "…, mitigated" with mitigation.
        noise: the level.
        value: the figure of merit.
        low, high: its 95 % interval over rows and shots.
        keep: share of the signal that is left: slope of the measured answers over the exact ones.
        keep_error: its standard error.
        shots: per row, of all circuits together.
        needed: shots per row that decide half of the rows at 5 % error with this `keep`; NaN where
            the form does not tell.
        two_qubit_gates: of the largest circuit, as placed.
    """

    name: str
    noise: NoiseLevel
    value: float
    low: float
    high: float
    keep: float
    keep_error: float
    shots: int
    needed: float
    two_qubit_gates: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Robustness(Displayed):
    """Curves of a figure of merit against noise; see `qtn.robustness`.

    Args:
        points: all models at all levels, the levels of a model in a row.
        figure: what `value` is: "accuracy", "R²" or "probability of the rows".
        device: whose couplings were used.
        rows: number of rows.
    """

    points: tuple[NoisePoint, ...]
    figure: str
    device: str
    rows: int

    def _brief(self) -> str:
        parts = [
            f"{name} {points[0].value:.3g} to {points[-1].value:.3g}"
            for name, points in self.curves().items()
        ]
        return f"{self.figure} of {self.rows} rows on {self.device}: {'; '.join(parts)}"

    def _display(self) -> Display:
        table = Table(self._headings(), [self._cells(p) for p in self.points], most=60)
        rows = [("rows", self.rows), ("device", self.device)]
        return Display(f"Noise: {self.figure}", rows, [table])

    def curves(self) -> dict[str, tuple[NoisePoint, ...]]:
        """Return the points of every model in the order of the levels."""
        names = dict.fromkeys(p.name for p in self.points)
        return {name: tuple(p for p in self.points if p.name == name) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Return the points as plain numbers, for JSON."""
        return {
            "figure": self.figure,
            "device": self.device,
            "rows": self.rows,
            "points": [self._record(p) for p in self.points],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the points as a pandas data frame, one line each.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return data_frame([self._record(p) for p in self.points])

    def plot(self, ax: Axes | None = None, *, kind: str = "merit") -> Axes:
        """Draw the figure of merit, or the share of the signal, against the noise of the gates.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "merit", with 95 % intervals, or "signal", the share that is left.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind.
        """
        found: Axes = chosen(kind, self._panels())(axes_of(ax))
        return found

    def overview(self) -> Panels:
        """Draw both in one figure and return the array of their axes."""
        return side_by_side(self._panels())

    def _panels(self) -> dict[str, Draw]:
        curves = self.curves()
        gates = [100 * p.noise.gate for p in next(iter(curves.values()))]
        value = {n: [p.value for p in points] for n, points in curves.items()}
        ends = {
            n: np.maximum([[p.value - p.low for p in ps], [p.high - p.value for p in ps]], 0.0)
            for n, ps in curves.items()
        }
        keep = {n: [p.keep for p in points] for n, points in curves.items()}
        errors = {n: [p.keep_error for p in points] for n, points in curves.items()}
        below = "depolarising per two-qubit gate (%)"
        return {
            "merit": partial(
                draw_curves, x=gates, curves=value, errors=ends, xlabel=below, ylabel=self.figure
            ),
            "signal": partial(
                draw_curves, x=gates, curves=keep, errors=errors, xlabel=below,
                ylabel="share of the signal kept",
            ),
        }  # fmt: skip

    def _headings(self) -> tuple[str, ...]:
        return (
            *("model", "gate, %", "readout, %", self.figure, "95 %"),
            *("signal kept", "shots", "needed", "2-qubit gates"),
        )

    def _cells(self, p: NoisePoint) -> tuple[str, ...]:
        return (
            p.name,
            f"{100 * p.noise.gate:.3g}",
            f"{100 * p.noise.readout:.3g}",
            f"{p.value:.3f}",
            f"{p.low:.3f} to {p.high:.3f}",
            f"{p.keep:.3f} ± {p.keep_error:.3f}",
            f"{p.shots:,}",
            _rounded(p.needed),
            str(p.two_qubit_gates),
        )

    @staticmethod
    def _record(p: NoisePoint) -> dict[str, Any]:
        return {
            "name": p.name,
            "gate": p.noise.gate,
            "readout": p.noise.readout,
            "value": p.value,
            "low": p.low,
            "high": p.high,
            "keep": p.keep,
            "keep_error": p.keep_error,
            "shots": p.shots,
            "needed": p.needed,
            "two_qubit_gates": p.two_qubit_gates,
        }


def _rounded(shots: float) -> str:
    """Return a number of shots with two digits, written out: "5,200"."""
    if not np.isfinite(shots):
        return "–"
    return f"{float(f'{shots:.2g}'):,.0f}"
