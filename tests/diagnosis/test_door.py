"""`qtn.about` and `qtn.doctor`."""

from __future__ import annotations

import numpy as np

import qtn
from qtn._machine import Gpu
from qtn.diagnosis import Severity, door
from qtn.diagnosis.facts import Facts
from qtn.diagnosis.rules import RULES


def test_versions_are_those_of_this_machine() -> None:
    found = qtn.about()
    assert found.qtn == qtn.__version__
    assert found.packages["numpy"] == np.__version__
    assert found.packages["torch"]


def test_the_worst_comes_first(monkeypatch) -> None:
    facts = Facts(
        python=(3, 9), busy=99.0, disk=0, packages={"torch": "1", "qiskit-ibm-runtime": "1"}
    )
    monkeypatch.setattr(door, "gather", lambda: facts)
    found = qtn.doctor()
    assert [f.severity for f in found.findings] == [
        Severity.FAULT,
        Severity.WARNING,
        Severity.NOTE,
    ]
    assert found.checked == len(RULES)


def test_a_gpu_is_named_with_what_uses_it_and_what_is_missing() -> None:
    card = Gpu("NVIDIA H100", 80 << 30, "580.1")
    whole = door.gpu_use((card,), "2.11.0+cu130", ["qiskit-aer-gpu"])
    assert whole[0] == "NVIDIA H100, 80 GiB, driver 580.1"
    assert all(": yes" in line for line in whole[1:])
    lacking = door.gpu_use((card,), "2.11.0+cpu", ["qiskit-aer"])
    assert "no: install a CUDA build of torch" in lacking[1]
    assert "no: pip uninstall -y qiskit-aer; pip install" in lacking[2]
    assert door.gpu_use((), None, []) == [
        "no GPU: the driver's library libnvidia-ml.so.1 is absent or names none"
    ]
