"""What chains and trees share in training: validation, stops, checkpoints, weights, repetition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from qtn._io import load, save
from qtn.data import load_digits, polynomial, trigonometric
from qtn.errors import ArgumentError, FileError
from qtn.models import MPSClassifier, TTNClassifier
from qtn.models.classifier_base import TensorNetworkClassifier

DATA = load_digits(size=4, classes=(0, 1))
KINDS = {"chain": MPSClassifier, "tree": TTNClassifier}
each = pytest.mark.parametrize("kind", sorted(KINDS))


def small(kind: str, **settings: Any) -> Any:
    model = KINDS[kind](**{"bond": 3, "epochs": 6, "batch_size": 32, **settings})
    return model.fit(DATA.x_train[:150], DATA.y_train[:150])


@each
def test_a_seed_repeats_the_training(kind: str) -> None:
    settings = {"shape": (4, 4), "shifts": 1, "flips": True, "validation_fraction": 0.2}
    one, two, other = (small(kind, seed=s, **settings) for s in (1, 1, 2))
    assert one.history_["loss"] == two.history_["loss"] != other.history_["loss"]
    assert (one.predict_proba(DATA.x_test) == two.predict_proba(DATA.x_test)).all()


@each
def test_rows_of_weight_zero_do_not_pull(kind: str) -> None:
    model = small(kind, features="trigonometric")
    x = torch.from_numpy(trigonometric(DATA.x_train[:8])).float()
    y = torch.tensor(DATA.y_train[:8])
    weights = torch.tensor([2.0, 2, 2, 2, 0, 0, 0, 0])
    half = model._batch_loss(x[:4], y[:4], torch.ones(4))[0].item()
    assert model._batch_loss(x, y, weights)[0].item() == pytest.approx(half, rel=1e-6)


@each
def test_weights_decide_between_contradicting_rows(kind: str) -> None:
    x = np.array([[0.1, 0.9, 0.2, 0.8]] * 10 + [[0.9, 0.1, 0.8, 0.2]] * 10)
    y, weights = np.arange(20) % 2, np.where(np.arange(20) % 2, 1.0, 9.0)
    weights[10:] = 10 - weights[10:]
    settings = {"epochs": 60, "batch_size": 20, "learning_rate": 2e-2}
    model = KINDS[kind](3, **settings).fit(x, y, sample_weight=weights)
    # The most probable class of every point, and its share of the weight.
    p = model.predict_proba(x[[0, 10]])
    assert p[0, 0] == pytest.approx(0.9, abs=0.05)
    assert p[1, 1] == pytest.approx(0.9, abs=0.05)


@each
def test_balanced_classes_weigh_the_same(kind: str) -> None:
    y = np.array([0] * 9 + [1])
    balanced = KINDS[kind](class_weight="balanced")
    balanced.classes_ = np.array([0, 1])
    weights = balanced._weights(None, y)
    assert weights[y == 0].sum() == pytest.approx(weights[y == 1].sum())
    assert weights.mean() == pytest.approx(1.0)
    chosen = KINDS[kind](class_weight={1: 3.0})
    chosen.classes_ = np.array([0, 1])
    by_label = chosen._weights(None, y)
    assert by_label[9] == pytest.approx(3 * by_label[0])


@each
def test_balance_finds_a_rare_class(kind: str) -> None:
    rng = np.random.default_rng(0)
    y = (np.arange(400) % 20 == 0).astype(np.int64)
    x = np.clip(0.4 + 0.1 * y[:, None] + 0.12 * rng.normal(size=(400, 4)), 0, 1)
    found, settings = {}, {"epochs": 20, "batch_size": 32, "learning_rate": 1e-2}
    for name in (None, "balanced"):
        model = KINDS[kind](3, class_weight=name, **settings).fit(x, y)
        found[name] = (model.predict(x)[y == 1] == 1).mean()
    assert found["balanced"] > 0.7
    assert found["balanced"] > found[None] + 0.2


@each
def test_validation_keeps_the_best_epoch_and_stops_early(kind: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.random((120, 4))
    y = (x[:, 0] > 0.5) ^ (rng.random(120) < 0.1)  # learned soon, and then by heart
    model = KINDS[kind](
        bond=8, epochs=300, validation_fraction=0.3, patience=3, learning_rate=0.05
    ).fit(x, y)
    losses = model.history_["validation_loss"]
    assert model.status_ == "stopped early"
    assert len(losses) == model.best_epoch_ + 3
    assert losses[model.best_epoch_ - 1] == min(losses)


@each
def test_held_out_rows_weigh_what_they_weigh_in_training(kind: str) -> None:
    model = small(kind)
    x = torch.from_numpy(trigonometric(DATA.x_test[:9])).float()
    y, weights = torch.tensor(DATA.y_test[:9]), torch.tensor([3.0, *[0.0] * 8])
    alone = model._validate(x[:1], y[:1], torch.ones(1))["validation_loss"]
    assert model._validate(x, y, weights)["validation_loss"] == pytest.approx(alone, rel=1e-5)
    assert model._validate(x, y, 0 * weights)["validation_loss"] == 0.0


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let Ctrl-C arrive after some training steps and validation parts."""
    whole, calls = TensorNetworkClassifier._batch_loss, 0

    def interrupted(self: Any, *args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt
        return whole(self, *args)

    monkeypatch.setattr(TensorNetworkClassifier, "_batch_loss", interrupted)


@each
def test_interrupted_training_keeps_the_best_so_far(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, 12)
    with pytest.warns(UserWarning, match="interrupted after epoch 2: the model is the best so far"):
        model = small(kind, epochs=50)
    monkeypatch.undo()
    assert model.status_ == "interrupted"
    assert len(model.history_["loss"]) == model.best_epoch_ == 2
    assert np.isfinite(model.predict_proba(DATA.x_test)).all()


@each
def test_interruption_before_anything_was_learned_is_raised(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        small(kind)


@each
@pytest.mark.parametrize("settings", [{"validation_fraction": 0.2}, {"shape": (4, 4), "shifts": 1}])
def test_resumed_run_equals_the_uninterrupted_one(
    kind: str, settings: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, path = small(kind, **settings), str(tmp_path / "run.qtn")
    interrupt(monkeypatch, 17)
    with pytest.warns(UserWarning, match="Training was interrupted"):
        assert small(kind, **settings, checkpoint=path).status_ == "interrupted"
    monkeypatch.undo()
    resumed = small(kind, **settings, checkpoint=path)
    assert resumed.status_ == "completed"
    assert resumed.best_epoch_ == whole.best_epoch_
    assert (resumed.predict_proba(DATA.x_test) == whole.predict_proba(DATA.x_test)).all()


@each
def test_checkpoint_of_another_run_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "run.qtn"
    small(kind, checkpoint=str(path))
    with pytest.raises(ArgumentError, match="belongs to another model"):
        small(kind, checkpoint=str(path), bond=4)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FileError, match="truncated"):
        small(kind, checkpoint=str(path))


def test_weights_count_in_sweeps_and_the_linear_start() -> None:
    x, y = DATA.x_train[:150], DATA.y_train[:150].copy()
    wrong = np.arange(150) % 3 == 0
    y[wrong] = 1 - y[wrong]
    settings: dict[str, Any] = {"features": "polynomial", "loss": "softmax", "generative": 0.0}
    swept = MPSClassifier(4, sweeps=1, epochs=0, **settings)
    weighted = swept.fit(x, y, sample_weight=~wrong).predict_proba(DATA.x_test)
    without = swept.fit(x[~wrong], y[~wrong]).predict_proba(DATA.x_test)
    assert weighted == pytest.approx(without, abs=2e-2)


def test_moves_go_on_in_a_loaded_model(tmp_path: Path) -> None:
    from qtn import _io

    model = small("tree", shape=(4, 4), flips=True)
    _io.save(model, tmp_path / "model.qtn")
    back = _io.load(tmp_path / "model.qtn")
    for one in (model, back):
        one.partial_fit(DATA.x_train[:64], DATA.y_train[:64])
    x = torch.from_numpy(polynomial(DATA.x_test[:3])).float()
    assert (model.predict_proba(DATA.x_test) == back.predict_proba(DATA.x_test)).all()
    assert not torch.equal(back._augmentation.apply(x, x[0, 0], 0), x)


def test_the_scores_of_some_training_rows_are_remembered(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((300, 4)), np.arange(300) % 3
    model = MPSClassifier(2, epochs=1, progress=False).fit(x, y)
    assert model.seen_scores_.shape == (128, 3)
    assert model.seen_scores_[[0, -1]] == pytest.approx(model.scores(x[[0, -1]]))
    path = save(model, tmp_path / "model.qtn")
    assert np.array_equal(load(path).seen_scores_, model.seen_scores_)
    arrays, header = model.pack()
    for wrong in (model.seen_scores_[:, :2], -model.seen_scores_):
        with pytest.raises(ArgumentError, match="`seen_scores` must be scores of 3 classes"):
            MPSClassifier.unpack(arrays | {"seen_scores": wrong}, header)
    few = MPSClassifier(2, epochs=1, progress=False).fit(x[:6], y[:6])
    assert len(few.seen_scores_) == 6
    few.partial_fit(x, y)
    assert not hasattr(few, "seen_scores_")  # they are of the model before
