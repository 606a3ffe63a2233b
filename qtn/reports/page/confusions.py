"""Confusion matrices as tables: they are read on any screen, and by a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix

from qtn.reports.rows import Row

SHOWN = 24  # matrices of very many rows


@dataclass(frozen=True, slots=True)
class Matrix:
    """One matrix.

    Args:
        name: of the row.
        labels: of the classes.
        lines: per true class (label, cells); a cell is (count, share of the class in tenths).
    """

    name: str
    labels: tuple[str, ...]
    lines: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


def matrices(rows: Sequence[Row], truths: np.ndarray, classes: np.ndarray) -> list[Matrix]:
    """Return the matrices of the first rows."""
    labels = tuple(str(c) for c in classes)
    return [
        _matrix(row.name, confusion_matrix(truths, row.predictions, labels=classes), labels)
        for row in rows
    ]


def _matrix(name: str, counts: np.ndarray, labels: tuple[str, ...]) -> Matrix:
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    tenths = np.ceil(10 * counts / totals).astype(int)
    lines = tuple(
        (label, tuple(zip(row.tolist(), shade.tolist(), strict=True)))
        for label, row, shade in zip(labels, counts, tenths, strict=True)
    )
    return Matrix(name, labels, lines)
