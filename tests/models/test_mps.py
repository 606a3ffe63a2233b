from __future__ import annotations

from pathlib import Path

import numpy as np
import oracles
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from qtn import _io
from qtn.aqc import Staircase
from qtn.data import load_digits, trigonometric
from qtn.errors import ArgumentError
from qtn.hybrid import deploy
from qtn.models import MPSClassifier

DATA = load_digits(size=2, classes=(0, 1))
FAST = {"bond": 3, "epochs": 4}


def small(**settings: object) -> MPSClassifier:
    return MPSClassifier(**{**FAST, **settings}).fit(DATA.x_train, DATA.y_train)


@pytest.fixture(scope="module")
def model() -> MPSClassifier:
    return small()


def test_the_demo_accuracy_is_reached() -> None:
    data = load_digits(size=4, classes=(0, 1), seed=0)
    model = MPSClassifier(bond=8, seed=0).fit(data.x_train, data.y_train)
    assert model.score(data.x_test, data.y_test) >= 0.99
    # The score of the right class must be measurable with a few thousand shots.
    weights = np.exp(2 * model.log_norms_)
    weights /= weights.sum()
    overlaps = model.scores(data.x_test) / weights
    assert overlaps[np.arange(len(overlaps)), data.y_test].mean() >= 0.2


def test_scores_equal_the_dense_overlaps(model: MPSClassifier) -> None:
    rows = trigonometric(DATA.x_test[:6])
    dense_rows = [
        oracles.dense_chain([v.reshape(1, 2, 1) for v in row.reshape(-1, 2)]) for row in rows
    ]
    weights = np.exp(2 * model.log_norms_)
    weights /= weights.sum()
    for c, label in enumerate(model.classes_):
        state = model.state(label=label)
        assert state.norm() == pytest.approx(1.0, abs=1e-12)
        wanted = [weights[c] * (row @ state.to_dense()) ** 2 for row in dense_rows]
        assert model.scores(DATA.x_test[:6])[:, c] == pytest.approx(wanted, rel=1e-4)


def test_decision_is_the_highest_score(model: MPSClassifier) -> None:
    by_score = model.classes_[model.scores(DATA.x_test).argmax(axis=1)]
    assert (by_score == model.predict(DATA.x_test)).all()
    assert model.predict_proba(DATA.x_test).sum(axis=1) == pytest.approx(1.0)


def test_same_seed_same_model_other_seed_other_model(model: MPSClassifier) -> None:
    first = model.predict_proba(DATA.x_test)
    assert (small().predict_proba(DATA.x_test) == first).all()
    assert (small(seed=1).predict_proba(DATA.x_test) != first).any()


def test_784_sites_neither_overflow_nor_vanish() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((24, 784))
    y = np.arange(24) % 3
    for features in ("trigonometric", "polynomial"):
        model = MPSClassifier(
            bond=4, features=features, epochs=2, generative=0.1, batch_size=8, start="identity"
        ).fit(x, y)
        assert np.isfinite(model.predict_proba(x)).all()
        assert np.isfinite(model.log_norms_).all()
        assert all(torch.isfinite(p).all() for p in model.network_.parameters())
        assert model.state(label=1).norm() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("loss", ["born", "softmax"])
def test_training_lowers_the_loss(loss: str) -> None:
    data = load_digits(size=4, classes=(0, 1))
    model = MPSClassifier(bond=3, epochs=10, loss=loss, generative=0.0, learning_rate=0.02)
    history = model.fit(data.x_train, data.y_train).history_
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert len(history["loss"]) == len(history["seconds"]) == 10


def test_scikit_learn_manners() -> None:
    base = MPSClassifier(bond=2, epochs=2)
    assert clone(base).get_params() == base.get_params()
    pipe = make_pipeline(MinMaxScaler(clip=True), base).fit(DATA.x_train * 7, DATA.y_train)
    assert pipe.predict(DATA.x_test * 7).shape == DATA.y_test.shape
    search = GridSearchCV(base, {"bond": [1, 2]}, cv=2).fit(DATA.x_train, DATA.y_train)
    assert search.best_params_["bond"] in (1, 2)


def test_text_labels_and_gaps_between_labels() -> None:
    names = np.where(DATA.y_train == 0, "zero", "one")
    model = MPSClassifier(**FAST).fit(DATA.x_train, names)
    assert set(model.predict(DATA.x_test)) <= {"zero", "one"}
    gaps = MPSClassifier(**FAST).fit(DATA.x_train, DATA.y_train * 5 - 2)
    assert gaps.classes_.tolist() == [-2, 3]


