"""Rows and labels as the models want them: checked once, with errors that say what to do."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from qtn._checks import fail, real
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError


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


class CheckedRows(np.ndarray[Any, Any]):
    """A view of rows that the model has checked: their columns have no names to compare any more.

    scikit-learn would warn that a model fitted with names gets an array without.
    """


def check_rows(
    model: BaseEstimator, x: Any, *, reset: bool, name: str = "X", missing: bool = False
) -> NDArray[np.float64]:
    """Return `X` as a finite float64 matrix with the number of columns the model knows.

    Args:
        model: the estimator.
        x: the rows.
        reset: whether the model learns their number and names.
        name: of the argument in errors.
        missing: whether NaN may stand for what is missing.

    Raises:
        ArgumentError: empty, not numeric, NaN or infinite, or another number of columns.
    """
    if isinstance(x, CheckedRows):
        return np.asarray(x)
    try:
        finite = "allow-nan" if missing else True
        rows = validate_data(model, x, reset=reset, dtype=np.float64, ensure_all_finite=finite)
    except TypeError as error:
        raise NoNumbersError(f"Argument `{name}` cannot be used: {_one_line(error)}") from error
    except ValueError as error:
        raise ArgumentError(f"Argument `{name}` cannot be used: {_one_line(error)}") from error
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


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith(".") else f"{text}."
