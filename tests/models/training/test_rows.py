from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models import MPSClassifier, TTNClassifier
from qtn.models.training.rows import (
    check_class_weights,
    first_classes,
    known_labels,
    label_number,
)

KINDS = {"chain": MPSClassifier, "tree": TTNClassifier}
X = np.random.default_rng(0).random((12, 4))
Y = np.array([0, 1, 5] * 4)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.where(X > 0.9, np.nan, X), Y, "`X` cannot be used: Input X contains NaN"),
        ([["a", "b"]] * 12, Y, "`X` cannot be used"),
        (X, Y[:-1], "inconsistent numbers of samples"),
        (X, np.zeros(12), "holds one class only"),
        (X, X[:, 0], "`y` cannot be used: Unknown label type"),
        (X[:0], Y[:0], "0 sample"),
    ],
)
def test_bad_rows_are_refused_before_work_starts(
    kind: str, x: object, y: object, message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        KINDS[kind](2).fit(x, y)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_gaps_between_labels_half_precision_and_constant_columns_are_fine(kind: str) -> None:
    x = X.astype(np.float16)
    x[:, 2] = 0.5
    model = KINDS[kind](2, epochs=1, rescale=True).fit(x, Y)
    assert set(model.predict(x)) <= {0, 1, 5}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_class_with_one_sample(kind: str) -> None:
    y = np.array([0, 1] * 5 + [0, 9])
    assert 9 in KINDS[kind](2, epochs=1).fit(X, y).classes_
    with pytest.raises(ArgumentError, match=r"one row only of class .*9"):
        KINDS[kind](2, validation_fraction=0.2).fit(X, y)


def test_more_features_than_leaves() -> None:
    with pytest.raises(ArgumentError, match="`tree` must join 4 sites to one root"):
        TTNClassifier(2, tree=((0, 1), (2, 3))).fit(X, Y)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_rows_outside_are_refused_where_nothing_is_scaled(kind: str) -> None:
    with pytest.raises(ArgumentError, match=r"`X` must hold features in \[0, 1\]"):
        KINDS[kind](2, rescale=False).fit(X + 1, Y)


def test_class_weights_name_classes() -> None:
    names = np.array(["no", "yes"])
    assert check_class_weights({"yes": 3}, names).tolist() == [1.0, 3.0]
    with pytest.raises(ArgumentError, match=r"`class_weight` must name labels .* names 'Yes'"):
        check_class_weights({"Yes": 3}, names)
    for bad in (-1, np.nan, "2", None, True):
        with pytest.raises(ArgumentError, match=r"`class_weight\['yes'\]` must be a finite number"):
            check_class_weights({"yes": bad}, names)
    with pytest.raises(ArgumentError, match="`class_weight` must be weights that leave a row"):
        MPSClassifier(class_weight={0: 0, 1: 0, 5: 0}).fit(X, Y)


def test_weights_that_are_no_numbers_are_refused() -> None:
    for bad in (["a"] * 12, np.ones((12, 2)), [None] * 12, "heavy"):
        with pytest.raises(ArgumentError, match="`sample_weight` must be one non-negative weight"):
            MPSClassifier(2).fit(X, Y, sample_weight=bad)


def test_labels() -> None:
    assert label_number(5, np.array([0, 1, 5])) == 2
    with pytest.raises(ArgumentError, match="`label` must be one of"):
        label_number(2, np.array([0, 1, 5]))
    with pytest.raises(ArgumentError, match="labels seen in training"):
        known_labels([3], np.array([0, 1, 5]))
    assert first_classes([1, 0], [1, 0])[1].tolist() == [0, 1]
