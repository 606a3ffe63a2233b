"""Devices: circuits in, counts or expectation values with standard errors out."""

from __future__ import annotations

from qtn.devices.execute import run
from qtn.devices.observables import Basis, expectation, measurement_bases
from qtn.devices.resolve import Device, fake_backend_names, resolve
from qtn.devices.result import PubResult, RunResult
from qtn.devices.transpile import Transpiled, transpile_for

__all__ = [
    "Basis",
    "Device",
    "PubResult",
    "RunResult",
    "Transpiled",
    "expectation",
    "fake_backend_names",
    "measurement_bases",
    "resolve",
    "run",
    "transpile_for",
]
