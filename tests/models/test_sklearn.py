"""Scikit-learn's own checks of an estimator."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import check_estimator

from qtn.models import MPSClassifier

# Weights scale the loss of a row within its batch; a repeated row takes part in more batches.
# Training by batches can only agree on average, as for scikit-learn's own SGD estimators.
EXPECTED = {"check_sample_weight_equivalence_on_dense_data": "trained by batches"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mps_classifier_keeps_all_conventions() -> None:
    model = MPSClassifier(bond=2, epochs=8, rescale=True, learning_rate=0.05)
    check_estimator(model, expected_failed_checks=EXPECTED)
