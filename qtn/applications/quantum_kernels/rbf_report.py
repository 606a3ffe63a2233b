"""A quantum kernel's accuracy beside those of RBF kernels, chosen on the same training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Display, Displayed, Table
from qtn.applications.quantum_kernels.selection import COSTS, MOST_ROWS, a_part, chosen
from qtn.statistics import Difference, compare_hits, proportion_interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FACTORS = (4.0, 2.0, 1.0, 0.5, 0.25, 0.125)  # of 1 over the median squared distance


@dataclass(frozen=True, slots=True, repr=False)
class Line(Displayed):
    """One model of a report.

    Args:
        name: of the model.
        hits: rows that it got right.
        settings: what was chosen.
        difference: its accuracy less that of the quantum kernel; None for that itself.
    """

    name: str
    hits: int
    settings: str
    difference: Difference | None

    def _brief(self) -> str:
        return f"{self.name}, {self.hits} right, {self.settings}"

    def _display(self) -> Display:
        rows = [("rows right", self.hits), ("chosen", self.settings)]
        beyond = self.difference
        apart = None if beyond is None else f"{beyond.value:+.3f} (p {beyond.p_value:.2g})"
        return Display(self.name, [*rows, ("less the quantum kernel", apart)])


@dataclass(frozen=True, slots=True, repr=False)
class KernelReport(Displayed):
    """Accuracies of a quantum kernel and of RBF kernels on the same test rows.

    Args:
        rows: number of test rows.
        lines: the quantum kernel, RBF on the same features, RBF on all features.
        median: of the quantum kernel off its diagonal.
        note: how the quantum kernel was obtained.
    """

    rows: int
    lines: tuple[Line, ...]
    median: float
    note: str

    @property
    def accuracies(self) -> dict[str, float]:
        """Accuracy by name."""
        return {line.name: line.hits / self.rows for line in self.lines}

    def _cells(self) -> list[tuple[str, ...]]:
        cells: list[tuple[str, ...]] = []
        for line in self.lines:
            low, high = proportion_interval(line.hits, self.rows)
            beyond = line.difference
            apart = "" if beyond is None else f"{beyond.value:+.3f} (p {beyond.p_value:.2g})"
            cells.append((line.name, f"{line.hits / self.rows:.3f}", f"{low:.3f} … {high:.3f}",
                          apart, line.settings))  # fmt: skip
        return cells

    def _brief(self) -> str:
        found = ", ".join(f"{name} {value:.3f}" for name, value in self.accuracies.items())
        return f"{self.rows} rows: {found}"

    def _display(self) -> Display:
        head = ("kernel", "accuracy", "95 %", "less quantum", "chosen")
        note = f"{self.rows} test rows; median off the diagonal {self.median:.2g}; {self.note}"
        return Display("Kernels", tables=[Table(head, self._cells())], notes=[note])


def beside(model: Any, x: Floats, labels: NDArray[Any], right: NDArray[np.bool_]) -> KernelReport:
    """Return a fitted classifier's report on test rows that it got `right`."""
    from sklearn.preprocessing import FunctionTransformer

    rows, numbers = model._train
    y = np.searchsorted(model.classes_, labels)
    given, numbers = (rows[model.rows_], x), numbers[model.rows_]
    scaling = model._scaling or FunctionTransformer()
    scaled = tuple(scaling.transform(part) for part in given)
    mean, spread = given[0].mean(axis=0), given[0].std(axis=0)
    standard = tuple((part - mean) / np.where(spread > 0, spread, 1.0) for part in given)
    both = {"as given": given, "standardised": standard}
    found = [
        ("RBF, same features", *_rbf({"": scaled}, numbers, y, model)),
        ("RBF, all features", *_rbf(both, numbers, y, model)),
    ]
    settings = f"bandwidth {model.bandwidth_:.3g}, C {model.C_:g}"
    lines = [Line("quantum kernel", int(right.sum()), settings, None)]
    for name, hits, text in found:
        lines.append(Line(name, int(hits.sum()), text, compare_hits(right, hits)))
    return KernelReport(len(x), tuple(lines), model.median_, model.kernel_.method)


def _rbf(
    scalings: dict[str, Any], numbers: Integers, y: Integers, model: Any
) -> tuple[NDArray[np.bool_], str]:
    """Return which test rows the best RBF kernel gets right, and what was chosen."""
    from sklearn.metrics.pairwise import rbf_kernel
    from sklearn.svm import SVC

    part = a_part(numbers, MOST_ROWS, model.seed)
    widths, kernels = {}, []
    for name, (train, _) in scalings.items():
        few = train[part]
        squares = np.sum(few**2, axis=1)
        distances = squares[:, None] + squares - 2 * few @ few.T
        median = float(np.median(distances[np.triu_indices(len(few), 1)]))
        for factor in FACTORS:
            label = (name, factor)
            widths[label] = factor / median if median > 0 else 1.0
            kernels.append((label, rbf_kernel(few, gamma=widths[label])))
    best = chosen(kernels, numbers[part], COSTS, model.folds, model.seed)
    train, test = scalings[best.label[0]]
    gamma = widths[best.label]
    hits = SVC(C=best.cost, gamma=gamma).fit(train, numbers).predict(test) == y
    text = ", ".join(filter(None, [best.label[0], f"gamma {gamma:.3g}", f"C {best.cost:g}"]))
    return hits, text
