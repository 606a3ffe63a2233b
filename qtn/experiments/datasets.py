"""From a section [data] to rows to learn from, and rows to test on."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._io import regular_file
from qtn._random import generator
from qtn.data import load_data, load_digits
from qtn.data.bins import QuantileBins
from qtn.errors import ArgumentError, FileError
from qtn.experiments import schema
from qtn.experiments.textbook import bars_and_stripes


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows (arrays, or sentences) to learn from and to test on; y is None without labels."""

    x: Any
    y: NDArray[Any] | None
    x_test: Any
    y_test: NDArray[Any] | None


def made_rows(asked: Any, folder: Path, seed: int) -> Rows:
    """Return the rows that a section [data] names.

    Args:
        asked: the section.
        folder: where its files stand.
        seed: of the split.

    Raises:
        FileError: a file that is missing or no table.
        ArgumentError: columns that are not there, or no rows.
    """
    match asked:
        case schema.BarsAndStripes():
            rows = bars_and_stripes(asked.rows, asked.columns)
            return Rows(rows, None, rows, None)
        case schema.Coded():
            return _table(asked, folder / asked.file, seed)
        case schema.Sentences():
            from qtn.applications.language import load_sentences

            parts = [load_sentences(folder / file) for file in (asked.file, asked.test)]
            return Rows(*parts[0], *parts[1])
        case schema.OfDigits():
            data = load_digits(asked.size, asked.classes, asked.test_fraction, seed)
        case _:
            options = {k: getattr(asked, k) for k in ("label", "classes", "size", "test_fraction")}
            data = load_data(folder / asked.file, seed=seed, **options)
    return Rows(data.x_train, data.y_train, data.x_test, data.y_test)


def _table(asked: schema.Coded, path: Path, seed: int) -> Rows:
    cells = _cells(path, asked.header)
    width = cells.shape[1]
    if asked.label is not None and asked.label >= width:
        raise ArgumentError(f"[data] `label` is {asked.label}, but `{path}` has {width} columns.")
    labels = None if asked.label is None else cells[:, asked.label]
    if asked.only is not None:
        cells = cells[labels == asked.only]
        labels = None
    cells = cells[: asked.rows]
    labels = None if labels is None else labels[: asked.rows]
    if not len(cells):
        raise ArgumentError(f"[data] keeps no row of `{path}`: none has the label {asked.only!r}.")
    columns = asked.columns or [k for k in range(width) if k != asked.label]
    if max(columns) >= width:
        raise ArgumentError(
            f"[data] `columns` names {max(columns)}, but `{path}` has {width} columns, from 0."
        )
    train, test = _split(len(cells), asked.test_fraction, seed)
    coded = [_coded(cells[:, k], train, asked.levels) for k in columns]
    rows = np.stack(coded, axis=1)
    y, y_test = (None, None) if labels is None else (labels[train], labels[test])
    return Rows(rows[train], y, rows[test], y_test)


def _cells(path: Path, header: bool) -> NDArray[Any]:
    """Return a table as an array of texts."""
    content = regular_file(path).read_bytes()
    try:
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        lines = list(csv.reader(io.StringIO(content.decode())))[int(header) :]
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        raise FileError(f"File `{path}` is no table that can be read: {error}.") from error
    lines = [line for line in lines if line]
    if not lines or len({len(line) for line in lines}) > 1:
        raise FileError(f"File `{path}` is no table: its lines have different numbers of cells.")
    return np.array([[cell.strip() for cell in line] for line in lines])


def _split(count: int, share: float | None, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return which rows are learned from and which are tested on: all and all without a share."""
    if share is None:
        return np.arange(count), np.arange(count)
    order = generator(seed, "split").permutation(count)
    tested = max(1, round(share * count))
    return np.sort(order[tested:]), np.sort(order[:tested])


def _coded(column: NDArray[Any], train: NDArray[Any], levels: int) -> NDArray[Any]:
    """Return a column as codes of its bins or of its words, known from the rows to learn from."""
    try:
        numbers = column.astype(float)
    except ValueError:
        words, counts = np.unique(column[train], return_counts=True)
        known = words[np.argsort(-counts, kind="stable")][: levels - 1]  # the rest are one level
        found = column[:, None] == known
        return np.where(found.any(axis=1), found.argmax(axis=1), len(known))
    bins = QuantileBins(levels).fit(numbers[train, None])
    return bins.transform(numbers[:, None])[:, 0]
