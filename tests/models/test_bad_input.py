"""What users get wrong, for every model of the family: a clear error, or no harm at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder

from qtn import _io
from qtn.errors import ArgumentError, FileError
from qtn.models import (
    MPSBornMachine,
    MPSClassifier,
    MPSRegressor,
    TTNBornMachine,
    TTNClassifier,
    TTNRegressor,
)

GRADIENT: dict[str, Any] = {
    "chain": MPSClassifier,
    "tree": TTNClassifier,
    "chain regressor": MPSRegressor,
    "tree regressor": TTNRegressor,
}
BORN: dict[str, Any] = {"Born chain": MPSBornMachine, "Born tree": TTNBornMachine}
FAMILY = GRADIENT | BORN
TREES = {name: model for name, model in FAMILY.items() if "tree" in name}


def made(name: str, **settings: Any) -> Any:
    return FAMILY[name](3, **({"epochs": 2} if name in GRADIENT else {"sweeps": 2}), **settings)


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, (20, 4)).astype(float), np.arange(20) % 2


def answer(model: Any, x: Any) -> np.ndarray:
    return np.asarray(model.predict(x) if hasattr(model, "predict") else model.score_samples(x))


@pytest.mark.parametrize("name", FAMILY)
def test_nan_and_infinity_are_named(name: str) -> None:
    x, y = table()
    for bad, word in ((np.nan, "NaN"), (np.inf, "infinity")):
        wrong = x.copy()
        wrong[3, 1] = bad
        with pytest.raises(ArgumentError, match=f"`X` cannot be used: Input X contains {word}"):
            made(name).fit(wrong, y)
        with pytest.raises(ArgumentError, match=f"`X` cannot be used: Input X contains {word}"):
            answer(made(name).fit(x, y), wrong)


@pytest.mark.parametrize("name", FAMILY)
def test_constant_columns_do_no_harm(name: str) -> None:
    x, y = table()
    x[:, 1] = 1.0
    scaled = {"rescale": True} if name in GRADIENT else {}
    assert np.isfinite(answer(made(name, **scaled).fit(x, y), x).astype(float)).all()


@pytest.mark.parametrize("name", ["chain", "tree"])
def test_a_class_with_one_sample(name: str) -> None:
    x, y = table()
    y[0] = 7
    assert set(made(name).fit(x, y).classes_) == {0, 1, 7}
    with pytest.raises(ArgumentError, match=r"one row only of class .*7.*validation_fraction=0"):
        made(name, validation_fraction=0.2).fit(x, y)


@pytest.mark.parametrize("name", ["chain", "tree"])
def test_labels_need_not_be_contiguous(name: str) -> None:
    x, y = table()
    for labels in (np.array([-5, 1000])[y], np.array(["no", "yes"])[y], y.astype(bool)):
        model = made(name).fit(x, labels)
        assert set(model.predict(x)) <= set(labels)


@pytest.mark.parametrize("name", FAMILY)
def test_categories_never_seen(name: str) -> None:
    x, y = table()
    one_hot = {"features": "one_hot"} if name in GRADIENT else {}
    model = made(name, **one_hot).fit(x, y)
    strange = x.copy()
    strange[4, 2] = 2.0
    if name in BORN:
        assert np.isneginf(model.score_samples(strange)).tolist() == [i == 4 for i in range(20)]
    else:
        with pytest.raises(ArgumentError, match=r"seen in training .* row 4 holds 2"):
            model.predict(strange)
    # The stock way out: unknown words become a code that training reserved.
    words = np.array([["red", "small"], ["blue", "small"], ["green", "large"], ["red", "large"]])
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=9, max_categories=2)
    columns = ColumnTransformer([("words", codes, [0, 1])])
    rows = columns.fit_transform(words)
    model = made(name, **one_hot).fit(rows, [0, 1, 0, 1])
    assert np.isfinite(answer(model, columns.transform([["red", "small"]]))).all()


@pytest.mark.parametrize("name", TREES)
def test_more_features_than_leaves(name: str) -> None:
    x, y = table()
    with pytest.raises(ArgumentError, match="`tree` must join 4 sites to one root"):
        made(name, tree=[(0, 1), (2, 3)]).fit(x, y)
    with pytest.raises(ArgumentError, match=r"`shape` must be the \(height, width\) of 4 pixels"):
        made(name, shape=(1, 3)).fit(x, y)


@pytest.mark.parametrize("name", FAMILY)
def test_another_number_of_features(name: str) -> None:
    x, y = table()
    with pytest.raises(ArgumentError, match=r"X has 3 features, but .* is expecting 4 features"):
        answer(made(name).fit(x, y), x[:, :3])


@pytest.mark.parametrize("name", FAMILY)
def test_half_precision_and_integers_are_taken_as_they_are(name: str) -> None:
    x, y = table()
    wanted = answer(made(name).fit(x, y), x)
    for dtype in (np.float16, np.float32, np.int8, np.uint16, bool):
        assert (answer(made(name).fit(x.astype(dtype), y), x.astype(dtype)) == wanted).all()


@pytest.mark.parametrize("name", FAMILY)
def test_wrong_types_are_refused(name: str) -> None:
    x, y = table()
    for wrong in (x.astype(str).astype(object) + "a", x + 1j, x[:, 0], x[None]):
        with pytest.raises(ArgumentError, match="`X` cannot be used"):
            made(name).fit(wrong, y)


@pytest.mark.parametrize("name", GRADIENT)
def test_lengths_that_differ(name: str) -> None:
    x, y = table()
    with pytest.raises(ArgumentError, match="inconsistent numbers of samples"):
        made(name).fit(x, y[:-1])


@pytest.mark.parametrize("name", FAMILY)
def test_wrong_weights_are_refused(name: str) -> None:
    x, y = table()
    for weights in (np.ones(3), -np.ones(20), np.zeros(20), np.full(20, np.nan)):
        with pytest.raises(ArgumentError, match="one non-negative weight per row"):
            made(name).fit(x, y, sample_weight=weights)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
@pytest.mark.parametrize("name", GRADIENT)
def test_a_missing_gpu_is_said(name: str) -> None:
    with pytest.raises(ArgumentError, match=r'`device` must be "cpu" here.*no usable GPU'):
        made(name, device="cuda").fit(*table())


@pytest.mark.parametrize("name", GRADIENT)
def test_the_checkpoint_of_another_model_is_refused_and_kept(name: str, tmp_path: Any) -> None:
    x, y = table()
    path = tmp_path / "run.qtn"
    made(name, checkpoint=str(path)).fit(x, y)
    before = path.read_bytes()
    for other in GRADIENT:
        if other != name:
            with pytest.raises(ArgumentError, match="belongs to another model, other settings"):
                made(other, checkpoint=str(path)).fit(x, y)
    _io.save(made(name).fit(x, y), tmp_path / "model.qtn")
    with pytest.raises(ArgumentError, match="belongs to another model, other settings"):
        made(name, checkpoint=str(tmp_path / "model.qtn")).fit(x, y)
    (tmp_path / "cut.qtn").write_bytes(before[:-7])
    with pytest.raises(FileError):
        made(name, checkpoint=str(tmp_path / "cut.qtn")).fit(x, y)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", FAMILY)
def test_a_failed_fit_loses_nothing(name: str) -> None:
    x, y = table()
    model = made(name).fit(x, y)
    before = answer(model, x)
    with pytest.raises(ArgumentError):
        model.fit(np.full_like(x, np.nan), y)
    with pytest.raises(ArgumentError):
        model.fit(x[:, :3], y, sample_weight=-np.ones(len(y)))
    assert (answer(model, x) == before).all()
