"""What `qtn.compare` returns: a table that prints, plots, and is saved as a page."""

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
    """The table that sets classical against quantum, with the data behind it.

    Args:
        rows: from classical to mitigated.
        labels: true labels (inputs,).
        classes: all labels.
        model, quantum: what was compared.
        checks: independent verification of each compiled circuit, if it was made.
        candidates: deployments with fewer or more layers, for the figure of compilation.
        notes: sentences to show under the table.
        title: heading of the page.
    """

    def plot(self) -> Figure:
        """Return one figure: training, compilation, scores and confusion matrices."""
        from qtn.reports.plots import overview

        return overview(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a self-contained HTML page with the table and the figures.

        Raises:
            FileError: the folder is missing or cannot be written.
        """
        from qtn.reports.page import write_page

        return write_page(self, file_path("path", path))
