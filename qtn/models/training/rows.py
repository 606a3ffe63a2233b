"""Rows and labels as the models want them: checked once, with errors that say what to do."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from qtn._checks import fail, finite_array, positive_int, real
from qtn.data.dataset import ROUNDING, label_array
from qtn.errors import ArgumentError

# How far outside the training range is "far", in ranges.
_FAR = 0.5


class NoNumbersError(ArgumentError, TypeError):
    """Rows or labels of a type that is no number; scikit-learn expects a TypeError then."""


@contextmanager
def all_or_nothing(model: BaseEstimator) -> Iterator[None]:
    """Leave a fitted model as it was if the block, a new fit, fails."""
    before = dict(vars(model))
    try:
        yield
    except BaseException:
        vars(model).clear()
        vars(model).update(before)
        raise


def check_rows(model: BaseEstimator, x: Any, *, reset: bool) -> NDArray[np.float64]:
    """Return `X` as a finite float64 matrix with the number of columns the model knows.

    Raises:
        ArgumentError: empty, not numeric, NaN or infinite, or another number of columns.
    """
    try:
        rows = validate_data(model, x, reset=reset, dtype=np.float64)
    except TypeError as error:
        raise NoNumbersError(f"Argument `X` cannot be used: {_one_line(error)}") from error
    except ValueError as error:
        raise ArgumentError(f"Argument `X` cannot be used: {_one_line(error)}") from error
    return np.asarray(rows)


def check_labelled(
    model: BaseEstimator, x: Any, y: Any
) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[np.int64]]:
    """Return rows, classes and class numbers.

    Raises:
        ArgumentError: rows or labels that cannot be used, or one class only.
    """
    try:
        rows, labels = validate_data(model, x, y, dtype=np.float64)
        check_classification_targets(labels)
    except Exception as error:  # a foreign object may raise anything
        text = str(error)
        name = "y" if "target" in text or "label" in text or " y " in text else "X"
        kind = NoNumbersError if isinstance(error, TypeError) else ArgumentError
        raise kind(f"Argument `{name}` cannot be used: {_one_line(error)}") from error
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ArgumentError(
            f"Argument `y` must hold at least two classes, but holds one class only: "
            f"{classes[0]!r}. Add rows of another class."
        )
    return rows, classes, numbers.astype(np.int64)


def check_targets(
    model: BaseEstimator, x: Any, y: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows and the targets of a regression, float64, of the shape given.

    Raises:
        ArgumentError: rows or targets that cannot be used.
    """
    try:
        rows, targets = validate_data(
            model, x, y, dtype=np.float64, multi_output=True, y_numeric=True
        )
    except Exception as error:  # a foreign object may raise anything
        name = "y" if " y " in str(error) else "X"
        kind = NoNumbersError if isinstance(error, TypeError) else ArgumentError
        raise kind(f"Argument `{name}` cannot be used: {_one_line(error)}") from error
    return rows, np.asarray(targets, dtype=np.float64)


