"""Training curves are those that were recorded."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError

import qtn
from qtn.errors import ArgumentError

X, Y = np.random.default_rng(0).random((24, 3)), np.arange(24) % 2


def test_losses_and_accuracies_are_drawn_with_rows_held_out() -> None:
    model = qtn.MPSClassifier(bond=2, epochs=3, validation_fraction=0.25, progress=False)
    model.fit(X, Y)
    ax = Figure().subplots()
    assert model.plot(ax) is ax
    assert [list(line.get_ydata()) for line in ax.lines] == [
        model.history_["loss"],
        model.history_["validation_loss"],
    ]
    assert ax.get_ylabel() == "loss (nats per sample)"
    assert model.plot(kind="accuracy").get_ylabel() == "accuracy"
    frame = model.to_frame()
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["loss"].tolist() == model.history_["loss"]
    with pytest.raises(ArgumentError, match="`kind` must be one of 'loss'"):
        model.plot(kind="validation_loss")


def test_regressors_and_born_machines_have_units_of_their_own() -> None:
    regressor = qtn.MPSRegressor(bond=2, epochs=2, progress=False).fit(X, X[:, 0])
    assert regressor.plot().get_ylabel() == "loss (variances of the targets)"
    born = qtn.MPSBornMachine(2, progress=False).fit((X > 0.5).astype(int))
    assert list(born.plot().lines[0].get_ydata()) == born.history_["loss"]


def test_a_model_made_from_tensors_has_no_training_to_draw() -> None:
    tensors = [np.ones((1, 2, 1)), np.ones((1, 2, 1))]
    with pytest.raises(ArgumentError, match="not trained here"):
        qtn.classifier_from_tensors(tensors, 1, [0, 1]).plot()


def test_a_model_that_is_not_fitted_is_refused() -> None:
    for ask in (qtn.MPSClassifier().plot, qtn.MPSClassifier().to_frame):
        with pytest.raises(NotFittedError):
            ask()


def test_print_and_notebooks_say_what_was_fitted() -> None:
    model = qtn.MPSClassifier(bond=2, epochs=2, progress=False)
    assert str(model) == repr(model)
    assert "fitted</strong>" not in model._repr_html_()
    model.fit(X, Y)
    assert repr(model) == "MPSClassifier(bond=2, epochs=2, progress=False)"
    lines = [line.split() for line in str(model).splitlines()]
    assert ["parameters", "bond=2,", "epochs=2,", "progress=False"] in lines
    assert ["epochs", "2"] in lines
    assert ["classes", "0,", "1"] in lines
    html = model._repr_html_()
    assert "sk-" in html  # scikit-learn's diagram
    assert "MPSClassifier, fitted</strong>" in html
