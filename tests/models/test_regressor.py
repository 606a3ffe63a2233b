from __future__ import annotations

import numpy as np
import pytest

from qtn import _io
from qtn.errors import ArgumentError
from qtn.models import MPSRegressor, TTNRegressor

MODELS = {"chain": MPSRegressor, "tree": TTNRegressor}
Model = MPSRegressor | TTNRegressor


def table(count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).random((count, 4))
    return x, 100 + 10 * x[:, 0] * x[:, 3] + x[:, 1]


@pytest.fixture(scope="module", params=sorted(MODELS))
def fitted(request: pytest.FixtureRequest) -> Model:
    return MODELS[request.param](4, epochs=40, learning_rate=1e-2).fit(*table())


def test_products_of_columns_are_learnt(fitted: Model) -> None:
    x, y = np.random.default_rng(1).random((100, 4)), None
    y = 100 + 10 * x[:, 0] * x[:, 3] + x[:, 1]
    assert fitted.score(x, y) > 0.98
    assert fitted.predict(x).shape == (100,)
    assert fitted.history_["loss"][-1] < 0.1 * fitted.history_["loss"][0]


def test_saved_regressor_comes_back_equal(fitted: Model, tmp_path: object) -> None:
    _io.save(fitted, f"{tmp_path}/model.qtn")
    back = _io.load(f"{tmp_path}/model.qtn")
    x, _ = table()
    assert (back.predict(x) == fitted.predict(x)).all()
    assert back.get_params() == fitted.get_params()


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_several_targets_at_once(kind: str) -> None:
    x, y = table()
    both = np.stack([y, 1e-3 * x[:, 2]], axis=1)
    model = MODELS[kind](6, epochs=30, learning_rate=1e-2).fit(x, both)
    assert model.predict(x).shape == both.shape
    assert model.score(x, both) > 0.9


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_weights_count_and_zero_weights_leave_rows_out(kind: str) -> None:
    x, y = table()
    wrong = np.where(np.arange(200) % 2, y, -y)
    model = MODELS[kind](4, epochs=20, learning_rate=1e-2)
    model.fit(x, wrong, sample_weight=np.arange(200) % 2)
    assert model.score(x, y) > 0.9


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_constant_targets_are_predicted(kind: str) -> None:
    x, _ = table(30)
    model = MODELS[kind](3, epochs=3).fit(x, np.full(30, 7.0))
    assert model.predict(x) == pytest.approx(7.0, abs=0.5)


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_the_best_validation_epoch_is_kept(kind: str) -> None:
    x, y = table(60)
    model = MODELS[kind](4, epochs=30, validation_fraction=0.3, learning_rate=0.05, patience=5)
    losses = model.fit(x, y).history_["validation_loss"]
    assert model.best_epoch_ == 1 + int(np.argmin(losses))


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_an_interrupted_run_resumes_its_own_checkpoint_only(kind: str, tmp_path: object) -> None:
    x, y = table(60)
    settings = {"epochs": 4, "checkpoint": f"{tmp_path}/run.qtn"}
    whole = MODELS[kind](4, **settings).fit(x, y)
    again = MODELS[kind](4, **settings).fit(x, y)
    assert (again.predict(x) == whole.predict(x)).all()
    with pytest.raises(ArgumentError, match="must be a checkpoint of this very run"):
        MODELS[kind](4, **settings).fit(x, 2 * y + x[:, 0])


@pytest.mark.parametrize(
    ("settings", "x", "y", "message"),
    [
        ({"bond": 0}, 1.0, 1.0, "`bond` must be"),
        ({"device": "tpu"}, 1.0, 1.0, "`device` must be"),
        ({}, np.nan, 1.0, "`X` cannot be used: Input X contains NaN"),
        ({"rescale": False}, 3.0, 1.0, r"`X` must hold features in \[0, 1\], but holds 3"),
        ({}, 1.0, np.nan, "`y` cannot be used: Input y contains NaN"),
    ],
)
@pytest.mark.parametrize("kind", sorted(MODELS))
def test_bad_input_is_refused(kind: str, settings: dict, x: float, y: float, message: str) -> None:
    rows, targets = np.zeros((9, 4)), np.arange(9.0)
    rows[0], targets[0] = x, y
    with pytest.raises(ArgumentError, match=message):
        MODELS[kind](**settings).fit(rows, targets)


def test_one_row_cannot_be_split() -> None:
    with pytest.raises(ArgumentError, match="holds one row only, which cannot be split"):
        MPSRegressor(2, validation_fraction=0.5).fit([[0.5, 0.5]], [1.0])
