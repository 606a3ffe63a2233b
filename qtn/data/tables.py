"""Rows from files that people have: tables in text, arrays of NumPy, images in IDX.

Columns with values outside [0, 1] are scaled linearly to it, by the smallest and the largest value
of the rows to train on,

    x ↦ clip((x - min) / (max - min), 0, 1),

so that nothing of the test rows enters the training; bytes are divided by 255. A constant column
becomes 0.
"""

from __future__ import annotations

import csv
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import did_you_mean, fail, finite_array, items, positive_int, real
from qtn._io import refuse_pickle, regular_file
from qtn._memory import check_memory
from qtn._random import derived_seed
from qtn.data.dataset import Dataset
from qtn.data.digits import block_mean
from qtn.data.idx import load_idx
from qtn.errors import ArgumentError, FileError

TEXTS = (".csv", ".tsv", ".txt")
LABELS = ("label", "labels", "class", "target", "y")
INPUTS = ("x", "data", "images", "features")
FORMS = "Give a table (.csv, .tsv, .txt), arrays (.npz) or images in IDX."
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows as a file has them: features, labels or None, the shape of a row, and a test part."""

    x: Array
    y: Array | None
    shape: tuple[int, ...]
    test: tuple[Array, Array | None] | None = None


def load_data(
    path: str | os.PathLike[str],
    *,
    label: str | int | os.PathLike[str] | None = "auto",
    classes: Sequence[Any] | str = "all",
    size: int | None = None,
    test_fraction: float = 0.25,
    seed: int = 0,
) -> Dataset:
    """Load rows from a file, scaled to [0, 1] and split into a train and a test part.

    Args:
        path: a table in text (`.csv`, `.tsv`, `.txt`; a first row without numbers names the
            columns), arrays of NumPy (`.npz` with x and y, or x_train, y_train, x_test, y_test;
            also data/target, images/labels), or images in IDX (MNIST and its family).
        label: where the labels are: name or number of the column, name of the array, or the IDX
            file of the labels; None for rows without labels, which all get the label 0. "auto"
            takes a column or array called label, class, target or y; of `…images-idx3…` the file
            `…labels-idx1…` beside it; else there are none.
        classes: labels to keep, or "all".
        size: pixels per side that square images are averaged to; None keeps them.
        test_fraction: part of the rows (of every class) to keep for testing, 0.01 to 0.9; unused
            where the file has test rows.
        seed: chooses the split.

    Returns:
        A `Dataset`. Columns with values outside [0, 1] are scaled by the training rows, bytes are
        divided by 255.

    Raises:
        ArgumentError: an option that does not fit the file.
        FileError: no such file, or content that cannot be read as rows of numbers, with the line
            and the column.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "rows.csv")
        ...     _ = path.write_text("a,b,class\\n" + "1,20,yes\\n3,10,no\\n" * 8)
        ...     load_data(path)
        Dataset('rows.csv', 12 train + 4 test rows, shape=(2,), classes=['no', 'yes'])
    """
    fraction = real("test_fraction", test_fraction, 0.01, 0.9)
    target = regular_file(path)
    if label is not None and not isinstance(label, str | int | np.integer | os.PathLike):
        raise fail("label", "a name, a number, the path of a file, or None", label)
    if not isinstance(classes, str):
        classes = items("classes", classes, 'labels to keep, or "all"')
    refuse_pickle(target)
    if target.suffix.lower() in TEXTS:
        rows = _table(target, label)
    elif target.suffix.lower() == ".npz":
        rows = _arrays(target, label)
    else:
        rows = _images(target, label)
    rows = _kept(_shrunk(rows, size), classes)
    return _split(rows, fraction, seed, target.name)


def _table(path: Path, label: Any) -> _Rows:
    """Read a table in text."""
    names, lines = _cells(path)
    width, first = len(names) or len(lines[0]), 2 if names else 1
    column = _column(label, names, width)
    kept = [k for k in range(width) if k != column]
    if not kept:
        raise FileError(f"File `{path}` holds no features. {FORMS}")
    x = np.empty((len(lines), len(kept)))
    for number, row in enumerate(lines):
        if len(row) != width:
            raise FileError(
                f"File `{path}`, row {first + number}: {len(row)} columns, not {width}."
            )
        for place, k in enumerate(kept):
            if not _is_number(row[k]):
                shown = names[k] if names else k
                raise FileError(
                    f"File `{path}`, row {first + number}: column {shown!r} holds {row[k]!r}, no "
                    "number. Fill or remove such rows, write words as numbers, or name the column "
                    "of the labels by `label`."
                )
            x[number, place] = float(row[k])
    y = None if column is None else _labels([row[column].strip() for row in lines])
    return _Rows(x, y, (len(kept),))


def _cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns, if the first row has them, and the other rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"File `{path}` is no text in UTF-8. {FORMS}") from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t ", key=head.count)
    rows = csv.reader(text.splitlines(), delimiter=delimiter, skipinitialspace=True)
    lines = [row for row in rows if any(map(str.strip, row))]
    names: list[str] = []
    if lines and not any(map(_is_number, lines[0])):
        names = [cell.strip() for cell in lines.pop(0)]
    if not lines:
        raise FileError(f"File `{path}` holds no rows. {FORMS}")
    return names, lines


def _column(label: Any, names: list[str], width: int) -> int | None:
    """Return the number of the column of the labels."""
    if label is None:
        return None
    plain = [name.lower() for name in names]
    if label == "auto":
        return next((plain.index(word) for word in LABELS if word in plain), None)
    if isinstance(label, str) and label in names:
        return names.index(label)
    number = int(label) if isinstance(label, str) and label.isdecimal() else label
    if isinstance(number, int) and not isinstance(number, bool) and -width <= number < width:
        return number % width
    hint = did_you_mean(str(label), names) if names else "The columns have no names. "
    raise ArgumentError(
        f"Argument `label` must be a column of the table, but is {label!r}. {hint}"
        f"Or give a number of 0 … {width - 1}."
    )


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _labels(cells: list[str]) -> Array:
    """Return labels as whole numbers, numbers, or text."""
    if not all(map(_is_number, cells)):
        return np.array(cells)
    values = np.array(cells, dtype=np.float64)
    whole = bool((values == np.round(values)).all() and np.abs(values).max() < 2**53)
    return values.astype(np.int64) if whole else values


def _arrays(path: Path, label: Any) -> _Rows:
    """Read arrays of NumPy, never objects, which only a pickle could hold."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_memory(2 * sum(i.file_size for i in archive.infolist()), f"`{path}`", FileError)
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except FileError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise FileError(f"File `{path}` holds no arrays that can be read ({error}).") from error
    known = {name.lower().replace("-", "_"): name for name in arrays}
    x, y = _pair(path, arrays, known, label, ("", "_train"))
    test = None
    if any(f"{name}_test" in known for name in INPUTS):
        inputs, labels = _pair(path, arrays, known, label, ("_test",))
        test = (_flat("x_test", inputs)[0], labels)
    flat, shape = _flat("x", x)
    return _Rows(flat, y, shape, test)


