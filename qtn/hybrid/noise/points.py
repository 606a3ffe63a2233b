"""What `qtn.robustness` found: points with error bars, as a table, a frame, a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._html import table as html_table
from qtn._optional import require
from qtn.hybrid.noise.uniform import NoiseLevel

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["NoisePoint", "Robustness"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#6b7280")  # Okabe and Ito's


@dataclass(frozen=True, slots=True)
class NoisePoint:
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
class Robustness:
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

    def __repr__(self) -> str:
        parts = [
            f"{name} {points[0].value:.3g} to {points[-1].value:.3g}"
            for name, points in self.curves().items()
        ]
        return f"Robustness({self.figure} of {self.rows} rows on {self.device}: {'; '.join(parts)})"

    def __str__(self) -> str:
        rows = [self._headings(), *(self._cells(p) for p in self.points)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        padded = [[c.ljust(w) for c, w in zip(row, widths, strict=True)] for row in rows]
        return "\n".join("  ".join(row).rstrip() for row in padded)

    def _repr_html_(self) -> str:
        return html_table([self._cells(p) for p in self.points], self._headings())

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
        frame: Any = require("pandas", "frames").DataFrame
        found: pd.DataFrame = frame.from_records([self._record(p) for p in self.points])
        return found

    def plot(self) -> Figure:
        """Draw the figure of merit and the share of the signal against the noise of the gates.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        figure: Any = require("matplotlib.figure", "plot").Figure(
            figsize=(9.0, 3.6), layout="constrained"
        )
        left, right = figure.subplots(1, 2)
        for colour, (name, points) in zip(COLOURS * 9, self.curves().items(), strict=False):
            gates = [100 * p.noise.gate for p in points]
            value = np.array([p.value for p in points])
            below = np.maximum(value - [p.low for p in points], 0.0)
            above = np.maximum(np.array([p.high for p in points]) - value, 0.0)
            style = {"color": colour, "marker": "o", "capsize": 3, "label": name}
            left.errorbar(gates, value, yerr=np.array([below, above]), **style)
            keep, error = [p.keep for p in points], [p.keep_error for p in points]
            right.errorbar(gates, keep, yerr=error, **style)
        for axes, label in ((left, self.figure), (right, "signal kept")):
            axes.set_xlabel("depolarising per two-qubit gate, %")
            axes.set_ylabel(label)
        left.legend(fontsize=8)
        found: Figure = figure
        return found

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
