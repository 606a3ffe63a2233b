"""Devices: circuits in, counts or expectation values with standard errors out."""

from __future__ import annotations

from qtn.devices.budget import Budget
from qtn.devices.card import DeviceCard, device_card
from qtn.devices.costs import RunPlan
from qtn.devices.counts import expectation, measurement_bases
from qtn.devices.door import run
from qtn.devices.engines.base import Engine, Pub, RemoteEngine, Values
from qtn.devices.engines.local_queue import LocalQueue
from qtn.devices.lookup import Device, fake_backend_names, resolve
from qtn.devices.placement.transpile import Transpiled
from qtn.devices.preparation import transpile_for
from qtn.devices.record.ledger import Ledger
from qtn.devices.record.runs import JobTable, cancel, export, jobs, resume, show
from qtn.devices.result import PubResult, RunResult
from qtn.states.operators import Basis

__all__ = [
    "Basis",
    "Budget",
    "Device",
    "DeviceCard",
    "Engine",
    "JobTable",
    "Ledger",
    "LocalQueue",
    "Pub",
    "PubResult",
    "RemoteEngine",
    "RunPlan",
    "RunResult",
    "Transpiled",
    "Values",
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
