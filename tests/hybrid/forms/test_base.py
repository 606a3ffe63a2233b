"""The contract of forms: its defaults, for one compiled state per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.forms.base import (
    Deployed,
    Exact,
    Floats,
    Form,
    Measurement,
    register_projectors,
)
from qtn.hybrid.forms.overlap import Overlap, all_zeros, overlap_circuit


@dataclass(frozen=True)
class Plain(Form):
    """The overlaps without weights, everything else by default."""

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        zeros = all_zeros(model.n)
        return [Measurement(overlap_circuit(c.circuit), x, zeros) for c in model.compiled]

    def scores(self, model: Deployed, outcomes: Sequence[qtn.Estimate]) -> qtn.Estimate:
        value = np.concatenate([o.value for o in outcomes], axis=1)
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


@dataclass(frozen=True)
class Register(Plain):
    """All distributions of two qubits off the same shots; the score is that of a pair of bits."""

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        asked = register_projectors([0, 3], 4)
        return [Measurement(overlap_circuit(c.circuit), x, asked) for c in model.compiled]

    def scores(self, model: Deployed, outcomes: Sequence[qtn.Estimate]) -> qtn.Estimate:
        value = np.stack([np.asarray(o.value)[:, 2] for o in outcomes], axis=1)
        stderr = np.stack([np.asarray(o.stderr)[:, 2] for o in outcomes], axis=1)
        return qtn.Estimate(value, stderr, sum(o.shots for o in outcomes), "register")


def test_several_observables_are_read_off_the_same_shots(quantum: qtn.QuantumClassifier) -> None:
    x = np.random.default_rng(1).random((3, 4))
    several = replace(quantum, form=Register(), shots=5000)
    first, *_ = several.measure(x)
    assert first.value.shape == first.stderr.shape == (3, 4)
    assert first.value.sum(axis=1) == pytest.approx(1.0)
    assert first.shots == 3 * 5000
    scores = several.scores(x)
    assert scores.shots == 3 * 3 * 5000
    assert np.all(np.abs(scores.value - several.ideal_scores(x)) < 5 * scores.stderr)


def test_projectors_of_a_register() -> None:
    assert register_projectors([1], 3) == ["I0I", "I1I"]
    assert register_projectors([2, 1], 3, elsewhere="0") == ["000", "100", "010", "110"]
    for wrong in ([0, 0], [3], [-1]):
        with pytest.raises(ArgumentError, match="`qubits` must be different qubits below 3"):
            register_projectors(wrong, 3)


def test_one_observable_is_asked_for_as_one() -> None:
    circuit, rows = qtn.MPS.product([[1, 0]] * 2), np.zeros((1, 0))
    assert Measurement(circuit, rows, "00").asked == "00"
    assert Measurement(circuit, rows, ["00"]).asked == "00"
    assert Measurement(circuit, rows, ["00", "01"]).asked == ["00", "01"]
    with pytest.raises(ArgumentError, match="`observables` must be"):
        Measurement(circuit, rows, 3)


def test_a_form_without_products_says_so(quantum: qtn.QuantumClassifier) -> None:
    with pytest.raises(ArgumentError, match="The form Plain has no overlaps"):
        Plain().products(quantum, np.zeros((1, 4)))


def test_a_circuit_that_is_exact_is_counted() -> None:
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    exact = Exact(circuit)
    assert (exact.two_qubit_gates, exact.two_qubit_depth, exact.fidelity) == (2, 2, 1.0)
    assert repr(exact) == "Exact(3 qubits, 2 two-qubit gates)"


def test_models_that_a_form_cannot_take() -> None:
    data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    isometric = qtn.MPSClassifier(2, isometric=True, epochs=1).fit(data.x_train, data.y_train)
    with pytest.raises(ArgumentError, match="has no form state"):
        Plain().targets(isometric)
    wide = qtn.MPSClassifier(2, features="polynomial", epochs=1).fit(data.x_train, data.y_train)
    with pytest.raises(ArgumentError, match="features have dimension 3, but a qubit needs 2"):
        Overlap().targets(wide)
