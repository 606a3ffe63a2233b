"""Scikit-learn's own checks of all estimators, in reduced configurations."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import check_estimator

from qtn.models import (
    MPSBornMachine,
    MPSClassifier,
    MPSRegressor,
    TTNBornMachine,
    TTNClassifier,
    TTNRegressor,
)

# Weights scale the loss of a row within its batch; a repeated row takes part in more batches.
# Training by batches can only agree on average, as for scikit-learn's own SGD estimators.
BY_BATCHES = {"check_sample_weight_equivalence_on_dense_data": "trained by batches"}
# Quantiles of bins are those of the rows, not of their weights.
BY_ROWS = {"check_sample_weight_equivalence_on_dense_data": "bins ignore weights"}
ONE_SITE = {
    "check_fit2d_1feature": "a tree needs two sites, as its error says",
}
CASES: dict[str, tuple[BaseEstimator, dict[str, Any]]] = {
    "chain": (MPSClassifier(2, epochs=8, rescale=True, learning_rate=0.05), BY_BATCHES),
    "tree": (TTNClassifier(3, epochs=8, rescale=True, learning_rate=0.05), BY_BATCHES | ONE_SITE),
    "isometric chain": (
        MPSClassifier(4, isometric=True, epochs=20, rescale=True, learning_rate=0.1),
        BY_BATCHES,
    ),
    # Predictions of a part of the rows must agree with those of all to 1e-7: double precision.
    "chain regressor": (
        MPSRegressor(4, rescale=True, learning_rate=0.02, dtype="float64"),
        BY_BATCHES,
    ),
    "tree regressor": (
        TTNRegressor(4, rescale=True, learning_rate=0.02, dtype="float64"),
        BY_BATCHES | ONE_SITE,
    ),
    "Born chain": (MPSBornMachine(4, bins=3, sweeps=3), BY_ROWS),
    "Born tree": (TTNBornMachine(4, bins=3, sweeps=3), BY_ROWS | ONE_SITE),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_all_conventions_are_kept(name: str) -> None:
    model, expected = CASES[name]
    check_estimator(model, expected_failed_checks=expected)
