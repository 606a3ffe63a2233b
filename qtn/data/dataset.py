"""A train/test split of labelled rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, finite_array, indices, positive_int, text
from qtn._display import Display, Displayed, Table
from qtn._figures.axes import SIZE, axes_of, chosen
from qtn._figures.heatmap import draw_rows, mosaic_size
from qtn._figures.histogram import draw_classes
from qtn._optional import data_frame
from qtn.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# What rounding may add to a value scaled to [0, 1].
EDGE = 1e-9  # how far outside [0, 1] a value may lie by rounding
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dataset(Displayed):
    """Labelled rows, split into a part to train on and a part to test on.

    Args:
        x_train: rows to train on, shape (samples, features), values in [0, 1].
        y_train: their labels, or numbers to predict, shape (samples,).
        x_test: rows to test on, shape (samples, features), values in [0, 1].
        y_test: theirs, shape (samples,).
        shape: shape of the image that one row is, for instance (4, 4); (features,) if it is none.
        name: what the rows are.

    Raises:
        ArgumentError: empty or non-finite rows, values outside [0, 1], or shapes that disagree.
    """

    x_train: NDArray[np.float64]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float64]
    y_test: NDArray[np.int64]
    shape: tuple[int, ...]
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", indices("shape", self.shape))
        text("name", self.name)
        rows = {}
        for part in ("train", "test"):
            x, y = getattr(self, f"x_{part}"), getattr(self, f"y_{part}")
            rows[f"x_{part}"] = x = unit_rows(f"x_{part}", x)
            if x.shape[1] != int(np.prod(self.shape)):
                raise ArgumentError(
                    f"Argument `x_{part}` has rows of {x.shape[1]} features, but shape "
                    f"{self.shape} holds {int(np.prod(self.shape))}."
                )
            y = _targets(f"y_{part}", y)
            if y.shape != (len(x),):
                raise ArgumentError(
                    f"Argument `y_{part}` must have one label per row, shape ({len(x)},), but has "
                    f"shape {y.shape}."
                )
        for name in _ARRAYS:
            array = np.array(getattr(self, name) if name[0] == "y" else rows[name])
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def classes(self) -> NDArray[np.int64]:
        """The labels that occur, sorted."""
        return np.unique(np.concatenate([self.y_train, self.y_test]))

    @property
    def features(self) -> int:
        """Number of features of one row."""
        return int(self.x_train.shape[1])

    def plot(self, ax: Axes | None = None, *, kind: str = "samples", rows: int = 24) -> Axes:
        """Draw the first rows, or how many there are of each class.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "samples", rows to train on, as images if they are some; "classes", the rows of
                every class to train and to test on.
            rows: how many samples.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind, or no number of rows.
        """
        shown = positive_int("rows", rows)
        labels = [str(label) for label in self.y_train[:shown]]
        names = [str(label) for label in self.classes]
        draw = chosen(kind, {
            "samples": lambda axes: draw_rows(axes, self.x_train[:shown], self.shape, labels),
            "classes": lambda axes: draw_classes(axes, names, self._counts()),
        })  # fmt: skip
        images = kind == "samples" and len(self.shape) == 2
        found: Axes = draw(axes_of(ax, mosaic_size(shown) if images else SIZE))
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return all rows as a pandas data frame: part, label, one column per feature.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        parts = (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test))
        return data_frame([
            {"part": part, "label": label, **{f"x{k}": value for k, value in enumerate(row)}}
            for part, x, y in parts
            for row, label in zip(x.tolist(), y.tolist(), strict=True)
        ])  # fmt: skip

    def _counts(self) -> dict[str, list[int]]:
        """Rows of every class, by part."""
        parts = {"train": self.y_train, "test": self.y_test}
        return {name: [int((y == c).sum()) for c in self.classes] for name, y in parts.items()}

    def _brief(self) -> str:
        return (
            f"{self.name!r}, {len(self.x_train)} train + {len(self.x_test)} test rows, "
            f"shape={self.shape}, classes={self.classes.tolist()}"
        )

    def _display(self) -> Display:
        image = " × ".join(map(str, self.shape)) if len(self.shape) > 1 else None
        rows = [
            ("rows to train on", len(self.x_train)),
            ("rows to test on", len(self.x_test)),
            ("features", self.features),
            ("image", image),
        ]
        counts = zip(self.classes.tolist(), *self._counts().values(), strict=True)
        table = Table(("class", "train", "test"), list(counts))
        return Display(f"Data: {self.name}", rows, [table])


def _targets(name: str, y: object) -> NDArray[np.generic]:
    """Return labels, or the numbers that a regressor predicts."""
    if getattr(getattr(y, "dtype", None), "kind", "") == "f":
        return finite_array(name, y, dtype=np.float64)  # type: ignore[arg-type]
    return label_array(name, y)


def label_array(name: str, y: object) -> NDArray[np.generic]:
    """Return labels as an array of integers, text or flags."""
    try:
        labels = np.asarray(y)
    except Exception as error:  # a foreign `__array__` may raise anything
        raise fail(name, "an array of labels", y) from error
    whole = labels.dtype.kind == "f" and bool((labels == np.round(labels)).all())  # NaN is not
    if labels.dtype.kind not in "iubUS" and not whole and not _texts(labels):
        raise fail(name, "an array of labels (integers or text)", y)
    return labels


def _texts(labels: NDArray[np.generic]) -> bool:
    """Whether an array of objects, as pandas makes them, holds text or integers only."""
    kinds = str | int | np.integer
    return labels.dtype.kind == "O" and all(isinstance(label, kinds) for label in labels.flat)


def unit_rows(name: str, x: object) -> NDArray[np.float64]:
    """Return `x` as a float64 matrix of values in [0, 1], or raise `ArgumentError`.

    Values outside by no more than rounding, as scalers leave them, become 0 or 1.
    """
    rows = finite_array(name, x, ndim=2, dtype=np.float64)  # type: ignore[arg-type]
    low, high = float(rows.min()), float(rows.max())
    if low < -EDGE or high > 1 + EDGE:
        bad = low if low < 0 else high
        raise ArgumentError(
            f"Argument `{name}` must hold values in [0, 1], but holds {bad:g}. "
            "Scale the columns first, for instance with sklearn.preprocessing.MinMaxScaler("
            "clip=True)."
        )
    return np.clip(rows, 0.0, 1.0)


def listed(name: str, value: Any, expected: str, one: str) -> list[Any]:
    """Return the rows of a sequence, a column or a table, as a list that labels can follow.

    A table of another package, which iterates over the names of its columns, gives its rows.

    Args:
        name: of the argument.
        value: the rows, in order.
        expected: what it should be, for errors.
        one: what a row is, for errors.

    Raises:
        ArgumentError: a single text, a mapping, a set, or nothing that has rows.

    Example:
        >>> listed("x", ("old man", "sea"), "a sequence of sentences", "sentence")
        ['old man', 'sea']
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise fail(name, expected, value, f"One {one} is a list with one entry.")
    if isinstance(value, Set):
        raise fail(name, expected, value, "A set has no order: give a list.")
    try:
        rows = list(np.asarray(value) if is_table(value) else value)
    except Exception as error:  # a foreign `__iter__` may raise anything
        raise fail(name, expected, value) from error
    if not rows:
        raise fail(name, f"at least one {one}, in {expected}", value)
    return rows


def is_table(value: Any) -> bool:
    """Return whether a value has rows and columns.

    Example:
        >>> is_table(np.zeros((2, 3))), is_table(["a", "b"])
        (True, False)
    """
    return bool(getattr(value, "ndim", 1) == 2)


def sentence_array(name: str, value: Any) -> NDArray[Any]:
    """Return sentences as an array of objects, texts and tuples, of which rows can be taken.

    Raises:
        ArgumentError: no sequence of things, or an empty one.

    Example:
        >>> sentence_array("x", ["old man", ["the", "sea"]]).tolist()
        ['old man', ('the', 'sea')]
    """
    rows = listed(name, value, "a sequence of sentences", "sentence")
    found = np.empty(len(rows), dtype=object)
    for place, row in enumerate(rows):
        found[place] = tuple(row) if isinstance(row, list | np.ndarray) else row
    return found
