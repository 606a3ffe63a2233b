"""Refinement of deployed models, from rows to a model with the same manners."""

from __future__ import annotations

import signal
from dataclasses import replace

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid import SPSA, CrossEntropy, Extended, Likelihood, RootCrossEntropy
from qtn.hybrid.refine import door
from qtn.hybrid.refine.door import split
from qtn.hybrid.refine.task import Rows


@pytest.fixture(scope="module")
def data():
    return qtn.load_digits(2, "all")


@pytest.fixture(scope="module")
def quantum(data):
    model = qtn.MPSClassifier(bond=4, epochs=5, progress=False).fit(data.x_train, data.y_train)
    return qtn.deploy(model, qtn.Staircase(1), form="overlap", progress=False)


def accuracy(quantum, data):
    return np.mean(quantum.decide(quantum.ideal_scores(data.x_test)) == data.y_test)


def test_refined_decides_better_at_no_more_gates(quantum, data):
    refined = quantum.refine(data.x_train, data.y_train, steps=60)
    assert accuracy(refined, data) > accuracy(quantum, data) + 0.05
    assert type(refined) is type(quantum)
    for new, old in zip(refined.compiled, quantum.compiled):
        assert new.two_qubit_gates <= old.two_qubit_gates
        assert all(np.isrealobj(matrix) for _, matrix in new.sequence.gates)
        assert new.floor <= new.fidelity
        assert new.fidelity == pytest.approx(old.certificate(new.sequence).infidelity * -1 + 1)
        losses = new.provenance["losses"]
        assert losses == sorted(losses, reverse=True)
        assert "RootCrossEntropy" in new.provenance["refined"]
        assert "refined         RootCrossEntropy" in str(new)
    assert "refined" not in quantum.compiled[0].provenance
    assert refined.score(data.x_test[:5], data.y_test[:5]) >= 0.0  # it runs as before


def test_what_was_said_of_the_form_is_said_to_be_of_before(quantum, data):
    chosen = replace(quantum, why="Overlap: 700 shots per row.")
    rows = data.x_train[:200], data.y_train[:200]
    refined = chosen.refine(*rows, steps=1)
    assert refined.why == "Before refinement: Overlap: 700 shots per row."
    assert refined.refine(*rows, steps=1).why == refined.why
    assert quantum.refine(*rows, steps=1).why == ""


