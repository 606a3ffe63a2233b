"""Scikit-learn's own checks of all estimators, as they stand and in other configurations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
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

DEFAULTS = (
    MPSClassifier,
    TTNClassifier,
    MPSRegressor,
    TTNRegressor,
    MPSBornMachine,
    TTNBornMachine,
)
SINGLE = {"dtype": "float32"}
# Weights scale the loss of a row within its batch; a repeated row takes part in more batches.
# In single precision both agree to rounding only.
BY_ROUNDING = {"check_sample_weight_equivalence_on_dense_data": "single precision"}
# Frequencies scatter row by row, so that a row that is there twice is not one of twice the weight.
SCATTER = {"check_sample_weight_equivalence_on_dense_data": "rows scatter"}
CASES: dict[str, tuple[BaseEstimator, dict[str, Any]]] = {
    "chain": (MPSClassifier(2, epochs=8, learning_rate=0.05, **SINGLE), BY_ROUNDING),
    "tree": (TTNClassifier(3, epochs=8, learning_rate=0.05, **SINGLE), BY_ROUNDING),
    "isometric chain": (MPSClassifier(4, isometric=True, epochs=20, learning_rate=0.1), {}),
    "tree in blocks": (TTNClassifier(isometric=True, nodes="blocks", epochs=20), SCATTER),
    "chain in blocks": (MPSClassifier(4, isometric=True, nodes="blocks", epochs=20), {}),
    "Born chain": (MPSBornMachine(4, bins=3, sweeps=3, random_state=0), {}),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_all_conventions_are_kept(name: str) -> None:
    model, expected = CASES[name]
    check_estimator(model, expected_failed_checks=expected)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
def test_all_conventions_are_kept_by_default(kind: type) -> None:
    check_estimator(kind())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [MPSBornMachine, TTNBornMachine], ids=lambda kind: kind.__name__)
def test_quick_machines_keep_them_every_day(kind: type) -> None:
    check_estimator(kind(sweeps=2))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [MPSClassifier, TTNClassifier, MPSRegressor, TTNRegressor])
def test_a_data_frame_is_fitted_without_a_warning(kind: type) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((12, 3)), columns=["a", "b", "c"])
    model = kind(bond=3, epochs=1).fit(frame, np.arange(12) % 2)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    assert model.predict(frame).shape == (12,)
    with pytest.warns(UserWarning, match="valid feature names"):
        model.predict(frame.to_numpy())
