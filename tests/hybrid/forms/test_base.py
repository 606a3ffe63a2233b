"""The contract of forms: its defaults, for one compiled state per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.forms.base import Deployed, Floats, Form, Measurement
from qtn.hybrid.forms.overlap import Overlap, all_zeros, overlap_circuit


@dataclass(frozen=True)
class Plain(Form):
    """The overlaps without weights, everything else by default."""

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        zeros = all_zeros(model.n)
        return [Measurement(overlap_circuit(c.circuit), x, zeros) for c in model.compiled]

    def scores(self, model: Deployed, outcomes: Sequence[qtn.Estimate]) -> qtn.Estimate:
        value = np.stack([o.value for o in outcomes], axis=1)
        return qtn.Estimate(value, np.zeros(value.shape), 0, "plain")

    def shots_needed(self, model: Deployed, x: Floats, stderr: float) -> int:
        return 1


@pytest.fixture(scope="module")
def model() -> qtn.MPSClassifier:
    data = qtn.load_digits(size=2, classes=(0, 1, 2), seed=0)
    return qtn.MPSClassifier(4, epochs=4, progress=False).fit(data.x_train, data.y_train)


@pytest.fixture(scope="module")
def quantum(model: qtn.MPSClassifier) -> qtn.QuantumClassifier:
    return qtn.deploy(model, qtn.Staircase(layers=1), form=Plain(), device="tensor", progress=False)


def test_targets_are_the_states_and_weights_their_squared_norms(model: qtn.MPSClassifier) -> None:
    targets = Plain().targets(model)
    assert [t.n for t in targets] == [4, 4, 4]
    assert targets[1].fidelity(model.state(label=1)) == pytest.approx(1.0)
    weights = Plain().weights(model)
    assert weights.sum() == pytest.approx(1.0)
    assert np.log(weights[0] / weights[2]) == pytest.approx(
        2 * (model.log_norms_[0] - model.log_norms_[2])
    )


def test_ideal_scores_are_contracted_without_shots(quantum: qtn.QuantumClassifier) -> None:
    x = np.random.default_rng(0).random((5, 4))
    wanted = replace(quantum, form=Overlap()).ideal_scores(x) / quantum.weights
    assert quantum.ideal_scores(x) == pytest.approx(wanted, abs=1e-12)


def test_parts_that_do_not_belong_together_are_refused(quantum: qtn.QuantumClassifier) -> None:
    Plain().check(quantum)
    assert Plain().inputs(quantum) == 4
    assert repr(Plain().circuits(quantum, np.zeros((2, 4)))[0]) == "Measurement(4 qubits, 2 inputs)"
    for parts in ({"weights": quantum.weights[:2]}, {"compiled": quantum.compiled[:1]}):
        with pytest.raises(ArgumentError, match="one weight and one circuit per class"):
            replace(quantum, **parts)


def test_models_that_a_form_cannot_take() -> None:
    data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    isometric = qtn.MPSClassifier(2, isometric=True, epochs=1).fit(data.x_train, data.y_train)
    with pytest.raises(ArgumentError, match="has no form state"):
        Plain().targets(isometric)
    wide = qtn.MPSClassifier(2, features="polynomial", epochs=1).fit(data.x_train, data.y_train)
    with pytest.raises(ArgumentError, match="features have dimension 3, but a qubit needs 2"):
        Overlap().targets(wide)