def _pair(
    path: Path, arrays: dict[str, Array], known: dict[str, str], label: Any, ends: Sequence[str]
) -> tuple[Array, Array | None]:
    """Return inputs and labels of one part by the names that people give them."""
    inputs = [known[n + end] for end in ends for n in INPUTS if n + end in known]
    if not inputs:
        raise FileError(
            f"File `{path}` has arrays {sorted(arrays)}, none of them called x, data, images or "
            "features. Write it as numpy.savez(path, x=rows, y=labels)."
        )
    wanted = LABELS if label == "auto" else (str(label).lower(),)
    found = [known[n + end] for end in ends for n in wanted if n + end in known]
    if label not in (None, "auto") and not found:
        raise ArgumentError(
            f"Argument `label` must be an array of the file, but is {label!r}. "
            f"{did_you_mean(str(label), arrays)}"
        )
    return arrays[inputs[0]], None if label is None or not found else arrays[found[0]]


def _images(path: Path, label: Any) -> _Rows:
    """Read images in IDX, with the file of their labels."""
    x, shape = _flat("images", load_idx(path))
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if label == "auto":
        label = beside if beside != path and beside.is_file() else None
    return _Rows(x, None if label is None else load_idx(label), shape)


def _flat(name: str, x: Array) -> tuple[Array, tuple[int, ...]]:
    """Return rows as a matrix of numbers, bytes divided by 255, and the shape of a row."""
    array = finite_array(name, x)
    if array.ndim < 2:
        raise fail(name, "an array of rows", array)
    scale = 255.0 if array.dtype == np.uint8 and array.max() > 1 else 1.0
    real_rows = finite_array(name, array.reshape(len(array), -1), dtype=np.float64)
    return real_rows / scale, tuple(int(s) for s in array.shape[1:])


