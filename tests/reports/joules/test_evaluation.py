"""Joules of the rows of a comparison."""

from __future__ import annotations

import pytest

from qtn.devices.costs import RunPlan
from qtn.reports.joules.evaluation import LEGEND, device_joules, local_joules


def test_joules_of_this_machine_and_of_a_device() -> None:
    assert local_joules(2.0) == pytest.approx(2.0 * 10.0 * 1.58)
    plan = RunPlan("FakeTorino", 1, 3, 4000, 5, 2, 2, None, None)
    assert device_joules(plan) == pytest.approx(25e3 * (2.0 + 4000 * 250e-6))
    told = RunPlan("ibm", 1, 3, 4000, 5, 2, 2, 7.0, None)
    assert device_joules(told) == pytest.approx(7.0 * 25e3)


def test_the_legend_names_every_source() -> None:
    for text in ("10 W (assumption)", "Uptime Institute", "IEEE Spectrum 2015", "per shot"):
        assert text in LEGEND
