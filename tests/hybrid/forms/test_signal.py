"""Shots to a decision against simulated counts, and the formula where it is known."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.hybrid.forms.signal import Counts, Headed


def counts(p: np.ndarray, values: np.ndarray | None = None, circuits: int = 1) -> Counts:
    weights = np.ones(p.shape[1]) if values is None else values
    return Counts(p, weights, circuits, np.full(p.shape[1], 1e-3))


def test_the_formula_of_equal_weights() -> None:
    q = np.random.default_rng(0).random((50, 4)) * 0.1
    first, second = np.sort(np.sqrt(q), axis=1)[:, :-3:-1].T
    expected = np.log(20) / (first - second) ** 2
    assert counts(q).shots(0.05) == pytest.approx(expected)
    assert counts(q, circuits=4).shots(0.05) == pytest.approx(4 * expected)
    assert counts(q).most() == pytest.approx(q.max(axis=1))


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [0.2, 0.5, 0.3]])
@pytest.mark.parametrize("circuits", [1, 3])
def test_as_many_rows_are_decided_as_promised(values: list[float], circuits: int) -> None:
    rng = np.random.default_rng(1)
    weights = np.array(values)
    p = rng.random((300, 3)) * rng.choice([0.02, 0.2], size=(300, 1))
    signal = counts(p, weights, circuits)
    shots = np.ceil(signal.shots(0.05) / circuits).astype(int)
    found = rng.binomial(shots[:, None], p) * weights
    right = found.argmax(axis=1) == (p * weights).argmax(axis=1)
    assert right.mean() >= 0.95


def test_noise_takes_more_shots_and_may_turn_the_order() -> None:
    p = np.array([[0.2, 0.1], [0.2, 0.19]])
    assert np.all(counts(p).shots(0.05, keep=0.5) > counts(p).shots(0.05))
    turned = Counts(p, np.ones(2), 1, np.array([0.0, 0.9]))
    assert np.isinf(turned.shots(0.05, keep=0.1)).all()
    silent = counts(np.array([[0.0, 0.0], [0.5, 0.0]]))
    assert np.isinf(silent.shots(0.05)[0])
    assert silent.shots(0.05)[1] == pytest.approx(np.log(20) / 0.5)


def roots(coefficients: np.ndarray) -> object:
    def head(distribution: np.ndarray) -> np.ndarray:
        logits = np.sqrt(np.clip(distribution, 0, None)) @ coefficients
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    return head


def test_a_head_of_two_outcomes_is_the_formula() -> None:
    q = np.array([[0.7, 0.3], [0.55, 0.45]])
    expected = np.log(20) / (np.sqrt(q[:, 0]) - np.sqrt(q[:, 1])) ** 2
    found = Headed(q, roots(np.eye(2))).shots(0.05)
    # On the unit sphere the gradient is a little shorter than the difference's √2.
    assert found == pytest.approx(expected, rel=0.1)
    assert np.all(found <= expected)


def test_a_head_decides_as_promised() -> None:
    rng = np.random.default_rng(2)
    head = roots(5 * rng.normal(size=(8, 3)))
    p = rng.dirichlet(np.ones(8), size=300)
    signal = Headed(p, head)
    shots = np.ceil(signal.shots(0.05)).astype(int)
    fit = (shots > 20) & (shots < 10**6)
    found = np.stack([rng.multinomial(n, row) / n for n, row in zip(shots[fit], p[fit])])
    right = head(found).argmax(axis=1) == head(p[fit]).argmax(axis=1)
    assert right.mean() >= 0.93
    assert np.median(signal.shots(0.05, keep=0.5)) > np.median(signal.shots(0.05))
    assert signal.most() == pytest.approx(1.0)