def check_weights(sample_weight: Any, rows: int) -> NDArray[np.float64]:
    """Return the weights of the rows; None stands for ones.

    Raises:
        ArgumentError: another number of weights, negative or not finite, or all zero.
    """
    if sample_weight is None:
        return np.ones(rows)
    wanted = "one non-negative weight per row, not all zero"
    try:
        weights = np.array(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise fail("sample_weight", wanted, sample_weight) from error
    good = weights.shape == (rows,) and np.isfinite(weights).all()
    if not good or (weights < 0).any() or not weights.any():
        raise fail("sample_weight", wanted, sample_weight)
    return weights


def check_class_weights(weights: Mapping[Any, Any], classes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the weight of every class; a class that is not named weighs 1.

    Raises:
        ArgumentError: a label that is none of the classes, or a weight that is none.
    """
    out = np.ones(len(classes))
    for label, weight in weights.items():
        hits = np.flatnonzero(classes == label)
        if len(hits) != 1:
            known = ", ".join(repr(c) for c in classes.tolist())
            raise ArgumentError(
                f"Argument `class_weight` must name labels of `y` ({known}), but names {label!r}. "
                "Write the labels as `y` has them."
            )
        out[hits[0]] = real(f"class_weight[{label!r}]", weight, 0.0)
    return out


def first_classes(y: Any, classes: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return labels and sorted classes of the first rows of a model trained in parts.

    Raises:
        ArgumentError: no classes, or fewer than two.
    """
    if classes is None:
        raise ArgumentError(
            "Argument `classes` must name all labels in the first call of partial_fit, but is None."
        )
    names = np.unique(np.asarray(classes))
    if len(names) < 2:
        raise fail("classes", "the labels of at least two classes", classes)
    return np.asarray(y), names


def label_number(label: Any, classes: NDArray[Any]) -> int:
    """Return the number of `label` among the classes, or raise `ArgumentError`."""
    single = isinstance(label, str | numbers.Number | np.generic)
    hits = np.flatnonzero(classes == label) if single else np.empty(0, dtype=np.int64)
    if len(hits) != 1:
        raise fail("label", "one of " + ", ".join(repr(c) for c in classes.tolist()), label)
    return int(hits[0])


def known_labels(y: ArrayLike, classes: NDArray[Any]) -> NDArray[Any]:
    """Return `y` as an array, or raise `ArgumentError` if it holds a label never seen."""
    labels = label_array("y", y)
    try:
        strange = np.setdiff1d(labels, classes)
    except TypeError as error:  # text beside numbers
        raise fail("y", f"labels like {classes[0]!r}", y) from error
    if len(strange):
        known = ", ".join(repr(c) for c in classes.tolist())
        raise ArgumentError(
            f"Argument `y` must hold labels seen in training ({known}), but holds "
            f"{strange[0].item()!r}. Leave such rows out, or train with them."
        )
    return labels


class Scaling:
    """Columns to [0, 1], and how many sites hold a column.

    Args:
        low: of every column, what becomes 0; None takes rows in [0, 1] only, as they are.
        width: of every column, from what becomes 0 to what becomes 1; None as `low` is.
        copies: sites per column.
    """

    def __init__(
        self,
        low: NDArray[np.float64] | None,
        width: NDArray[np.float64] | None,
        copies: int = 1,
    ) -> None:
        self.low, self.width, self.copies = low, width, copies

    @classmethod
    def restored(
        cls, low: NDArray[np.float64], width: NDArray[np.float64], copies: int, columns: int
    ) -> Scaling:
        """Return the scaling that a file holds.

        Raises:
            ArgumentError: its numbers are no ranges of that many columns.
        """
        finite_array("scaling.low", low, ndim=1)
        if low.shape != (columns,) or width.shape != (columns,) or not (width > 0).all():
            raise fail("scaling.width", f"a positive width for each of {columns} columns", width)
        return cls(low, width, positive_int("copies", copies, maximum=64))

    @classmethod
    def learn(
        cls, rows: NDArray[np.float64], rescale: bool | str = "auto", copies: int = 1
    ) -> Scaling:
        """Learn the ranges of the columns; constant columns become 0, whatever comes.

        Args:
            rows: training rows.
            rescale: True scales every column by its minimum and maximum, False none, and "auto"
                none either where all rows lie in [0, 1] already.
            copies: sites per column.
        """
        if rescale is False:
            return cls(None, None, copies)
        low, high = rows.min(axis=0), rows.max(axis=0)
        if rescale == "auto" and low.min() >= 0 and high.max() <= 1 + ROUNDING:
            return cls(np.zeros(rows.shape[1]), np.ones(rows.shape[1]), copies)
        with np.errstate(over="ignore"):
            width = high - low
        if not np.isfinite(width).all():
            raise ArgumentError(
                "Argument `X` must hold columns whose range is a finite number, but column "
                f"{int(np.argmin(np.isfinite(width)))} reaches from {low.min():g} to "
                f"{high.max():g}. Scale it first."
            )
        return cls(low, np.where(width > 0, width, np.inf), copies)

    def apply(self, rows: NDArray[np.float64], name: str = "X") -> NDArray[np.float64]:
        """Return what the sites hold, in [0, 1]: shape (rows, columns · copies).

        Values beyond the training range become its ends; a warning names those far beyond it.

        Raises:
            ArgumentError: nothing was learnt and a value lies outside [0, 1].
        """
        if self.low is None or self.width is None:
            self._refuse_outside(rows, name)
            scaled = rows
        else:
            with np.errstate(over="ignore"):
                scaled = (rows - self.low) / self.width
            self._warn_far(rows, scaled, name)
        return np.repeat(np.clip(scaled, 0.0, 1.0), self.copies, axis=1)

    def _refuse_outside(self, rows: NDArray[np.float64], name: str) -> None:
        low, high = float(rows.min()), float(rows.max())
        if low < -ROUNDING or high > 1 + ROUNDING:
            raise ArgumentError(
                f"Argument `{name}` must hold features in [0, 1], but holds "
                f"{low if low < 0 else high:g}. Scale the columns first, or make the model with "
                "rescale=True."
            )

    def _warn_far(self, rows: NDArray[np.float64], scaled: NDArray[np.float64], name: str) -> None:
        far = (scaled < -_FAR) | (scaled > 1 + _FAR)
        if far.any() and self.low is not None and self.width is not None:
            row, column = (int(i) for i in np.argwhere(far)[0])
            low, width = float(self.low[column]), float(self.width[column])
            warnings.warn(
                f"{int(far.any(axis=1).sum())} of {len(rows)} rows of `{name}` lie far outside the "
                f"training range, such as {rows[row, column]:g} in column {column} (trained on "
                f"{low:g} … {low + width:g}); they are taken as its ends.",
                stacklevel=4,
            )


class Codes:
    """Columns of categories as integers from 0, for one-hot features."""

    def __init__(self, levels: NDArray[np.int64]) -> None:
        self.levels = levels

    @classmethod
    def restored(cls, levels: NDArray[np.int64], columns: int) -> Codes:
        """Return the codes that a file holds.

        Raises:
            ArgumentError: its numbers are no levels of that many columns.
        """
        if levels.shape != (columns,) or levels.dtype != np.int64 or levels.min() < 1:
            raise fail("codes.levels", f"a number of levels for each of {columns} columns", levels)
        return cls(levels)

    @classmethod
    def learn(cls, rows: NDArray[np.float64]) -> Codes:
        """Learn how many categories every column has.

        Raises:
            ArgumentError: a value is no integer from 0.
        """
        if (rows != np.floor(rows)).any() or rows.min() < 0:
            raise ArgumentError(
                "Argument `X` must hold integers from 0 for one-hot features, but holds other "
                "numbers. Encode the categories with sklearn.preprocessing.OrdinalEncoder."
            )
        return cls(rows.max(axis=0).astype(np.int64) + 1)

    def apply(self, rows: NDArray[np.float64], name: str = "X") -> NDArray[np.float64]:
        """Return the rows themselves.

        Raises:
            ArgumentError: a category that was never seen in training.
        """
        strange = (rows >= self.levels) | (rows < 0) | (rows != np.floor(rows))
        if strange.any():
            row, column = (int(i) for i in np.argwhere(strange)[0])
            raise ArgumentError(
                f"Argument `{name}` must hold categories seen in training (0 … "
                f"{self.levels[column] - 1} in column {column}), but row {row} holds "
                f"{rows[row, column]:g}. Group rare categories before training, for instance with "
                "OrdinalEncoder(max_categories=...)."
            )
        return rows


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith(".") else f"{text}."
