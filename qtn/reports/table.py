"""The tables of a comparison: as text, as HTML, for documents and as plain numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._checks import choice, flag
from qtn._display import Display, Displayed, with_error
from qtn._display import Table as Cells
from qtn.estimate import Estimate
from qtn.hybrid import QuantumModel, Robustness
from qtn.reports import writers
from qtn.reports.entrants import CLASSICAL, QUANTUM, Entrant
from qtn.reports.joules.evaluation import LEGEND
from qtn.reports.records import Made
from qtn.reports.rows import Row, digits_of
from qtn.reports.writers import Grid, text_table

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "–"
# Columns that differ from run to run.
TIMES = ("seconds", "seconds_predicted", "energy")


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and what stands below it."""

    heading: str
    cell: Callable[[Row], str]


def merits(rows: Sequence[Row]) -> Grid:
    """Return the table of what the models achieve, with intervals and paired differences."""
    columns = [Column("model", lambda row: row.name)]
    for k, measure in enumerate(rows[0].measures):
        digits = max(digits_of(row.measures[k].high - row.measures[k].low) for row in rows)
        columns.append(Column(measure.name, partial(_measure_text, k, digits)))
    gains = [row.difference for row in rows if row.difference is not None]
    digits = max((digits_of(gain.high - gain.low) for gain in gains), default=0)
    columns += [
        Column(f"difference to {rows[0].name}", partial(difference_text, digits)),
        Column("p, Holm", lambda row: probability_text(row.adjusted)),
        Column("score error", lambda row: _estimate_text(row.score_error)),
    ]
    return grid(columns, rows)


def takes(rows: Sequence[Row]) -> Grid:
    """Return the table of what they take."""
    columns = [
        Column("model", lambda row: row.name),
        Column("parameters", lambda row: _count(row.costs.parameters)),
        Column("2-qubit gates", lambda row: _of_circuit(row, str(row.costs.two_qubit_gates))),
        Column("2-qubit depth", lambda row: _of_circuit(row, str(row.costs.two_qubit_depth))),
        Column("fidelity", lambda row: _of_circuit(row, _amount(row.costs.fidelity, ".5f"))),
        Column("shots", lambda row: _count(row.costs.shots or None)),
        Column("s predicted", lambda row: _amount(row.costs.predicted, ".2f")),
        Column("seconds", lambda row: f"{row.costs.seconds:.2f}"),
        Column("cost", lambda row: _amount(row.costs.money, ".2f", row.costs.currency)),
        Column("joules", lambda row: _amount(row.costs.energy, ".3g")),
    ]
    return grid(columns, rows)


def grid(columns: Sequence[Column], rows: Sequence[Row]) -> Grid:
    """Return the cells of the columns in which a row has something to say."""
    filled = [(c.heading, [c.cell(row) for row in rows]) for c in columns]
    shown = [(h, cells) for h, cells in filled if any(cell != NOTHING for cell in cells)]
    lines = tuple(zip(*(cells for _, cells in shown), strict=True))
    return Grid(tuple(heading for heading, _ in shown), lines)


def difference_text(digits: int, row: Row) -> str:
    """Return "+0.011 [-0.004, +0.027]"."""
    gain = row.difference
    if gain is None:
        return NOTHING
    # Zero has no sign of its own: + 0.0 makes -0.0 one.
    value, low, high = (
        f"{round(v, digits) + 0.0:+.{digits}f}" for v in (gain.value, gain.low, gain.high)
    )
    return f"{value} [{low}, {high}]"


def probability_text(p: float | None) -> str:
    """Return a p-value with two digits; what is smaller than one in ten thousand says so."""
    if p is None:
        return NOTHING
    return "<0.0001" if p < 1e-4 else f"{p:.2g}"


def _measure_text(place: int, digits: int, row: Row) -> str:
    return row.measures[place].shown(digits)


def _estimate_text(estimate: Estimate | None) -> str:
    if estimate is None:
        return NOTHING
    value, stderr = float(estimate), float(np.asarray(estimate.stderr))
    if 0 < value < 1e-4:
        return f"{value:.1e} ± {stderr:.1e}"
    return with_error(value, stderr)


def _of_circuit(row: Row, cell: str) -> str:
    return cell if row.kind == QUANTUM else NOTHING


def _count(number: int | None) -> str:
    return NOTHING if number is None else f"{number:,}"


