"""Classifiers from tensors against the contraction written out, for every order of axes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import qtn
from qtn.data.features import feature_map
from qtn.models.from_tensors import AXES, PHYS, classifier_from_tensors, classifier_tensors

FLOOR = 2e-6  # "born" leaves no class impossible
ORDERS = {"lpr": (0, 1, 2), "lrp": (0, 2, 1), "plr": (1, 0, 2)}


def _chain(rng, columns: int, label: int, classes: int, phys: int) -> list[np.ndarray]:
    bonds = [1, *rng.integers(1, 5, columns), 1]
    return [
        rng.normal(size=(bonds[k], classes if k == label else phys, bonds[k + 1]))
        for k in range(columns + 1)
    ]


def _amplitudes(chain, label: int, vectors: np.ndarray) -> np.ndarray:
    """f_c(x) of rows of feature vectors (rows, columns, phys), contracted from left to right."""
    found = []
    for row in vectors:
        carry, column = np.ones((1, 1)), 0  # classes (1 before the label), bond
        for k, tensor in enumerate(chain):
            if k == label:
                carry = np.einsum("zl,lcr->cr", carry, tensor)
            else:
                carry = np.einsum("zl,lpr,p->zr", carry, tensor, row[column])
                column += 1
        found.append(carry[:, 0])
    return np.array(found)


@pytest.mark.parametrize("features", sorted(PHYS))
@pytest.mark.parametrize("loss", ["softmax", "born"])
@pytest.mark.parametrize("label", [0, 1, 3, 5])
def test_probabilities_are_those_of_the_tensors(features: str, loss: str, label: int):
    rng = np.random.default_rng(label)
    chain = _chain(rng, 5, label, 3, PHYS[features])
    rows = rng.uniform(size=(7, 5))
    f = _amplitudes(chain, label, feature_map(features)(rows))
    exact = f**2 if loss == "born" else np.exp(f - f.max(axis=1, keepdims=True))
    model = classifier_from_tensors(chain, label, [2, 5, 9], features=features, loss=loss)
    exact = exact / exact.sum(axis=1, keepdims=True)
    close = 1e-12 if loss == "softmax" else FLOOR
    assert model.predict_proba(rows) == pytest.approx(exact, abs=close)
    assert (model.predict(rows) == np.array([2, 5, 9])[exact.argmax(axis=1)]).all()


@pytest.mark.parametrize("axes", sorted(AXES))
def test_axes_torch_and_open_ends(axes: str):
    rng = np.random.default_rng(1)
    chain = _chain(rng, 4, 2, 2, 2)
    rows = rng.uniform(size=(5, 4))
    exact = classifier_from_tensors(chain, 2, [0, 1]).predict_proba(rows)
    turned = [t.transpose(ORDERS[axes]) for t in chain]
    turned[0] = turned[0].squeeze(axes.index("l"))
    turned[-1] = turned[-1].squeeze(axes.index("r"))
    given = [torch.tensor(t, requires_grad=True) for t in turned]
    model = classifier_from_tensors(given, 2, [0, 1], axes=axes)
    assert model.predict_proba(rows) == pytest.approx(exact, abs=1e-13)


def test_states_circuits_and_files(tmp_path):
    rng = np.random.default_rng(2)
    chain = _chain(rng, 6, 3, 2, 2)
    model = classifier_from_tensors(chain, 3, ["no", "yes"], loss="born")
    rows = rng.uniform(size=(4, 6))
    vectors = feature_map("trigonometric")(rows)
    overlaps = []
    for name in model.classes_:
        dense = model.state(name).to_dense().reshape((2,) * 6).transpose()  # site 0 first
        overlaps.append([np.einsum("abcdef,a,b,c,d,e,f", dense, *row) for row in vectors])
    scores = np.square(overlaps).T * np.exp(2 * model.log_norms_)
    exact = scores / scores.sum(axis=1, keepdims=True)
    assert model.predict_proba(rows) == pytest.approx(exact, abs=FLOOR)
    loaded = qtn.load(qtn.save(model, tmp_path / "model.qtn"))
    assert (loaded.predict_proba(rows) == model.predict_proba(rows)).all()
    short = qtn.compile(model.state("yes"), qtn.Staircase(layers=1), progress=False)
    assert 0 < short.fidelity <= 1
    quantum = qtn.deploy(model, qtn.Staircase(layers=2), device="aer", seed=0)
    assert quantum.predict(rows).shape == (4,)


def test_ours_out_and_in_again():
    digits = qtn.load_digits(size=2, classes=(0, 1))
    model = qtn.MPSClassifier(bond=3, epochs=2, rescale=False, seed=0, progress=False)
    model.fit(digits.x_train, digits.y_train)
    tensors, label = classifier_tensors(model)
    assert len(tensors) == digits.x_train.shape[1] + 1
    again = classifier_from_tensors(tensors, label, model.classes_, loss="born")
    expected = model.predict_proba(digits.x_test)
    assert again.predict_proba(digits.x_test) == pytest.approx(expected, abs=1e-6)
    module = model.network_
    before = {name: value.clone() for name, value in module.state_dict().items()}
    module.load_state_dict({name: 2 * value for name, value in before.items()})
    module.load_state_dict(before)
    assert model.predict_proba(digits.x_test) == pytest.approx(expected, abs=0)


def test_bad_tensors_are_refused():
    good = _chain(np.random.default_rng(3), 3, 1, 2, 2)

    def refused(match: str, tensors=good, label=1, classes=(0, 1), **options):
        with pytest.raises(qtn.ArgumentError, match=match):
            classifier_from_tensors(tensors, label, classes, **options)

    refused("equal bonds", [good[0], good[1], np.ones((9, 2, 1)), good[3]])
    refused(r"tensors\[1\].*the classes", classes=(0, 1, 2))
    refused(r"tensors\[0\].*the features", features="polynomial")
    refused("real", [good[0] * 1j, *good[1:]])
    refused("sorted", classes=(1, 0))
    refused("sorted", classes=(0, 0, 1))
    refused("one array per column", [], label=0)
    refused("label", label=4)
    refused("at least one", good[:1], label=0)
    refused("axes", axes="rlp")
    refused("features", features="learned")
    refused("loss", loss="hinge")
    with pytest.raises(qtn.ArgumentError, match="MPSClassifier"):
        classifier_tensors(qtn.TTNClassifier())
