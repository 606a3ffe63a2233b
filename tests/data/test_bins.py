from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from qtn.data import QuantileBins
from qtn.errors import ArgumentError


def test_bins_are_equally_filled_and_common_values_stay_alone() -> None:
    rng = np.random.default_rng(0)
    spread = rng.normal(size=1000)
    zeros, ones = (rng.random(1000) < 0.1) * 1.0, (rng.random(1000) < 0.9) * 1.0
    rows = np.stack([spread, zeros, ones, np.full(1000, 3.0)], axis=1)
    codes = QuantileBins(4).fit_transform(rows)
    assert np.bincount(codes[:, 0]) == pytest.approx(np.full(4, 250), abs=2)
    assert (codes[:, 1] == zeros).all()
    assert (codes[:, 2] == ones).all()
    assert (codes[:, 3] == 0).all()


def test_values_beyond_the_training_rows_join_the_outer_bins() -> None:
    bins = QuantileBins(2).fit([[0.0], [1.0], [2.0], [3.0]])
    assert bins.transform([[-9.0], [9.0]]).ravel().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("bins", "rows", "message"),
    [
        (1, [[0.0]], "`bins` must be an integer of at least 2"),
        (4, [[np.nan]], "`X` cannot be used: Input X contains NaN"),
        (4, [["a"]], "`X` cannot be used"),
    ],
)
def test_bad_input_is_refused(bins: int, rows: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        QuantileBins(bins).fit(rows)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_conventions_of_scikit_learn_are_kept() -> None:
    check_estimator(QuantileBins())


def test_weights_count_as_repetitions() -> None:
    rng = np.random.default_rng(0)
    rows, weights = rng.normal(size=(30, 2)).round(1), rng.integers(1, 5, 30)
    weighted = QuantileBins(5).fit(rows, sample_weight=weights)
    repeated = QuantileBins(5).fit(np.repeat(rows, weights, axis=0))
    for a, b in zip(weighted.edges_, repeated.edges_, strict=True):
        assert (a == b).all()
    with pytest.raises(
        ArgumentError, match="`sample_weight` must be one non-negative weight per row"
    ):
        QuantileBins(5).fit(rows, sample_weight=np.zeros(30))
