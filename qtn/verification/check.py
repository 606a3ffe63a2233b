"""The verdict of a verification: a number with an interval, how it was found and what it cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import numpy as np

from qtn._display import Display, Displayed, Table
from qtn._figures.axes import axes_of
from qtn._figures.intervals import draw_intervals
from qtn._optional import data_frame
from qtn.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NARROW = 1e-3  # an interval of this relative width is drawn around its value


@dataclass(frozen=True, slots=True, repr=False)
class Cost(Displayed):
    """What a verification took.

    Args:
        seconds: processor time, all engines together.
        max_bond: largest bond dimension met; 0 if no chain was used.
        memory: bytes of the largest state held.
    """

    seconds: float
    max_bond: int = 0
    memory: int = 0

    def __str__(self) -> str:
        return self._brief()

    def _display(self) -> Display:
        rows = [("CPU seconds", f"{self.seconds:.2f}"), ("largest bond", self.max_bond or None)]
        held = f"{self.memory / 1e6:.1f} MB" if self.memory else None
        return Display("Cost of a verification", [*rows, ("memory", held)])

    def _brief(self) -> str:
        parts = [f"{self.seconds:.2f} s"]
        if self.max_bond:
            parts.append(f"bond {self.max_bond}")
        if self.memory:
            parts.append(f"{self.memory / 1e6:.1f} MB")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True, repr=False)
class Check(Displayed):
    """The result of `qtn.verify`; it shows itself.

    Args:
        fidelity: the fidelity (or process fidelity of two circuits), None if no target was given.
        low: lower end of the interval that holds it.
        high: upper end.
        method: engine or engines used.
        cost: processor time, bond dimension, memory.
        why: why this engine, and what the interval rests on.
        values: one `Estimate` per observable; its `stderr` is the half-width of the interval.
        rigorous: whether the intervals are bounds (up to rounding) instead of estimates.

    A bound holds always. An estimate holds in 95 % of cases or more: it comes from a truncated
    chain, from the weight that it kept and from what changes between three bonds, and the rule was
    checked on circuits with known values (`qtn.verification.engines.truncated` says which).
    Where no honest interval can be given, a value has `stderr` infinite and a fidelity the interval
    [0, 1], both printed as "not certified".

    Example:
        >>> print(Check(0.5, 0.4, 0.6, "chain", Cost(0.1), "small circuit", (), True))
        Verification
        fidelity  0.5 in [0.4, 0.6]
        interval  rigorous bound
        method    chain
        why       small circuit
        cost      0.10 s
    """

    fidelity: float | None
    low: float | None
    high: float | None
    method: str
    cost: Cost
    why: str
    values: tuple[Estimate, ...] = ()
    rigorous: bool = False

    def _brief(self) -> str:
        sort = "bound" if self.rigorous else "estimate"
        return f"{self._found()} ({sort}) by {self.method}"

    def _found(self) -> str:
        parts = [] if self.fidelity is None else [f"fidelity {self._interval()}"]
        if self.values:
            shown = ", ".join(value_text(e) for e in self.values[:4])
            more = f", … ({len(self.values)} in all)" if len(self.values) > 4 else ""
            parts.append(f"values {shown}{more}")
        return "; ".join(parts)

    def _interval(self) -> str:
        return interval_text(self.fidelity or 0.0, self.low or 0.0, self.high or 0.0)

    def _display(self) -> Display:
        values = [(f"{k}", value_text(estimate)) for k, estimate in enumerate(self.values)]
        sort = "rigorous bound" if self.rigorous else "estimate, holds in 95 % of cases or more"
        rows = [
            *([] if self.fidelity is None else [("fidelity", self._interval())]),
            *([("value", values[0][1])] if len(values) == 1 else []),
            ("interval", sort),
            ("method", self.method),
            ("why", self.why),
            ("cost", str(self.cost)),
        ]
        tables = [Table(("observable", "value"), values)] if len(values) > 1 else []
        return Display("Verification", rows, tables)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the intervals of the fidelity and of the values.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes; what is not certified has no bar, and a narrow interval is drawn as its
            distance from a rounded value.
        """
        names, ends = [f"value {k}" for k in range(len(self.values))], []
        middles = [float(np.asarray(e.value).real) for e in self.values]
        for middle, estimate in zip(middles, self.values, strict=True):
            half = float(np.asarray(estimate.stderr).real)
            ends.append((middle - half, middle + half))
        if self.fidelity is not None:
            names, middles = ["fidelity", *names], [self.fidelity, *middles]
            ends.insert(0, (self.low or 0.0, self.high or 0.0))
        if len(self.values) == 1:
            names[-1] = "value"
        sort = "rigorous bounds" if self.rigorous else "95 % intervals"
        if len(names) == 1 and 0.0 < np.ptp(ends) < NARROW * abs(middles[0]):
            # No axis has room for the digits that tell the ends apart.
            names, shift = [f"{names[0]} − {middles[0]:.12g}"], float(f"{middles[0]:.12g}")
            middles, ends = [middles[0] - shift], [(ends[0][0] - shift, ends[0][1] - shift)]
        axes = axes_of(ax, (4.8, 1.2 + 0.3 * max(len(names), 1)))
        return draw_intervals(
            axes, names, middles, np.array(ends).reshape(-1, 2).T, xlabel=f"{sort} by {self.method}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return value, low and high end of everything verified as a pandas data frame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        rows: list[dict[str, object]] = []
        if self.fidelity is not None:
            rows.append({"name": "fidelity", "value": self.fidelity,
                         "low": self.low, "high": self.high})  # fmt: skip
        for k, estimate in enumerate(self.values):
            low, high = estimate.interval(1.0)
            rows.append({"name": f"value {k}", "value": estimate.value, "low": low, "high": high})
        return data_frame(rows)


def interval_text(value: float, low: float, high: float) -> str:
    """Return a value in its interval: digits to tell the ends apart, ends rounded outwards."""
    if low <= 0.0 and high >= 1.0:
        return f"not certified (about {value:.2g})"
    places = _places(high - low)
    ends = [
        _plain(Decimal(repr(float(end))).quantize(Decimal(1).scaleb(-places), rounding))
        for end, rounding in ((low, ROUND_FLOOR), (high, ROUND_CEILING))
    ]
    return f"{_plain(Decimal(f'{value:.{places}f}'))} in [{ends[0]}, {ends[1]}]"


def value_text(estimate: Estimate) -> str:
    """Return an estimate with the digits that its error leaves, or that it is not certified."""
    if not np.isfinite(estimate.stderr):
        return f"not certified (about {estimate.value:.2g})"
    shown = Decimal(f"{estimate.value:.{_places(float(np.abs(estimate.stderr)))}f}")
    return f"{_plain(shown)} ± {estimate.stderr:.1g}"


def _places(width: float) -> int:
    """Return the decimal places that show a number known to within `width`."""
    return 15 if width <= 0.0 else min(15, max(2, 1 - math.floor(math.log10(width))))


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
