"""Runs at more and more terms: when they end, and what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum, Turn, generators_of, propagate
from qtn.verification.engines.propagated.ladder import (
    Rung,
    climb,
    half_widths,
    lost_share,
    value_run,
)

N = 8
Z = PauliSum.from_terms([Term(1.0, ((3, "Z"),))], N)


def _kicked(angle: float, steps: int, coupling: float = -np.pi / 2):
    out = []
    for _ in range(steps):
        out += [Turn(((q, "X"),), angle) for q in range(N)]
        out += [Turn(((q, "Z"), ((q + 1) % N, "Z")), coupling) for q in range(N)]
    return generators_of(N, out)


def test_it_ends_where_nothing_is_dropped():
    rungs = climb(value_run(Z, _kicked(np.pi / 2, 10), None), 10.0, 1e9)
    assert [r.rigorous for r in rungs] == [0.0]


def test_it_goes_on_until_nothing_is_dropped():
    rungs = climb(value_run(Z, _kicked(0.5, 6), None), 10.0, 1e9, first=64)
    assert len(rungs) > 3
    assert rungs[-1].rigorous <= 1e-9
    exact = propagate(Z, _kicked(0.5, 6)).kept.value()
    for rung in rungs:
        assert abs(rung.value - exact) <= rung.rigorous + 1e-12
    rigorous, estimate = half_widths(rungs[:3], 1.0)
    assert abs(rungs[2].value - exact) <= min(rigorous, estimate)


def test_it_stops_where_the_norm_does_not_come_back():
    rungs = climb(value_run(Z, _kicked(0.9, 14, 0.7), None), 0.05, 1e9, first=8)
    assert rungs[-1].lost > 0.1
    assert half_widths(rungs, 1.0)[1] == math.inf


@pytest.mark.parametrize(("seconds", "memory"), [(1e-9, 1e9), (10.0, 10.0)])
def test_nothing_within_the_limits(seconds, memory):
    assert climb(value_run(Z, _kicked(0.5, 6), None), seconds, memory) == []


def test_no_estimate_without_three_runs():
    rungs = [Rung(k, 0.5, 0.2, 0.01, 1.0, 5) for k in (1, 2, 3)]
    assert half_widths(rungs[:2], 1.0) == (0.2, math.inf)
    assert half_widths(rungs, 1.0) == (0.2, pytest.approx(0.1))


def test_the_lost_share_is_that_of_the_squared_norm():
    assert lost_share(Z, propagate(Z, _kicked(0.5, 3)).kept) == pytest.approx(0.0, abs=1e-12)
    assert lost_share(Z, Z.truncated(cutoff=2.0)[0]) == 1.0
