"""The search over the gates of circuits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import special_ortho_group, unitary_group

from qtn.aqc.shape.ansatz import staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError
from qtn.hybrid.refine.optimise import minimise


def towards(goals):
    """Σ |G - goal|², and its gradient."""

    def value_and_gradient(matrices):
        value, slopes = 0.0, []
        for part, wanted in zip(matrices, goals):
            slopes.append([])
            for g, goal in zip(part, wanted):
                away = g - goal
                value += float(np.sum(np.abs(away) ** 2))
                slopes[-1].append(away if np.iscomplexobj(g) else 2.0 * away.real)
        return value, slopes

    return value_and_gradient


def drawn(kind, seed):
    gates = kind.rvs(4, size=3, random_state=np.random.default_rng(seed))
    return Blocks.of(staircase_shape(4, 1), gates)


@pytest.mark.parametrize("kind", [special_ortho_group, unitary_group])
def test_every_gate_reaches_the_goal(kind):
    start, goal = drawn(kind, 1), drawn(kind, 0)
    wanted = [matrix for _, matrix in goal.gates]
    (found,) = minimise([start], towards([wanted]), steps=200)
    for (_, g), w in zip(found.gates, wanted):
        np.testing.assert_allclose(g, w, atol=1e-5)
        np.testing.assert_allclose(g @ g.conj().T, np.eye(4), atol=1e-13)


def test_values_fall_and_several_circuits_move_together():
    starts = [drawn(special_ortho_group, 3), drawn(unitary_group, 4)]
    goals = [[m for _, m in drawn(special_ortho_group, k).gates] for k in (5, 6)]
    seen = []

    def watch(step, value, matrices):
        seen.append((step, value, len(matrices)))
        return step == 7

    minimise(starts, towards(goals), steps=50, watch=watch)
    assert [step for step, _, _ in seen] == list(range(8))
    values = [value for _, value, _ in seen]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0]
    assert all(count == 2 for *_, count in seen)


def test_the_judge_decides_and_the_start_stays_where_nothing_is_better():
    start = drawn(special_ortho_group, 7)
    goal = [[m for _, m in drawn(special_ortho_group, 8).gates]]
    first = start.gates[0][1]

    def away(matrices):  # the farther from the start the worse
        return float(np.abs(matrices[0][0] - first).max())

    steps = []
    (found,) = minimise(
        [start], towards(goal), steps=40, judge=away, patience=4,
        watch=lambda step, *_: steps.append(step),
    )  # fmt: skip
    assert found is start
    assert steps[-1] == 4


def test_stops_where_nothing_can_move():
    start = drawn(special_ortho_group, 9)
    (found,) = minimise([start], lambda m: (1.0, [[0.0 * g for g in m[0]]]), steps=5)
    assert found is start


def test_steps_where_the_function_is_not_finite_are_shortened():
    start = drawn(special_ortho_group, 10)
    goal = [[m for _, m in drawn(special_ortho_group, 11).gates]]
    plain, calls = towards(goal), []

    def sometimes(matrices):
        calls.append(1)
        value, slopes = plain(matrices)
        return (np.inf if len(calls) == 2 else value), slopes

    (found,) = minimise([start], sometimes, steps=20)
    assert plain([[m for _, m in found.gates]])[0] < plain([[m for _, m in start.gates]])[0]
    assert found is not start


def test_refuses():
    start = drawn(special_ortho_group, 12)
    nothing = lambda m: (np.nan, [m[0]])  # noqa: E731
    with pytest.raises(ArgumentError, match="The loss is nan where refinement begins"):
        minimise([start], nothing, steps=5)
    with pytest.raises(ArgumentError, match="steps"):
        minimise([start], nothing, steps=0)
    with pytest.raises(ArgumentError, match="patience"):
        minimise([start], nothing, steps=1, patience=0)
    with pytest.raises(ArgumentError, match="opened"):
        minimise([start], nothing, steps=1, opened="yes")