def test_saved_model_comes_back_equal(tmp_path: object) -> None:
    model = small(rescale=True)
    _io.save(model, f"{tmp_path}/model.qtn")
    back = _io.load(f"{tmp_path}/model.qtn")
    assert (back.predict_proba(DATA.x_test) == model.predict_proba(DATA.x_test)).all()
    assert back.get_params() == model.get_params()
    assert back.history_ == model.history_


def test_saved_model_of_one_column_comes_back_equal(tmp_path: object) -> None:
    x, y = np.arange(12.0)[:, None], np.arange(12) % 2
    model = MPSClassifier(bond=3, epochs=1).fit(x, y)
    _io.save(model, f"{tmp_path}/model.qtn")
    assert (_io.load(f"{tmp_path}/model.qtn").predict_proba(x) == model.predict_proba(x)).all()


def test_global_torch_threads_and_seed_stay_as_they_were() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(1)
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    small()
    assert torch.get_num_threads() == threads
    assert torch.rand(1) == wanted


NAN = np.array([[0.1, np.nan, 0.2, 0.3]] * 4)
BAD_FITS = [
    ({"bond": 0}, None, "`bond` must be a positive integer, but is 0"),
    ({"bond": 2.5}, None, "`bond` must be a positive integer, but is 2.5"),
    ({"loss": "hinge"}, None, "`loss` must be one of None, 'born', 'softmax', but is 'hinge'"),
    ({"features": "magic"}, None, "`features` must be one of .*, but is 'magic'"),
    ({"epochs": 0}, None, "`epochs` must be a positive integer"),
    (
        {"dtype": "float16"},
        None,
        "`dtype` must be one of None, 'float32', 'float64', but is 'float16'",
    ),
    ({"device": "tpu"}, None, '`device` must be "cpu", "cuda" or "auto", but is'),
    ({"start": "random"}, None, "`start` must be one of"),
    ({"class_weight": "heavy"}, None, "`class_weight` must be one of None, 'balanced'"),
    ({"validation_fraction": 1.5}, None, "`validation_fraction` must be a finite number"),
    ({}, (np.empty((0, 4)), []), "`X` cannot be used: Found array with 0 sample"),
    ({}, (NAN, [0, 1, 0, 1]), "`X` cannot be used: Input X contains NaN"),
    (
        {"rescale": False},
        ([[0.1, 2.0], [0.2, 0.3]], [0, 1]),
        r"features in \[0, 1\], but holds 2. Scale the col",
    ),
    ({}, ([["a"], ["b"]], [0, 1]), "`X` cannot be used: .*could not convert|Unable"),
    ({}, ([[0.1], [0.2]], [3, 3]), "one class only: .*3"),
    ({}, ([[0.1], [0.2]], [0.5, 0.25]), "`y` cannot be used: Unknown label type: continuous"),
    ({}, ([[0.1], [0.2]], [0, 1, 1]), "inconsistent numbers of samples"),
    ({"validation_fraction": 0.2}, ([[0.1], [0.2], [0.3]], [0, 0, 1]), "one row only of class"),
]


@pytest.mark.parametrize(("settings", "data", "message"), BAD_FITS)
def test_bad_input_is_refused(settings: dict, data: tuple | None, message: str) -> None:
    x, y = data or (DATA.x_train, DATA.y_train)
    model = MPSClassifier(**{**FAST, **settings})
    with pytest.raises(ArgumentError, match=message):
        model.fit(x, y)
    assert not hasattr(model, "network_")


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is present")
def test_missing_gpu_is_named() -> None:
    with pytest.raises(ArgumentError, match=r"must be \"cpu\" here, but is 'cuda'.*no usable GPU"):
        small(device="cuda")


def test_bad_sample_weight_is_refused() -> None:
    for weight in (np.ones(3), -np.ones(len(DATA.x_train)), np.zeros(len(DATA.x_train))):
        with pytest.raises(ArgumentError, match="one non-negative weight per row, not all zero"):
            MPSClassifier(**FAST).fit(DATA.x_train, DATA.y_train, sample_weight=weight)


def test_unknown_labels_are_refused(model: MPSClassifier) -> None:
    with pytest.raises(ArgumentError, match="`label` must be one of 0, 1, but is 7"):
        model.state(label=7)
    with pytest.raises(ArgumentError, match=r"labels seen in training .*holds 8"):
        model.score(DATA.x_test, np.full(len(DATA.x_test), 8))


