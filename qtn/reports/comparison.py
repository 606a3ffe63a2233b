"""What `qtn.compare` returns: tables that print, plot, and are saved as a page or for a paper."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qtn._checks import choice, fail, file_path
from qtn._figures.axes import SIZE, axes_of, chosen, only_for
from qtn._io import save
from qtn._machine import few_threads
from qtn.reports.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qtn._figures.shown import Panels


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
        robustness: curves against noise, if they were measured.
        made: when, by which command, with which seed, data and versions.

    A comparison read from a file by `qtn.load` has records of the models in the place of the
    models (`qtn.reports.records.ModelRecord`): it prints, plots and writes the same page, but
    predicts nothing.
    """

    kind: ClassVar[str] = "comparison"

    def plot(
        self, ax: Axes | None = None, *, kind: str = "results", row: str | None = None
    ) -> Axes:
        """Draw one figure of the comparison; `overview` draws all of them.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "results", the first measure of every row with its interval; "training", the
                losses of the models; "compilation", infidelity against two-qubit depth; "scores",
                measured against classical ones; "confusion", by scikit-learn's display.
            row: name of the row whose confusion matrix is drawn; None for the last.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind, or one for which this comparison has nothing to draw; no
                such row, or one for another kind.

        Example:
            >>> import numpy as np
            >>> import qtn
            >>> x, y = np.eye(4), [0, 0, 1, 1]
            >>> model = qtn.MPSClassifier(bond=2, epochs=1, progress=False).fit(x, y)
            >>> quantum = qtn.deploy(model, qtn.Staircase(1), shots=64, progress=False)
            >>> qtn.compare(model, quantum, x, y, baselines=None).plot().get_title()
            'Results'
        """
        from qtn.reports import plots

        panels = plots.panels(self)
        names = [one.name for one in self.rows]
        shown = self.rows[-1] if row is None else self[choice("row", row, names)]
        if self.classes is not None:
            panels["confusion"] = partial(plots.draw_one_confusion, comparison=self, row=shown)
        draw = chosen(kind, panels)
        only_for(kind, "confusion", row=row)
        height = 0.9 + 0.28 * len(self.rows)
        found: Axes = draw(axes_of(ax, (9.6, height) if kind == "results" else SIZE))
        return found

    def overview(self) -> Panels:
        """Draw results, training, compilation, scores and confusion matrices on one sheet.

        Returns:
            The axes of all panels.
        """
        from qtn._figures.shown import Panels
        from qtn.reports.plots import overview

        return np.array(overview(self).get_axes(), dtype=object).view(Panels)

    @few_threads(1)
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a page of HTML, or a file from which the page can be written later.

        The same comparison gives the same bytes. The page is self-contained: tables, curves,
        circuits, layout, entanglement, costs, seeds, hashes, versions, and how to make it again.

        Args:
            path: `*.html` for the page, `*.qtn` for the data, which `qtn.load` reads.

        Raises:
            ArgumentError: another ending.
            FileError: the folder is missing or cannot be written.
        """
        target = file_path("path", path)
        suffix = target.suffix.lower()
        if suffix == ".qtn":
            return save(self, target)
        if suffix not in (".html", ".htm"):
            expected = "a file that ends in .html, for a page, or in .qtn, for the data"
            raise fail("path", expected, os.fspath(target))
        from qtn.reports.page import write_page

        return write_page(self, target)

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        from qtn.reports.packing import packed

        return packed(self)

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Comparison:
        """Rebuild from what `pack` returned."""
        from qtn.reports.packing import unpacked

        return cls(**unpacked(arrays, header))
