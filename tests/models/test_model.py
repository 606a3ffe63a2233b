"""What classifiers and regressors share: precision, files, validation, the order of checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from qtn.errors import ArgumentError
from qtn.models import MPSClassifier, MPSRegressor, TTNClassifier, TTNRegressor

KINDS: dict[str, Any] = {
    "chain": MPSClassifier,
    "tree": TTNClassifier,
    "chain regressor": MPSRegressor,
    "tree regressor": TTNRegressor,
}


def table(rows: int = 80) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).random((rows, 4))
    return x, (x[:, 0] > x[:, 1]).astype(int)


@pytest.mark.parametrize("name", KINDS)
def test_few_rows_are_trained_in_double_precision_and_many_in_single(name: str) -> None:
    for rows, dtype in ((20, torch.float64), (80, torch.float32)):
        model = KINDS[name](3, epochs=1).fit(*table(rows))
        assert next(model.network_.parameters()).dtype == dtype
    model = KINDS[name](3, epochs=1, dtype="float64").fit(*table(80))
    assert next(model.network_.parameters()).dtype == torch.float64


@pytest.mark.parametrize("name", KINDS)
def test_a_prediction_does_not_depend_on_the_rows_beside_it(name: str) -> None:
    x, y = table(600)
    model = KINDS[name](3, epochs=1).fit(x, y)
    method = model.predict_proba if hasattr(model, "predict_proba") else model.predict
    alone = np.concatenate([method(x[k : k + 1]) for k in (0, 300, 599)])
    assert method(x)[[0, 300, 599]] == pytest.approx(alone, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", KINDS)
def test_site_values_are_what_the_columns_say(name: str) -> None:
    x, y = table()
    model = KINDS[name](3, epochs=1).fit(10 * x, y)
    low, high = x.min(axis=0), x.max(axis=0)
    assert model.site_values(10 * x) == pytest.approx((x - low) / (high - low))
    assert model.columns_.copies == 1


@pytest.mark.parametrize("name", KINDS)
def test_the_validation_loss_is_the_weighted_mean_over_the_rows_held_out(name: str) -> None:
    x, y = table(60)
    model = KINDS[name](3, epochs=2, validation_fraction=0.25, dtype="float64").fit(x, y)
    assert len(model.history_["validation_loss"]) == len(model.history_["loss"]) == 2
    assert model.n_iter_ == 2
    features = torch.rand(5, 4, model._features(model.site_values(x[:1])).shape[2]).double()
    targets = torch.tensor([0, 1, 1, 0, 1])
    if "regressor" in name:
        targets = targets[:, None].double()
    weights = torch.tensor([1.0, 2.0, 0.0, 1.0, 1.0]).double()
    figures = model._validate(features, targets, weights)
    with torch.no_grad():
        rows = [
            model._batch_loss(features[k : k + 1], targets[k : k + 1], weights[k : k + 1])[0].item()
            for k in range(5)
        ]
    assert figures["validation_loss"] == pytest.approx(sum(rows) / 5.0)
    nothing = model._validate(features, targets, torch.zeros(5).double())
    assert nothing["validation_loss"] == 0.0


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": 3}, "`scaling.width` must be|`sites` must be|`codes.levels` must be"),
        ({"status": "perfect"}, "`status` must be one of"),
        ({"best_epoch": 9}, "`best_epoch` must be"),
        ({"sites": 5}, "`sites` must be what the columns and features give"),
        ({"history": {"loss": ["low"]}}, "lists of numbers of one length"),
    ],
)
def test_headers_that_contradict_each_other_are_refused(
    name: str, change: dict[str, Any], message: str
) -> None:
    model = KINDS[name](3, epochs=1).fit(*table())
    arrays, header = model.pack()
    assert (
        KINDS[name].unpack(arrays, header).predict(table()[0]) == model.predict(table()[0])
    ).all()
    with pytest.raises(ArgumentError, match=message):
        KINDS[name].unpack(arrays, header | change)


@pytest.mark.parametrize("name", KINDS)
def test_a_parameter_that_is_too_many_is_refused(name: str) -> None:
    arrays, header = KINDS[name](3, epochs=1).fit(*table()).pack()
    with pytest.raises((ArgumentError, RuntimeError), match=r"one array per parameter|extra"):
        KINDS[name].unpack(arrays | {"param.extra": np.zeros(2)}, header)
