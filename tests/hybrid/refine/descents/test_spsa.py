"""SPSA: gains measured at the start, falls of a known bowl."""

from __future__ import annotations

import numpy as np
import pytest
from bowls import bowl

from qtn.errors import ArgumentError
from qtn.hybrid.refine.descents.base import Descent, Job
from qtn.hybrid.refine.descents.spsa import SPSA


def search(job: Job, method: SPSA, steps: int) -> Descent:
    state = method.begin(job, steps)
    for _ in range(steps):
        state = method.advance(job, state, steps)
    return state


def loss(state: Descent) -> float:
    return float((1.0 - np.cos(state.end)).sum())


def test_the_gain_is_the_inverse_of_the_trace_of_the_hessian() -> None:
    # A first step that turns angles by less than the stride is not cut short.
    state = SPSA(calibration=20, stride=0.2).begin(bowl(np.full(10, 0.1)), 100)
    assert state.numbers["gain"] == pytest.approx(1 / (10 * np.cos(0.1)), rel=0.02)
    assert state.numbers["stride"] == 0.2


def test_the_gain_does_not_depend_on_the_unit_of_the_loss() -> None:
    one, other = (SPSA().begin(bowl(np.full(4, 0.5), scale=s), 100) for s in (1.0, 1000.0))
    assert other.numbers["gain"] == pytest.approx(one.numbers["gain"] / 1000.0)


def test_noise_makes_steps_shorter() -> None:
    quiet, loud = (SPSA().begin(bowl(np.full(4, 0.5), noise=n), 100) for n in (0.0, 1.0))
    moved = [s.numbers["gain"] for s in (quiet, loud)]
    assert moved[1] < 0.5 * moved[0]


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_bowl_is_descended(noise: float) -> None:
    job = bowl(np.full(10, 1.0), noise)
    state = search(job, SPSA(), 200)
    assert loss(state) < (0.01 if noise == 0.0 else 0.2)
    assert len(state.history) == state.step == 200
    assert state.history[-1] < state.history[0]


def test_directions_are_averaged() -> None:
    job = bowl(np.full(10, 1.0), 0.2)
    assert loss(search(job, SPSA(directions=4), 60)) < loss(search(job, SPSA(), 60))


def test_a_flat_loss_moves_nothing() -> None:
    state = search(bowl(np.ones(3), scale=0.0), SPSA(), 3)
    assert np.array_equal(state.angles, np.ones(3))


def test_bad_options() -> None:
    for name in ("directions", "calibration"):
        with pytest.raises(ArgumentError, match=f"`{name}` must be"):
            SPSA(**{name: 0})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="`stride` must be"):
        SPSA(stride=0.0)