def _shrunk(rows: _Rows, size: int | None) -> _Rows:
    """Average square images to fewer pixels."""
    if size is None:
        return rows
    positive_int("size", size)
    side = rows.shape[0] if len(rows.shape) == 2 else round(rows.x.shape[1] ** 0.5)
    if side * side != rows.x.shape[1] or side % size:
        raise fail("size", f"a divisor of the side of square images; rows have {rows.shape}", size)

    def means(x: Array) -> Array:
        return block_mean(x.reshape(-1, side, side), side // size).reshape(len(x), -1)

    test = None if rows.test is None else (means(rows.test[0]), rows.test[1])
    return _Rows(means(rows.x), rows.y, (size, size), test)


def _kept(rows: _Rows, classes: Any) -> _Rows:
    """Keep the rows of some classes; rows without labels get the label 0."""
    if isinstance(classes, str):
        if classes != "all":
            raise fail("classes", 'labels to keep, or "all"', classes)
        return rows
    if rows.y is None:
        raise ArgumentError("Argument `classes` needs labels, but the file has none: see `label`.")
    wanted = {str(c) for c in classes}
    missing = sorted(wanted - {str(c) for c in np.unique(rows.y)})
    if missing:
        known = [str(c) for c in np.unique(rows.y)[:20]]
        raise fail("classes", f"labels of the file ({', '.join(known)})", missing[0])

    def chosen(x: Array, y: Array | None) -> tuple[Array, Array | None]:
        if y is None:
            return x, None
        mask = np.isin(y.astype(str), sorted(wanted))
        return x[mask], y[mask]

    x, y = chosen(rows.x, rows.y)
    return _Rows(x, y, rows.shape, None if rows.test is None else chosen(*rows.test))


def _split(rows: _Rows, fraction: float, seed: int, name: str) -> Dataset:
    """Scale and split."""
    from sklearn.model_selection import train_test_split

    x, y = rows.x, _given(rows.x, rows.y)
    if rows.test is not None:
        x_train, y_train, x_test = x, y, rows.test[0]
        y_test = _given(x_test, rows.test[1])
    else:
        if len(x) < 2:
            raise FileError(f"File `{name}` holds {len(x)} row; at least two are needed.")
        counts = np.unique(y, return_counts=True)[1]
        few = counts.min() < 2 or len(counts) > max(1, int(fraction * len(x)))
        x_train, x_test, y_train, y_test = train_test_split(
            *(x, y),
            test_size=fraction,
            stratify=None if few or y.dtype.kind == "f" else y,
            random_state=derived_seed(seed, "rows-split"),
        )
    low, high = x_train.min(0), x_train.max(0)
    if rows.test is not None and x_test.shape[1:] != x_train.shape[1:]:
        raise FileError(f"File `{name}`: train and test rows differ in their columns.")
    outside = (low < 0) | (high > 1)
    low, width = np.where(outside, low, 0.0), np.where(outside, high - low, 1.0)
    width[width == 0] = np.inf  # a constant column becomes 0
    x_train, x_test = (np.clip((part - low) / width, 0.0, 1.0) for part in (x_train, x_test))
    return Dataset(x_train, y_train, x_test, y_test, rows.shape, name)


def _given(x: Array, y: Array | None) -> Array:
    """Return the labels of rows, 0 where there are none."""
    if y is None:
        return np.zeros(len(x), dtype=np.int64)
    if y.shape != (len(x),):
        raise ArgumentError(f"There are {len(x)} rows, but labels of shape {y.shape}.")
    return y
