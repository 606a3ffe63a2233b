"""What a refinement works on."""

from __future__ import annotations

import numpy as np

import qtn
from qtn.hybrid.refine.losses import RootCrossEntropy
from qtn.hybrid.refine.task import Rows, Task, placed, probabilities


def test_rows_are_taken_with_their_labels():
    rows = Rows(np.arange(6.0).reshape(3, 2), np.array([2, 0, 1]))
    some = rows.at(np.array([2, 0]))
    assert len(some) == 2
    assert some.y.tolist() == [1, 2]
    assert some.x.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert Rows(np.zeros((2, 1))).at(np.array([1])).y is None


def test_probabilities_have_a_column_per_product():
    found = probabilities([np.array([0.6, 1j]), np.array([-0.5, 0.0])])
    np.testing.assert_allclose(found, [[0.36, 0.25], [1.0, 0.0]])


def test_placed_gives_the_model_with_other_gates():
    data = qtn.load_digits(size=2)
    model = qtn.MPSClassifier(bond=2, epochs=3, progress=False).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(model, qtn.Staircase(1), form="overlap", progress=False)
    rows = Rows(quantum.rows(data.x_train[:4]))
    blocks = tuple(c.sequence for c in quantum.compiled)
    work = Task(
        quantum, blocks, RootCrossEntropy(), rows, rows, quantum.weights, 1, 0, lambda *_: False
    )
    swapped = placed(quantum, blocks[::-1])
    here, there = quantum.ideal_scores(rows.x), swapped.ideal_scores(rows.x)
    np.testing.assert_allclose(here / quantum.weights, (there / quantum.weights)[:, ::-1])
    assert [p.weight for p in work.products(rows)] == quantum.weights.tolist()
