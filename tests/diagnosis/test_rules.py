"""The known traps: each is found where it is, with its cure, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qtn._machine import Gpu
from qtn.diagnosis import rules
from qtn.diagnosis.facts import PACKAGE, Facts
from qtn.diagnosis.findings import Severity
from qtn.diagnosis.rules import RULES

SOUND = Facts(
    python=(3, 12),
    cores=4,
    busy=1.0,
    memory=8 << 30,
    disk=50 << 30,
    packages={
        PACKAGE: "0.1",
        "qiskit-aer": "0.18.2",
        "qiskit-ibm-runtime": "0.51",
        "torch": "2.13.0+cpu",
        "autoray": "0.8.4",
        "cotengra": "0.7.5",
        "pennylane": "0.45.1",
    },
    required={
        PACKAGE: ["torch>=2.5", "cotengra>=0.7.1", 'pennylane>=0.43; extra == "pennylane"'],
        "pennylane": ["autoray==0.8.4", 'absent>=1; python_version < "3"', "§ no requirement"],
    },
    locked={"torch": "2.13.0", "cotengra": "0.7.5"},
    cache={"/a": False, "/b": True},
)


def found(**changed: Any) -> list[tuple[str, str, str]]:
    facts = replace(SOUND, **changed)
    return [(f.severity.name, f.what, f.cure) for rule in RULES for f in rule(facts)]


def packages(**changed: str | None) -> dict[str, str]:
    names = {name.replace("_", "-"): version for name, version in changed.items()}
    return {k: v for k, v in {**SOUND.packages, **names}.items() if v is not None}


def test_a_sound_machine_has_no_findings() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "severity", "what", "cure"),
    [
        ({"python": (3, 10)}, "FAULT", "Python 3.10 is too old", "3.11"),
        ({"python": (3, 14)}, "NOTE", "newer than what qtn was tested with", "3.13"),
        ({"wide": False}, "FAULT", "32 bits", "64 bits"),
        (
            {"packages": packages(qiskit_aer_gpu="0.15")},
            "FAULT",
            "overwrite each other's files",
            "pip uninstall -y qiskit-aer qiskit-aer-gpu",
        ),
        (
            {"packages": packages(autoray="0.8.2")},
            "FAULT",
            "pennylane needs autoray==0.8.4, but 0.8.2 is installed",
            'pip install "autoray==0.8.4"',
        ),
        (
            {"packages": packages(autoray=None)},
            "FAULT",
            "pennylane needs autoray, which is not installed",
            "pip install",
        ),
        (
            {"packages": packages(torch="2.1+cpu"), "locked": {}},
            "FAULT",
            "qtn-toolkit needs torch>=2.5, but 2.1+cpu",
            "pip install",
        ),
        (
            {"packages": packages(cotengra="0.8.1"), "locked": {}},
            "FAULT",
            "quimb's DMRG2 stops",
            "cotengra==0.7.5",
        ),
        (
            {"packages": packages(torch="2.14.0+cpu")},
            "NOTE",
            "Not the tested versions: torch 2.14.0 (tested: 2.13.0)",
            "constraints.txt",
        ),
        (
            {"environment": {"OMP_WAIT_POLICY": "ACTIVE"}},
            "WARNING",
            "OMP_WAIT_POLICY=ACTIVE lets idle threads of BLAS spin",
            "unset OMP_WAIT_POLICY",
        ),
        (
            {"environment": {"OMP_NUM_THREADS": "16"}},
            "WARNING",
            "OMP_NUM_THREADS=16, but there are 4 cores",
            "export OMP_NUM_THREADS=4",
        ),
        (
            {"quota": 1.5},
            "WARNING",
            "sees 4 cores, but this container may use 1.5",
            "export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1",
        ),
        ({"busy": 20.0}, "NOTE", "a load of 20.0 on 4 cores", "longer"),
        ({"memory": 1 << 30}, "WARNING", "Only 1.0 GiB of memory", "Close"),
        ({"memory": 1 << 28}, "FAULT", "Only 0.2 GiB of memory", "Close"),
        ({"disk": 100 << 20}, "WARNING", "Only 100 MiB", "TMPDIR"),
        ({"cache": {"/a": False}}, "WARNING", "can be written (/a)", "NUMBA_CACHE_DIR"),
        ({"packages": packages(torch=None), "required": {}}, "NOTE", "torch is not", "[train]"),
        ({"packages": packages(qiskit_ibm_runtime=None)}, "NOTE", "no fake backends", "[ibm]"),
        ({"packages": packages(ipykernel="7")}, "NOTE", "ipywidgets is not", "[notebook]"),
        ({"gpus": (Gpu("H100", 1 << 30, "1"),)}, "NOTE", "on the CPU only", "CUDA build"),
        ({"packages": packages(nvidia_cublas="13")}, "NOTE", "CUDA packages", "pytorch.org"),
        ({"encoding": "ascii"}, "WARNING", "Standard output is ascii", "PYTHONUTF8=1"),
    ],
)
def test_each_trap_is_found_alone(changed: dict, severity: str, what: str, cure: str) -> None:
    (finding,) = found(**changed)
    assert finding[0] == severity
    assert what in finding[1]
    assert cure in finding[2]


def test_threads_that_fit_the_container_are_fine() -> None:
    assert found(quota=2.0, environment={"OMP_NUM_THREADS": "2"}) == []


def test_what_is_not_told_is_not_judged() -> None:
    bare = Facts(python=(3, 12), packages=SOUND.packages)
    assert [f for rule in RULES for f in rule(bare)] == []


def test_many_other_versions_are_counted() -> None:
    names = {f"p{k}": "1" for k in range(9)}
    facts = Facts(
        python=(3, 12),
        packages={**names, PACKAGE: "0.1"},
        required={PACKAGE: list(names)},
        locked=dict.fromkeys(names, "2"),
    )
    (finding,) = rules.lock(facts)
    assert "and 3 more" in finding.what
    assert finding.severity is Severity.NOTE
