"""Devices: circuits in, counts or expectation values with standard errors out."""

from __future__ import annotations

from qtn.devices.card import DeviceCard, device_card
from qtn.devices.execute import run
from qtn.devices.ledger import Ledger
from qtn.devices.local_queue import LocalQueue
from qtn.devices.observables import Basis, expectation, measurement_bases
from qtn.devices.plan import Budget, Plan
from qtn.devices.resolve import Device, fake_backend_names, resolve
from qtn.devices.result import PubResult, RunResult
from qtn.devices.table import JobTable, cancel, export, jobs, resume, show
from qtn.devices.transpile import Transpiled, transpile_for

__all__ = [
    "Basis",
    "Budget",
    "Device",
    "DeviceCard",
    "JobTable",
    "Ledger",
    "LocalQueue",
    "Plan",
    "PubResult",
    "RunResult",
    "Transpiled",
    "cancel",
    "device_card",
    "expectation",
    "export",
    "fake_backend_names",
    "jobs",
    "measurement_bases",
    "resolve",
    "resume",
    "run",
    "show",
    "transpile_for",
]
