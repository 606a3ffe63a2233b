from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qtn.data import load_digits, polynomial, trigonometric
from qtn.errors import ArgumentError
from qtn.models import MPSClassifier
from qtn.models.sweeps.classifier_sweeps import ClassifierSweeper

DATA = load_digits(size=4, classes="all", test_fraction=0.2)


def swept(**settings: object) -> MPSClassifier:
    model = MPSClassifier(8, loss="softmax", generative=0.0, sweeps=2, **settings)
    return model.fit(DATA.x_train, DATA.y_train)


def test_two_sweeps_learn_what_gradients_need_many_epochs_for() -> None:
    model = swept(epochs=0)
    assert model.score(DATA.x_test, DATA.y_test) > 0.88
    finished = swept(epochs=10)
    loss = finished.history_["loss"]
    assert loss[-1] < loss[0] < 0.6
    assert finished.score(DATA.x_test, DATA.y_test) > 0.9


def test_bonds_grow_where_the_data_need_them() -> None:
    """Two classes told apart by the exclusive or of two sites; the third site says nothing."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (400, 3)).astype(float)
    y = (x[:, 0] != x[:, 2]).astype(np.int64)
    sweeper = ClassifierSweeper(trigonometric(x), y, 2, bond=4)
    for _ in range(3):
        sweeper.sweep()
    tensors, label = sweeper.finished()
    h, g = np.ones((400, 1)), np.ones((400, 1))
    features = trigonometric(x)
    half = 1
    for i in range(half):
        h = np.einsum("na,ns,asb->nb", h, features[:, i], tensors[i])
    for i in range(2, half - 1, -1):
        g = np.einsum("nb,ns,asb->na", g, features[:, i], tensors[i])
    f = np.einsum("na,acb,nb->nc", h, label, g)
    assert (f.argmax(axis=1) == y).all()
    assert label.shape[0] <= 2


def test_components_of_environments_stay_of_unit_size() -> None:
    x = polynomial(DATA.x_train[:300])
    sweeper = ClassifierSweeper(x, DATA.y_train[:300], 10, bond=5)
    sweeper.sweep()
    for environment in (*sweeper.left[1:], *sweeper.right[1:-1]):
        sizes = np.linalg.eigvalsh(environment.T @ environment / len(environment))
        assert sizes[0] > 0
        assert sizes[-1] <= 1 + 1e-4


def test_a_sweep_starts_from_the_linear_classifier_and_betters_it() -> None:
    x = polynomial(DATA.x_train)
    sweeper = ClassifierSweeper(x, DATA.y_train, 10, bond=10)
    linear = accuracy(sweeper, polynomial(DATA.x_test))
    assert linear > 0.75
    sweeper.sweep()
    assert accuracy(sweeper, polynomial(DATA.x_test)) > linear + 0.08


def accuracy(sweeper: ClassifierSweeper, x: np.ndarray) -> float:
    """Contract the chain as it stands, its label at site `half`."""
    h, g, half = np.ones((len(x), 1)), np.ones((len(x), 1)), sweeper.half
    for i in range(half):
        h = np.einsum("na,ns,asb->nb", h, x[:, i], sweeper.tensors[i])
    for i in range(x.shape[1] - 1, half, -1):
        g = np.einsum("nb,ns,asb->na", g, x[:, i], sweeper.tensors[i])
    f = np.einsum("na,ns,asbc,nb->nc", h, x[:, half], sweeper.centre, g)
    return float((f.argmax(axis=1) == DATA.y_test).mean())


def test_sweeps_are_reproducible() -> None:
    one, two = swept(epochs=0, seed=3), swept(epochs=0, seed=3)
    assert (one.predict_proba(DATA.x_test) == two.predict_proba(DATA.x_test)).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "born"}, "`sweeps` is for chains with loss='softmax'"),
        ({"isometric": True}, "`sweeps` is for chains with loss='softmax'"),
        ({"loss": "softmax", "start": "means"}, "`start` must be 'auto' or 'linear' for sweeps"),
        ({"loss": "softmax", "sweeps": -1}, "`sweeps` must be an integer of at least 0"),
        (
            {"loss": "softmax", "sweeps": 0, "epochs": 0},
            "`epochs` must be a positive integer",
        ),
    ],
)
def test_bad_parameters_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        MPSClassifier(**{"sweeps": 1, **settings}).fit(DATA.x_train, DATA.y_train)


def test_a_resumed_training_does_not_sweep_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = np.random.default_rng(0).random((80, 4)), np.arange(80) % 2
    settings: dict[str, Any] = {"loss": "softmax", "generative": 0.0, "sweeps": 1, "epochs": 2}
    path = str(tmp_path / "run.qtn")
    whole = MPSClassifier(3, **settings, checkpoint=path).fit(x, y)
    monkeypatch.setattr(ClassifierSweeper, "sweep", lambda self: pytest.fail("swept again"))
    again = MPSClassifier(3, **settings, checkpoint=path).fit(x, y)
    assert (again.predict_proba(x) == whole.predict_proba(x)).all()
