"""Training by gradients: by hand as ever, by a recipe where nothing is given."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

import qtn
from qtn.errors import ArgumentError

KINDS = (qtn.MPSClassifier, qtn.TTNClassifier, qtn.MPSRegressor, qtn.TTNRegressor)


def table(rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).random((rows, 4))
    return x, (x[:, 0] + x[:, 1] > 1).astype(int)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_one_setting_given_is_training_by_hand(kind: type) -> None:
    x, y = table()
    model = kind(epochs=2).fit(x, y)
    assert model.recipe_.name == "by hand"
    settings = dict(model.recipe_.settings)
    # The whole recipe, written down, is the same model: what "auto" was by hand is told.
    same = kind(**{k: v for k, v in settings.items() if v is not None}).fit(x, y)
    assert (same.predict(x) == model.predict(x)).all()
    assert settings["bond"] == 8
    assert settings["epochs"] == 2


def test_order_and_copies_decide_what_the_sites_hold() -> None:
    x, y = table()
    model = qtn.MPSClassifier(3, epochs=1, order=[2, 0, 3, 1], copies=2).fit(x, y)
    assert model.order_.tolist() == [2, 2, 0, 0, 3, 3, 1, 1]
    assert (model.site_values(x)[:, ::2] == x[:, [2, 0, 3, 1]]).all()
    assert qtn.MPSClassifier(3, epochs=1).fit(x, y).order_.tolist() == [0, 1, 2, 3]
    with pytest.raises(ArgumentError, match="`order` must be every number of 0 … 3 once"):
        qtn.MPSClassifier(3, epochs=1, order=[0, 1, 1, 2]).fit(x, y)
    with pytest.raises(ArgumentError, match="`order` must leave images as they are for shifts"):
        qtn.MPSClassifier(3, epochs=1, order="walk", shape=(2, 2), shifts=1).fit(x, y)
    with pytest.raises(ArgumentError, match="copies"):
        qtn.MPSClassifier(3, epochs=1, copies=99).fit(x, y)


def test_auto_order_is_learned_beside_settings_given() -> None:
    rng = np.random.default_rng(1)
    x = rng.random((120, 5))
    y = (x[:, 0] > 0.5) ^ (x[:, 4] > 0.5)
    model = qtn.MPSClassifier(4, epochs=3, order="auto").fit(x, y)
    assert model.recipe_.settings["order"] in ("given", "walk", "fiedler")
    assert clone(model).get_params()["order"] == "auto"
