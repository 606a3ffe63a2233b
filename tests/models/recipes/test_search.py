"""The search for a recipe: what it must keep to, whatever it chooses."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import qtn
from qtn.models.recipes.search import held_out_parts
from qtn.models.recipes.settings import DID_NOT_LEARN

KINDS = (qtn.MPSClassifier, qtn.TTNClassifier, qtn.MPSRegressor, qtn.TTNRegressor)
# A search of few epochs, for what does not hang on how well it learns.
QUICK: dict[str, Any] = {"recipe": "search", "epochs": 3, "progress": False}


def rings(rows: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3)) * [1.0, 10.0, 0.1] + [0.0, 50.0, -3.0]
    return x, ((x[:, 0] ** 2 + ((x[:, 1] - 50) / 10) ** 2) > 1.4).astype(int)


def test_a_default_learns_unscaled_data_and_says_how() -> None:
    x, y = rings(180)
    model = qtn.MPSClassifier().fit(x[:80], y[:80])
    assert model.score(x[80:], y[80:]) > 0.85
    assert model.recipe_.tried[0][0] == model.recipe_.name
    losses = [loss for _, loss in model.recipe_.tried]
    assert losses == sorted(losses)
    assert "\n" not in repr(model.recipe_)
    assert "rows held out in 5 parts" in repr(model.recipe_)
    assert model.get_params()["bond"] == "auto"
    assert model.recipe_.settings["loss"] == "softmax"


def test_the_recipe_written_down_is_obeyed() -> None:
    x, y = rings(60)
    chosen = qtn.MPSClassifier(**QUICK).fit(x, y).recipe_.settings
    given = {k: v for k, v in chosen.items() if v is not None}
    assert dict(qtn.MPSClassifier(**given).fit(x, y).recipe_.settings) == dict(chosen)


def test_neither_order_nor_repetition_of_rows_leaves_a_trace() -> None:
    x, y = rings(50)
    weights = np.random.default_rng(1).integers(0, 3, 50)
    order = np.random.default_rng(2).permutation(weights.sum())
    twice = np.repeat(np.arange(50), weights)[order]
    one = qtn.MPSClassifier(**QUICK).fit(x, y, sample_weight=weights).predict_proba(x)
    other = qtn.MPSClassifier(**QUICK).fit(x[twice], y[twice]).predict_proba(x)
    assert np.abs(one - other).max() < 1e-6


def test_settings_given_to_a_search_are_obeyed() -> None:
    x, _ = rings(80)
    y = (x[:, 0] > 0).astype(int)
    model = qtn.MPSClassifier(features="trigonometric", **QUICK).fit(x, y)
    assert model.recipe_.name == model.recipe_.settings["features"] == "trigonometric"
    wide = qtn.MPSClassifier(3, **QUICK).fit(x, y)
    assert wide.recipe_.settings["bond"] == 3
    assert model.state(0).phys == (2, 2, 2)
    fixed = qtn.MPSClassifier(recipe="fixed").fit(x, y)
    assert fixed.recipe_.name == "by hand"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_fit_that_did_not_learn_says_so(kind: type) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((60, 2)), rng.integers(0, 2, 60)
    with pytest.warns(UserWarning, match="did not learn: on rows held out it is no better"):
        model = kind(**QUICK).fit(x, y)
    assert model.status_ == DID_NOT_LEARN
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learned = kind(**{**QUICK, "epochs": 20}).fit(x, x[:, 0] > 0.5)
    assert learned.status_ != DID_NOT_LEARN


@pytest.mark.parametrize("kind", [qtn.MPSClassifier, qtn.TTNRegressor])
def test_so_does_one_by_hand_where_rows_are_held_out(kind: type) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((60, 2)), rng.integers(0, 2, 60)
    settings = {"loss": "softmax", "generative": 0.0} if kind is qtn.MPSClassifier else {}
    model = kind(3, epochs=3, validation_fraction=0.3, **settings)
    with pytest.warns(UserWarning, match="did not learn: on rows held out it is no better"):
        assert model.fit(x, y).status_ == DID_NOT_LEARN
    learned = kind(3, epochs=30, learning_rate=2e-2, validation_fraction=0.3, **settings)
    assert learned.fit(x, x[:, 0] > 0.5).status_ != DID_NOT_LEARN


@pytest.mark.parametrize("kind", [qtn.MPSRegressor, qtn.TTNRegressor])
def test_regressors_choose_too(kind: type) -> None:
    x, _ = rings(100)
    y = 5.0 + 3.0 * x[:, 0] - 0.1 * x[:, 1]
    model = kind().fit(x[:70], y[:70])
    assert model.score(x[70:], y[70:]) > 0.9


def test_few_rows_take_the_first_candidate() -> None:
    model = qtn.MPSClassifier().fit([[0.0], [1.0]], [0, 1])
    assert model.predict([[0.0], [1.0]]).tolist() == [0, 1]
    assert "too few rows" in model.recipe_.why


def test_parts_deal_out_every_class() -> None:
    targets = np.array([0] * 10 + [1] * 5 + [2])
    parts = held_out_parts(targets, 5, 0.0, seed=0)
    assert [len(p) for p in parts] == [3] * 5
    assert sorted(np.concatenate(parts).tolist()) == list(range(15))  # of a single row, none
    assert all((targets[p] == 1).sum() == 1 for p in parts)
    assert len(held_out_parts(np.zeros((40, 1)), 1, 0.25, seed=0)[0]) == 10


def test_a_searched_model_is_saved_with_its_recipe(tmp_path) -> None:  # type: ignore[no-untyped-def]
    x, y = rings(60)
    model = qtn.MPSClassifier(**QUICK).fit(x, y)
    back = qtn.load(qtn.save(model, tmp_path / "model.qtn"))
    assert back.recipe_ == model.recipe_
    assert (back.predict_proba(x) == model.predict_proba(x)).all()
    assert back.get_params() == model.get_params()