def _amount(number: float | None, style: str, unit: str = "") -> str:
    known = number is not None and not math.isnan(number)
    return f"{number:{style}} {unit}".rstrip() if known else NOTHING


TABLES = {"results": merits, "costs": takes}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table(Displayed):
    """Rows and the data behind them; see `qtn.Comparison` for the fields."""

    rows: tuple[Row, ...]
    labels: np.ndarray
    classes: np.ndarray | None
    entrants: tuple[Entrant, ...]
    confidence: float = 0.95
    checks: tuple[Any, ...] = ()
    candidates: tuple[QuantumModel, ...] = ()
    notes: tuple[str, ...] = ()
    title: str = "Classical against quantum"
    robustness: Robustness | None = None
    made: Made = field(default_factory=Made)

    @property
    def models(self) -> dict[str, Any]:
        """The classical models by name, baselines not among them."""
        return {e.name: e.model for e in self.entrants if e.kind == CLASSICAL}

    @property
    def quantum_models(self) -> dict[str, QuantumModel]:
        """The quantum models by name."""
        return {e.name: e.model for e in self.entrants if e.kind == QUANTUM}

    @property
    def model(self) -> Any:
        """The first classical model; None without one."""
        return next(iter(self.models.values()), None)

    @property
    def quantum(self) -> Any:
        """The first quantum model; None without one."""
        return next(iter(self.quantum_models.values()), None)

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"No row {name!r}; there are {', '.join(r.name for r in self.rows)}.")

    def __str__(self) -> str:
        grids = [make(self.rows) for make in TABLES.values()]
        tables = [text_table(grid.headings, grid.lines) for grid in grids]
        told = [textwrap.fill(part, 100) for part in (self.legend, *self.notes)]
        return "\n\n".join([*tables, "\n".join(told)])

    def _brief(self) -> str:
        name = self.rows[0].measures[0].name
        found = "; ".join(f"{row.name} {row.measures[0].value:.4g}" for row in self.rows)
        return f"{len(self.labels)} inputs, {name}: {found}"

    def _display(self) -> Display:
        grids = [Cells(g.headings, g.lines, most=60) for g in map(self._grid, TABLES)]
        return Display(self.title, (), grids, (self.legend, *self.notes))

    @property
    def legend(self) -> str:
        """What the intervals and p-values are, in a few sentences."""
        share, others = f"{100 * self.confidence:g} %", len(self.rows) - 1
        wilson = self.classes is not None
        says = f"{share} intervals over {len(self.labels)} test rows: "
        says += "Wilson for accuracies" if wilson else "jackknife for errors and R²"
        if others:
            test = "exact McNemar" if wilson else "flipped signs"
            several = f", after Holm for {others} differences at once" if others > 1 else ""
            says += f", paired bootstrap for differences. p: {test}{several}"
        says += ". One training and one draw of shots; another of either is not covered."
        return says + (f" {LEGEND}" if any(r.costs.energy is not None for r in self.rows) else "")

    def to_dict(self, times: bool = True) -> dict[str, Any]:
        """Return the tables as plain numbers, for JSON.

        Args:
            times: False leaves out what a clock determines, seconds and what follows from them:
                the rest is the same whenever the comparison is made.

        Raises:
            ArgumentError: `times` is no flag.
        """
        left_out = () if flag("times", times) else TIMES
        rows = [row.numbers() for row in self.rows]
        return {
            "inputs": len(self.labels),
            "classes": None if self.classes is None else self.classes.tolist(),
            "confidence": self.confidence,
            "legend": self.legend,
            "notes": list(self.notes),
            "rows": [{k: v for k, v in row.items() if k not in left_out} for row in rows],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return all figures as a pandas data frame, one line per row, by its name.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return writers.frame([row.numbers() for row in self.rows])

    def to_markdown(self, table: str = "results") -> str:
        """Return one of the two tables in GitHub's Markdown.

        Args:
            table: "results" or "costs".

        Raises:
            ArgumentError: another table.
        """
        return writers.markdown(self._grid(table))

    def to_latex(self, table: str = "results") -> str:
        """Return one of the two tables for LaTeX; it needs the package booktabs.

        Args:
            table: "results" or "costs".

        Raises:
            ArgumentError: another table.
        """
        return writers.latex(self._grid(table))

    def _grid(self, table: str) -> Grid:
        return TABLES[choice("table", table, TABLES)](self.rows)
