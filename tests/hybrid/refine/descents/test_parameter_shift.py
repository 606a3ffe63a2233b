"""Parameter shift: gradients without bias, the length of steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bowls import bowl

from qtn.hybrid.refine.descents import parameter_shift
from qtn.hybrid.refine.descents.parameter_shift import ParameterShift


def test_a_bowl_is_descended_in_a_few_steps() -> None:
    job, method = bowl(np.array([1.0, -0.7, 0.3])), ParameterShift()
    state = method.begin(job, 10)
    for _ in range(10):
        state = method.advance(job, state, 10)
    assert float((1.0 - np.cos(state.end)).sum()) < 1e-4
    assert state.history[0] == pytest.approx((1.0 - np.cos(job.angles)).sum())


def test_gradients_follow_the_chain_rule() -> None:
    job = replace(bowl(np.array([1.0, -0.7])), losses=lambda values, _: np.log1p(values[..., 0]))
    here = np.array([[[1.0 - np.cos(1.0) + 1.0 - np.cos(0.7)]]])
    changes = np.sin(job.angles)[:, None, None]
    found = parameter_shift._chain(job, here, changes, job.train)
    assert found == pytest.approx(np.sin(job.angles) / (1.0 + here[0, 0, 0]), rel=1e-6)


def test_the_top_of_a_hill_is_left_with_the_longest_step() -> None:
    job, method = bowl(np.array([np.pi - 0.1])), ParameterShift()
    state = method.advance(job, method.begin(job, 3), 3)
    assert state.angles[0] == pytest.approx(np.pi - 0.1 - parameter_shift.LONGEST)


def test_a_flat_loss_moves_nothing() -> None:
    job, method = bowl(np.ones(2), scale=0.0), ParameterShift()
    assert np.array_equal(method.advance(job, method.begin(job, 3), 3).angles, np.ones(2))
