"""What `qtn about` says of the machine."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

import qtn
from qtn._machine import Gpu
from qtn.cli import machine


def test_versions_and_sizes_are_those_of_this_machine() -> None:
    found = machine.describe_machine()
    assert json.loads(json.dumps(found)) == found
    assert found["qtn"] == qtn.__version__
    assert found["packages"]["numpy"] == np.__version__
    assert 1 <= found["cores"] <= (os.cpu_count() or 1)
    assert found["memory_bytes"] == machine.memory_bytes()
    assert machine.version_of("no-such-distribution") is None


def test_two_aer_wheels_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = {"qiskit-aer": "0.17", "qiskit-aer-gpu": "0.15"}
    monkeypatch.setattr(machine, "version_of", wheels.get)
    found = machine.describe_machine()
    assert found["aer_wheels"] == [*wheels]
    assert found["aer_clash"] is True
    monkeypatch.setattr(machine, "version_of", {"qiskit-aer": "0.17"}.get)
    assert machine.describe_machine()["aer_clash"] is False


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_name: str) -> int:
        raise ValueError("unknown name")

    monkeypatch.setattr(os, "sysconf", silent)
    assert machine.memory_bytes() is None


def test_a_gpu_is_named_with_what_uses_it_and_what_is_missing() -> None:
    card = Gpu("NVIDIA H100", 80 << 30, "580.1")
    whole = machine.describe_gpus((card,), "2.11.0+cu130", ["qiskit-aer-gpu"])
    assert whole[0] == "NVIDIA H100, 80 GiB, driver 580.1"
    assert all(": yes" in line for line in whole[1:])
    lacking = machine.describe_gpus((card,), "2.11.0+cpu", ["qiskit-aer"])
    assert "no: install a CUDA build of torch" in lacking[1]
    assert 'no: pip uninstall -y qiskit-aer; pip install ".[gpu]"' in lacking[2]
    assert machine.describe_gpus((), None, []) == [
        "no GPU: the driver's library libnvidia-ml.so.1 is absent or names none"
    ]
