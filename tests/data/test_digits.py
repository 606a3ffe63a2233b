from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits as sklearn_digits

from qtn.data import load_digits
from qtn.data.digits import block_mean
from qtn.errors import ArgumentError


def test_pixels_are_block_means_of_the_originals() -> None:
    images, labels = sklearn_digits(return_X_y=True)
    data = load_digits(size=4, classes="all")
    wanted = images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16) / 16
    both = np.vstack([data.x_train, data.x_test])
    assert np.unique(both, axis=0) == pytest.approx(np.unique(wanted, axis=0))
    assert len(both) == len(labels)
    assert load_digits(size=8).x_train.max() == 1.0


def test_split_is_stratified_and_decided_by_the_seed() -> None:
    data = load_digits(classes=(3, 8), test_fraction=0.5, seed=1)
    again = load_digits(classes=(3, 8), test_fraction=0.5, seed=1)
    other = load_digits(classes=(3, 8), test_fraction=0.5, seed=2)
    assert (data.x_train == again.x_train).all()
    assert (data.x_train != other.x_train).any()
    assert data.classes.tolist() == [3, 8]
    assert abs((data.y_train == 3).mean() - (data.y_test == 3).mean()) < 0.01


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_digits().x_train[0, 0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 3}, "`size` must be one of 2, 4, 8, but is 3"),
        ({"classes": (3,)}, "at least two different digits of 0..9, but is"),
        ({"classes": (3, 10)}, "at least two different digits of 0..9, but is"),
        ({"classes": "some"}, "`classes` must be one of 'all', but is 'some'"),
        ({"test_fraction": 0.0}, "`test_fraction` must be a finite number"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        load_digits(**arguments)


def test_blocks_must_fit() -> None:
    with pytest.raises(ArgumentError, match="`factor` must divide both sides"):
        block_mean(np.zeros((1, 4, 4)), 3)
