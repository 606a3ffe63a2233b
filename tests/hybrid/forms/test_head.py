"""Heads: fitted to what a device gives, chosen on rows held out, plugged into the form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import Head, Isometric, LogisticHead
from qtn.hybrid.forms import head as module

DATA = qtn.load_digits(size=4, classes=(0, 1, 2, 3, 4), test_fraction=0.4, seed=1)


@pytest.fixture(scope="module")
def model() -> qtn.TTNClassifier:
    settings = {"isometric": True, "nodes": "blocks", "epochs": 25, "shape": (4, 4)}
    return qtn.TTNClassifier(**settings).fit(DATA.x_train, DATA.y_train)


@pytest.fixture(scope="module")
def quantum(model: qtn.TTNClassifier) -> qtn.QuantumClassifier:
    return qtn.deploy(model, form="isometric", progress=False)


@dataclass(frozen=True)
class Noisy:
    """A deployed model whose device has exactly the noise that it is told."""

    form: Any
    compiled: Any
    classes: Any
    model: Any
    level: tuple[float, float]
    rows: Any
    before: tuple[Any, ...] = ()
    shots: int = 4096
    seed: int = 3

    @classmethod
    def like(cls, quantum: Any, model: Any, level: tuple[float, float]) -> Noisy:
        return cls(quantum.form, quantum.compiled, quantum.classes, model, level, quantum.rows)

    def measure(self, x: np.ndarray) -> list[qtn.Estimate]:
        p = self.model.outcomes(x, *self.level)
        f = np.random.default_rng(5).multinomial(self.shots, p / p.sum(axis=1, keepdims=True))
        return [qtn.Estimate(f / self.shots, np.zeros(f.shape), self.shots, "counts")]


@pytest.mark.parametrize("level", [(0.03, 0.0), (0.05, 0.02)])
def test_the_noise_is_read_off_rows_without_labels(
    quantum: Any, model: Any, level: tuple[float, float]
) -> None:
    measured = Noisy.like(quantum, model, level).measure(DATA.x_train[:100])[0].value
    found = module._calibrated(model, DATA.x_train[:100], measured)
    assert found[0] == pytest.approx(level[0], abs=0.006)
    assert found[1] == pytest.approx(level[1], abs=0.012)  # flips look much like noise on blocks


def test_a_head_repairs_what_noise_does_to_the_modulus(quantum: Any, model: Any) -> None:
    device = Noisy.like(quantum, model, (0.08, 0.03))
    form = qtn.fit_head(device, model, DATA.x_train, DATA.y_train).form
    frequencies = device.measure(DATA.x_test)[0].value
    right = [
        np.mean(DATA.y_test == quantum.decide(found))
        for found in (form.head(frequencies), model.scores(DATA.x_test, 0.08, 0.03))
    ]
    assert right[0] > max(right[1], 0.85)
    assert form.head.noise == pytest.approx(0.08, abs=0.05)
    losses = [each.loss for each in form.head.tried]
    assert losses == sorted(losses)
    assert len({(t.noise, t.readout) for t in form.head.tried}) == 4


def test_a_deployed_model_with_a_head(quantum: Any, model: Any) -> None:
    whole = qtn.fit_head(quantum, model, DATA.x_train, DATA.y_train, levels=[(0.0, 0.0)])
    head = whole.form.head
    assert isinstance(head, LogisticHead)
    assert isinstance(head, Head)
    assert whole.form == replace(quantum.form, head=head)
    p = whole.ideal_scores(DATA.x_test)
    assert p.sum(axis=1) == pytest.approx(1.0)
    assert p == pytest.approx(head(model.outcomes(DATA.x_test)), abs=1e-6)
    assert np.mean(whole.decide(p) == DATA.y_test) > 0.9
    assert whole.score(DATA.x_test[:50], DATA.y_test[:50]) > 0.85
    again = qtn.fit_head(quantum, model, DATA.x_train, DATA.y_train, levels=[(0.0, 0.0)])
    assert (again.form.head.weights == head.weights).all()
    assert repr(head) == "LogisticHead(16 outcomes, 5 classes, noise=0, readout=0)"
    assert repr(LogisticHead(np.ones((4, 2)), np.zeros(2))) == "LogisticHead(4 outcomes, 2 classes)"


def test_the_fit_is_that_of_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    f = rng.dirichlet(np.ones(8), size=300)
    y = (f[:, :3].argmax(axis=1) + (rng.random(300) < 0.2)) % 3
    head = module._fitted(f, np.eye(3)[y], 10.0)
    peer = LogisticRegression(C=10.0, tol=1e-8, max_iter=2000).fit(np.sqrt(f), y)
    assert head(f) == pytest.approx(peer.predict_proba(np.sqrt(f)), abs=2e-3)
    assert head(-f) == pytest.approx(head(0 * f))  # mitigated frequencies below 0 count as 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"quantum": "torino"}, "`quantum` must be a model deployed in the form Isometric"),
        ({"model": "tree"}, "`model` must be a fitted classifier"),
        ({"y": DATA.y_train[:5]}, r"`y` must be one label per row, shape \("),
        ({"y": np.full(len(DATA.y_train), 9)}, "`y` must be labels of"),
        ({"x": DATA.x_train[:3], "y": DATA.y_train[:3]}, "`x` must have at least 4 rows"),
        ({"x": [["a"]]}, "`x` must"),
        ({"rows": 1}, "`rows` must be"),
        ({"levels": []}, "`levels` must be pairs of a noise per block"),
        ({"levels": 0.1}, "`levels` must be pairs of a noise per block"),
        ({"levels": [(0.1, 0.2, 0.3)]}, "`levels` must be pairs of a noise per block"),
        ({"levels": [(2.0, 0.0)]}, "`levels` must be"),
    ],
)
def test_bad_arguments(quantum: Any, model: Any, wrong: dict[str, Any], message: str) -> None:
    given = {"quantum": quantum, "model": model, "x": DATA.x_train, "y": DATA.y_train}
    with pytest.raises(ArgumentError, match=message):
        qtn.fit_head(**{**given, **wrong})


def test_a_pipeline_passes_its_transformers_before_the_head() -> None:
    chosen = np.flatnonzero(DATA.y_train < 2)[:80]
    x, y = 5.0 * DATA.x_train[chosen] + 3.0, DATA.y_train[chosen]
    inner = qtn.TTNClassifier(isometric=True, nodes="blocks", epochs=10)
    pipe = make_pipeline(StandardScaler(), PCA(4, random_state=0), inner).fit(x, y)
    deployed = qtn.deploy(pipe, shots=2000, device="tensor", progress=False)
    options = {"rows": 20, "levels": [(0.0, 0.0)]}
    whole = qtn.fit_head(deployed, pipe, x, y, **options)
    last = qtn.fit_head(deployed, pipe[-1], x, y, **options)
    assert (whole.form.head.weights == last.form.head.weights).all()
    inside = pipe[-1].outcomes(pipe[:-1].transform(x))
    assert whole.ideal_scores(x) == pytest.approx(whole.form.head(inside), abs=1e-6)
    assert np.mean(whole.decide(whole.ideal_scores(x)) == y) > 0.9


def test_a_model_of_another_circuit_is_refused(quantum: Any, model: Any) -> None:
    other = qtn.TTNClassifier(8, isometric=True, nodes="blocks", epochs=1, shape=(4, 4))
    other.fit(DATA.x_train, DATA.y_train)
    plain = qtn.MPSClassifier(2, epochs=1).fit(DATA.x_train, DATA.y_train)
    again = clone(model).set_params(epochs=1).fit(DATA.x_train, DATA.y_train)
    for wrong in (other, plain, again):
        with pytest.raises(ArgumentError, match="`model` must be the classifier that was deployed"):
            qtn.fit_head(quantum, wrong, DATA.x_train, DATA.y_train)
    assert quantum.form == Isometric()
