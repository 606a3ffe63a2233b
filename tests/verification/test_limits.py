"""Forecasts, limits, intervals and refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brickwork

from qtn.errors import ArgumentError
from qtn.interop.circuits import gate_list
from qtn.verification import Limits
from qtn.verification.engines.base import fidelity_interval
from qtn.verification.engines.chain_state import ChainState
from qtn.verification.engines.quimb_state import QuimbState
from qtn.verification.limits import forecast, schmidt_rank


@settings(max_examples=10)
@given(st.integers(2, 9), st.integers(0, 6), st.integers(0, 2**31))
def test_forecast_bounds_the_bond(n: int, depth: int, seed: int) -> None:
    gates = gate_list(brickwork(n, depth, seed))
    found = forecast(gates, 256)
    assert ChainState(gates, None, 1e-20).max_bond <= round(2**found.peak)
    assert found.exact
    assert len(found.bonds) == n - 1


def test_forecast_grows_with_the_cap() -> None:
    gates = gate_list(brickwork(40, 20))
    small, large = forecast(gates, 32), forecast(gates, 128)
    assert not small.exact
    assert small.seconds < large.seconds
    assert small.memory < large.memory


def test_operator_rank() -> None:
    assert schmidt_rank(np.eye(4)) == 0
    assert schmidt_rank(np.diag([1, 1, 1, -1])) == 1
    assert schmidt_rank(np.eye(4)[[0, 2, 1, 3]]) == 2


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.9))
def test_interval_holds_every_compatible_state(fidelity: float, angle: float, sine: float) -> None:
    """The true ray lies within the angle error of the simulated one."""
    interval = fidelity_interval(fidelity, sine, rigorous=True)
    theta = math.acos(math.sqrt(fidelity))
    true = math.cos(min(max(theta + (2 * angle - 1) * math.asin(sine), 0.0), math.pi / 2)) ** 2
    assert interval.low - 1e-12 <= true <= interval.high + 1e-12


@pytest.mark.parametrize("engine", [ChainState, QuimbState])
def test_distance_bounds_the_true_angle(engine: type) -> None:
    gates = gate_list(brickwork(12, 8, su4=True))
    exact = ChainState(gates, None, 1e-24)
    rough = engine(gates, 40, 1e-12)
    sine = math.sqrt(max(0.0, 1 - abs(rough.overlap(exact.state)) ** 2))
    assert sine <= rough.distance
    assert rough.kept == pytest.approx(1 - sine**2, abs=0.02)


def test_limits_are_checked() -> None:
    with pytest.raises(ArgumentError, match="`max_bond` must be a positive integer"):
        Limits(max_bond=0)
    with pytest.raises(ArgumentError, match="`cutoff` must be a finite number"):
        Limits(cutoff=-1)
    with pytest.raises(ArgumentError, match="`seconds` must be a finite number"):
        Limits(seconds=0)
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer"):
        Limits(shots=0)
