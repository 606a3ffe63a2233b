"""What `qtn.compare` returns: tables that print, plot, and are saved as a page or for a paper."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qtn._checks import file_path
from qtn.reports.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison(Table):
    """Rows that set models beside each other on the same inputs, with the data behind them.

    Printing shows two tables, results and costs; `comparison["noisy"]` is a row.

    Args:
        rows: one per evaluation: classical models, baselines, steps of quantum models.
        labels: what is true of the inputs (inputs,).
        classes: all labels; None for regressors.
        entrants: the models that were compared.
        confidence: of all intervals.
        checks: independent verification of each compiled circuit, if it was made.
        candidates: deployments with fewer or more layers, for the figure of compilation.
        notes: sentences to show under the tables.
        title: heading of the page.
    """

    def plot(self) -> Figure:
        """Return one figure: results, training, compilation, scores and confusion matrices."""
        from qtn.reports.plots import overview

        return overview(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a self-contained HTML page with the tables and the figures.

        Raises:
            FileError: the folder is missing or cannot be written.
        """
        from qtn.reports.page import write_page

        return write_page(self, file_path("path", path))