def test_rows_of_another_width_are_refused(model: MPSClassifier) -> None:
    with pytest.raises(ArgumentError, match="X has 3 features, but MPSClassifier is expecting 4"):
        model.predict(DATA.x_test[:, :3])


def test_half_precision_rows_and_constant_columns_are_taken() -> None:
    x = DATA.x_train.astype(np.float16)
    x[:, 1] = 0.5
    model = MPSClassifier(**FAST, rescale=True).fit(x, DATA.y_train)
    assert np.isfinite(model.predict_proba(DATA.x_test)).all()


def test_one_column_tells_three_classes_apart(tmp_path: object) -> None:
    x = np.random.default_rng(6).random((300, 1))
    z = np.digitize(x[:, 0], [0.33, 0.66])
    model = MPSClassifier(epochs=30).fit(x, z)
    assert model.score(x, z) > 0.97
    assert model.state(label=0).n == 3
    assert model.site_values(x[:2]).tolist() == np.repeat(x[:2], 3, axis=1).tolist()
    back = _io.load(_io.save(model, f"{tmp_path}/model.qtn"))
    assert (back.predict_proba(x) == model.predict_proba(x)).all()
    first = MPSClassifier(4).partial_fit(x[:20], z[:20], classes=[0, 1, 2])
    assert first.state(label=0).n == 3


def test_small_tables_do_not_depend_on_order_or_repetition() -> None:
    rng = np.random.default_rng(0)
    x, y, often = rng.random((20, 5)), np.arange(20) % 3, rng.integers(0, 3, 20)
    order = rng.permutation(20)
    for settings in ({}, {"start": "linear"}, {"features": "learned"}, {"start": "identity"}):
        model = MPSClassifier(4, epochs=5, **settings)
        repeated = model.fit(np.repeat(x, often, axis=0), np.repeat(y, often)).predict_proba(x)
        weighted = model.fit(x[order], y[order], sample_weight=often[order]).predict_proba(x)
        assert weighted == pytest.approx(repeated, rel=1e-8)


def test_random_state_is_the_seed() -> None:
    x, y = DATA.x_train[:40], DATA.y_train[:40]
    by_seed = MPSClassifier(2, epochs=1, seed=3).fit(x, y).predict_proba(x)
    assert (MPSClassifier(2, epochs=1, random_state=3).fit(x, y).predict_proba(x) == by_seed).all()
    with pytest.raises(
        ArgumentError, match="`random_state` must be the seed, 3, or None, but is 4"
    ):
        MPSClassifier(2, seed=3, random_state=4).fit(x, y)


def test_a_file_keeps_column_names_class_weights_and_the_seed_drawn(tmp_path: object) -> None:
    x, y = DATA.x_train[:40, :2], DATA.y_train[:40]
    model = MPSClassifier(
        2, epochs=1, class_weight={0: 2.0, 1: 1.0}, random_state=np.random.RandomState(0)
    )
    model.fit(x, y)
    model.feature_names_in_ = np.array(["width", "height"], dtype=object)
    back = _io.load(_io.save(model, f"{tmp_path}/model.qtn"))
    assert back.feature_names_in_.tolist() == ["width", "height"]
    assert back.class_weight == {0: 2.0, 1: 1.0}
    assert back.seed == model._seed
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        back.partial_fit(x, y)


def test_one_and_two_sites() -> None:
    for sites in (1, 2):
        x = DATA.x_train[:, :sites]
        model = MPSClassifier(bond=2, epochs=2).fit(x, DATA.y_train)
        assert model.state(label=0).n == sites


@pytest.mark.gpu
def test_gpu_model_equals_the_cpu_model() -> None:
    models = [small(device=device, dtype="float64") for device in ("cpu", "cuda")]
    on_cpu, on_gpu = (m.predict_proba(DATA.x_test) for m in models)
    assert on_gpu == pytest.approx(on_cpu, abs=1e-8)


def test_states_of_another_order_say_so_and_are_deployed_all_the_same(tmp_path: Path) -> None:
    x = DATA.x_train
    model = small(order=[3, 1, 0, 2], generative=0.1)
    assert model.state(0).origin.columns == (3, 1, 0, 2)  # type: ignore[union-attr]
    assert small().state(0).origin is None
    back = _io.load(_io.save(model, tmp_path / "model.qtn"))
    assert (back.predict_proba(x) == model.predict_proba(x)).all()
    assert back.state(0).origin.columns == (3, 1, 0, 2)
    quantum = deploy(model, Staircase(layers=6))
    exact = quantum.form.ideal_scores(quantum, model.site_values(x[:20]))
    assert np.abs(exact - model.scores(x[:20])).max() < 1e-3