def test_same_seed_same_gates(quantum, data):
    rows = data.x_train[:200], data.y_train[:200]
    first, second, other = (
        quantum.refine(*rows, steps=3, seed=seed).ideal_scores(data.x_test[:4])
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0.0


def test_a_label_register_is_refined_with_its_weights(data):
    model = qtn.MPSClassifier(bond=4, epochs=5, progress=False).fit(data.x_train, data.y_train)
    label = qtn.deploy(model, qtn.Staircase(2), form="label", progress=False)
    found = label.refine(data.x_train, data.y_train, loss=CrossEntropy(0.1), steps=60)
    assert accuracy(found, data) > accuracy(label, data)
    assert found.weights.sum() == pytest.approx(label.weights.sum())
    assert np.abs(found.weights - label.weights).max() > 1e-3
    assert found.two_qubit_gates <= label.two_qubit_gates


def test_auto_compares_and_noise_is_taken_into_account(quantum, data):
    rows = data.x_train[:150], data.y_train[:150]
    auto = quantum.refine(*rows, loss=RootCrossEntropy("auto"), steps=3)
    assert "sharpness='auto'" not in auto.compiled[0].provenance["refined"]
    noisy = quantum.refine(*rows, noise="FakeTorino", steps=3)
    assert "noise of FakeTorino" in noisy.compiled[0].provenance["refined"]


@pytest.mark.parametrize("start", ["random", "identity", Extended(1)])
def test_other_starts(quantum, data, start):
    found = quantum.refine(data.x_train[:100], data.y_train[:100], start=start, steps=3)
    more = len(found.compiled[0].sequence.gates) - len(quantum.compiled[0].sequence.gates)
    assert more == (3 if isinstance(start, Extended) else 0)


def test_a_method_of_ones_own_is_asked(quantum, data):
    class Stays:
        def refined(self, task):
            assert len(task.valid) == 10  # one of every class
            return door.Found(list(task.blocks), task.weights)

    found = quantum.refine(data.x_train[:60], data.y_train[:60], method=Stays())
    for new, old in zip(found.compiled, quantum.compiled):
        assert new.sequence.same(old.sequence)


def test_ctrl_c_keeps_the_best_so_far(quantum, data):
    calls = []

    class Interrupted(RootCrossEntropy):
        def value(self, p, y, weights):
            calls.append(1)
            if len(calls) == 6:
                signal.raise_signal(signal.SIGINT)
            return super().value(p, y, weights)

    found = quantum.refine(data.x_train, data.y_train, loss=Interrupted(), steps=100)
    assert len(calls) < 20
    assert 1 < len(found.compiled[0].provenance["losses"]) < 10


def test_split_takes_the_same_share_of_every_class_and_not_too_many(monkeypatch):
    y = np.array([0] * 100 + [1] * 20 + [2])
    rows = Rows(np.arange(121.0)[:, None], y)
    train, valid = split(rows, 0.2, 0)
    assert np.bincount(valid.y).tolist() == [20, 4]
    assert np.bincount(train.y).tolist() == [80, 16, 1]
    assert sorted([*train.x[:, 0], *valid.x[:, 0]]) == list(range(121))
    none, all_rows = split(rows, 0.0, 0)[::-1]
    assert (len(none), len(all_rows)) == (0, 121)
    monkeypatch.setattr(door, "MOST_ROWS", 40)
    train, valid = split(rows, 0.2, 0)
    assert np.bincount(train.y).tolist() == [23, 16, 1]
    assert len(valid) == 24


def test_a_search_on_the_device_is_asked_for_by_its_method(quantum, data):
    rows = data.x_train[:80], data.y_train[:80]
    method = SPSA(shots=100, rows=2, calibration=1, validation=1)
    found = quantum.refine(*rows, method=method, validation=0.2, steps=1)
    assert "SPSA on a device" in found.compiled[0].provenance["refined"]
    other = quantum.refine(*rows, method=method, validation=0.2, steps=1, start="random")
    assert len(other.compiled) == len(quantum.compiled)
    cases = [
        ({"noise": "FakeTorino"}, "A device has its own noise"),
        ({"validation": 0.0}, "needs rows held out"),
        ({"loss": CrossEntropy("auto")}, "takes one loss"),
    ]
    for options, message in cases:
        with pytest.raises(ArgumentError, match=message):
            quantum.refine(*rows, method=method, steps=1, **options)


def test_refuses_before_work_starts(quantum, data):
    x, y = data.x_train[:50], data.y_train[:50]
    cases = [
        ({"y": None}, "needs a label per row: give `y`"),
        ({"y": y[:3]}, "must have one label per input"),
        ({"y": np.full(50, 3)}, "at least two classes, but holds one"),
        ({"y": np.where(y == 3, 77, y)}, "must hold labels of the model.*but holds 77"),
        ({"steps": 0}, "steps"),
        ({"validation": 1.0}, "validation"),
        ({"seed": -1}, "seed"),
        ({"start": "best"}, "start"),
        ({"loss": "cross"}, "loss"),
        ({"method": "SPSA"}, "method"),
    ]
    for options, message in cases:
        given = {"y": y, **options}
        with pytest.raises(ArgumentError, match=message):
            quantum.refine(x, given.pop("y"), **given)
    with pytest.raises(ArgumentError, match="features per row"):
        quantum.refine(x[:, :2], y)


def test_refuses_models_without_blocks_loss_or_overlaps(quantum, data):
    x, y = data.x_train[:50], data.y_train[:50]
    plain = [qtn.hybrid.Exact(c.circuit) for c in quantum.compiled]
    with pytest.raises(ArgumentError, match="not compiled from blocks, and cannot be refined"):
        replace(quantum, compiled=tuple(plain)).refine(x, y)

    with pytest.raises(ArgumentError, match="takes no labels: leave `y` out"):
        quantum.refine(x, y, loss=Likelihood())


def test_a_model_of_a_kind_without_a_loss_is_told_to_bring_one(quantum, data, monkeypatch):
    monkeypatch.setattr(door, "LOSSES", {})
    with pytest.raises(ArgumentError, match="has no loss of its own"):
        quantum.refine(data.x_train[:50], data.y_train[:50])


def test_a_born_machine_is_refined_on_the_likelihood():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2, size=(60, 1)) ^ (rng.random((60, 4)) < 0.1)
    model = qtn.MPSBornMachine(bond=2, sweeps=2, progress=False).fit(rows)
    born = qtn.deploy(model, qtn.Staircase(1), progress=False)
    found = born.refine(rows, validation=0.0, steps=30)
    before, after = (m.ideal_log_prob(rows).mean() for m in (born, found))
    assert after > before + 1e-3
    assert found.two_qubit_gates <= born.two_qubit_gates
