"""The runs of a plan: what they take, and what is told of it."""

from __future__ import annotations

import io
import sys
import time

import pytest
from mitigation.examples import energy, trotter

import qtn
from qtn import _progress
from qtn.mitigation import ZNE, Readout, Twirl, measure, plan
from qtn.mitigation.running import budget_plans


def test_the_price_is_that_of_jobs_and_calibration() -> None:
    prepared = plan(trotter(), energy(), [Readout(), Twirl(4)], device="FakeManila", shots=400)
    plans = budget_plans(prepared)
    assert sum(p.shots for p in plans) == prepared.shots == measure(prepared).estimate().shots
    assert prepared.seconds == pytest.approx(sum(p.here for p in plans))


def test_a_constant_takes_no_time() -> None:
    assert plan(trotter(), {"III": 2.0}, device="FakeManila").seconds is None


def test_seconds_are_said_before_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(_progress, "LONG", 0.0)
    for progress in (False, True):
        qtn.mitigate(
            *(trotter(), energy(), Readout()), device="FakeManila", shots=10, progress=progress
        )
        assert ("expected" in out.getvalue()) is progress


@pytest.mark.slow
def test_the_forecast_is_of_the_right_size() -> None:
    prepared = plan(trotter(), energy(), [Readout(), ZNE()], device="FakeManila", shots=200_000)
    measure(prepared)
    start = time.process_time()
    measure(prepared)
    taken = time.process_time() - start
    assert taken / 3 < (prepared.seconds or 0.0) < 3 * taken
