"""Confusion matrices as tables: they are read on any screen, and by a screen reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix

from qtn.reports.rows import Row

SHOWN = 24  # matrices of very many rows
_SHORT = 6  # letters of a name that stands over a column


@dataclass(frozen=True, slots=True)
class Matrix:
    """One matrix.

    Args:
        name: of the row.
        heads: of the columns: the classes, or their numbers where names are long.
        lines: per true class (label, cells); a cell is (count, share of the class in tenths).
    """

    name: str
    heads: tuple[str, ...]
    lines: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


def matrices(rows: Sequence[Row], truths: np.ndarray, classes: np.ndarray) -> list[Matrix]:
    """Return the matrices of the first rows."""
    labels = tuple(str(c) for c in classes)
    heads = labels
    if any(len(label) > _SHORT for label in labels):
        heads = tuple(str(number) for number in range(1, len(labels) + 1))
        labels = tuple(f"{n}: {label}" for n, label in zip(heads, labels, strict=True))
    found = []
    for row in rows:
        counts = confusion_matrix(truths, row.predictions, labels=classes)
        found.append(Matrix(row.name, heads, tuple(_lines(labels, counts))))
    return found


def _lines(
    labels: Sequence[str], counts: np.ndarray
) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    tenths = np.ceil(10 * counts / totals).astype(int)
    for label, row, shade in zip(labels, counts, tenths, strict=True):
        yield label, tuple(zip(row.tolist(), shade.tolist(), strict=True))
