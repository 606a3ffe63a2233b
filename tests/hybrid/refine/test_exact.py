"""Refinement by exact gradients: derivatives of the whole loss, and what is kept."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import unitary_group

import qtn
from qtn.hybrid.refine.exact import ExactGradients, _Search
from qtn.hybrid.refine.losses import CrossEntropy, Likelihood, RootCrossEntropy
from qtn.hybrid.refine.task import Rows, Task


@pytest.fixture(scope="module")
def data():
    return qtn.load_digits(size=2)


@pytest.fixture(scope="module", params=["overlap", "label"])
def quantum(request, data):
    model = qtn.MPSClassifier(bond=2, epochs=3, progress=False).fit(data.x_train, data.y_train)
    return qtn.deploy(model, qtn.Staircase(1), form=request.param, progress=False)


def task(quantum, data, loss, blocks=None, steps=5, valid=0, watch=lambda step, value: False):
    rows = Rows(quantum.rows(data.x_train), np.searchsorted(quantum.classes, data.y_train))
    cut = len(rows) - valid
    weights = np.array([p.weight for p in quantum.form.products(quantum, rows.x[:1])])
    blocks = blocks or tuple(c.sequence for c in quantum.compiled)
    train, held = rows.at(np.arange(cut)), rows.at(np.arange(cut, len(rows)))
    return Task(quantum, blocks, loss, train, held, weights, steps, 0, watch)


@pytest.mark.parametrize("loss", [CrossEntropy(0.1), RootCrossEntropy()], ids=repr)
@pytest.mark.parametrize("complex_too", [False, True])
def test_gradient_is_the_derivative(quantum, data, loss, complex_too):
    rng = np.random.default_rng(0)
    blocks = [c.sequence for c in quantum.compiled]
    if complex_too:  # one complex block among real ones
        first, *others = blocks[0].gates
        turned = (first[0], unitary_group.rvs(4, random_state=rng) @ first[1])
        blocks[0] = type(blocks[0])(blocks[0].n, (turned, *others))
    search = _Search(task(quantum, data, loss, tuple(blocks)))
    matrices = [[m for _, m in b.gates] for b in blocks]
    value, slopes = search.value_and_gradient(matrices)
    assert np.isfinite(value)
    h = 1e-6
    for k, circuit in enumerate(matrices):
        for j, matrix in enumerate(circuit):
            away = rng.normal(size=matrix.shape)
            if np.iscomplexobj(matrix):
                away = away + 1j * rng.normal(size=matrix.shape)
            ends = []
            for sign in (1, -1):
                moved = [list(part) for part in matrices]
                moved[k][j] = matrix + sign * h * away
                ends.append(search.value_and_gradient(moved)[0])
            factor = 2.0 if np.iscomplexobj(matrix) else 1.0
            expected = (ends[0] - ends[1]) / (2 * h)
            found = factor * np.vdot(slopes[k][j], away).real
            assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_losses_fall_and_the_best_on_rows_held_out_is_kept(quantum, data):
    held = 40
    work = task(quantum, data, RootCrossEntropy(), steps=15, valid=held)
    found = ExactGradients().refined(work)
    assert list(found.losses) == sorted(found.losses, reverse=True)
    judged = _Search(work)
    before = judged.judge([[m for _, m in b.gates] for b in work.blocks])
    after = judged.judge([[m for _, m in b.gates] for b in found.blocks])
    assert after <= before
    assert all(new.size == old.size for new, old in zip(found.blocks, work.blocks))


def test_a_watch_ends_the_search(quantum, data):
    seen = []

    def watch(step, value):
        seen.append(step)
        return step == 2

    found = ExactGradients().refined(task(quantum, data, CrossEntropy(), watch=watch))
    assert seen == [0, 1, 2]
    assert len(found.losses) == 3
    assert found.weights.shape == (len(quantum.classes),)


class Backwards(Likelihood):
    """A loss whose first stage is to make rows rare."""

    def ways(self, p, weights):
        class Rare(Likelihood):
            def value(self, p, y, weights):
                value, slopes = super().value(p, y, weights)
                return -value, -slopes

        return [[Rare(), self]]


def test_ways_never_end_worse_than_they_began():
    rows = np.array([[0, 0, 0], [1, 1, 1], [0, 1, 1], [1, 0, 0]] * 5)
    model = qtn.MPSBornMachine(bond=4, sweeps=4, progress=False).fit(rows)
    born = qtn.deploy(model, qtn.Staircase(1), device="tensor", progress=False)
    loss = Backwards()
    found = born.refine(rows, loss=loss, steps=4, validation=0.0)
    assert found.ideal_log_prob(rows).mean() >= born.ideal_log_prob(rows).mean() - 1e-9
