"""`qtn mitigate`: the estimate of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import qtn
from qtn.interop.qasm import load_qasm3

BELL = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n'


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    (tmp_path / "bell.qasm").write_text(BELL)
    return tmp_path / "bell.qasm"


def test_values_are_those_of_python(call, bell: Path) -> None:
    words = ("--observable", "ZZ", "--observable", "XX", "--shots", 200)
    techniques = ("--technique", "Readout", "--technique", "ZNE(factors=(1, 3), fit='linear')")
    device = ("--device", "FakeManilaV2", "--seed", 1)
    record = call("mitigate", bell, *words, *techniques, *device, "--json").record
    found = qtn.mitigate(
        load_qasm3(bell),
        ["ZZ", "XX"],
        [qtn.Readout(), qtn.ZNE(factors=(1, 3), fit="linear")],
        device="FakeManilaV2",
        shots=200,
        seed=1,
        progress=False,
    )
    assert [row["value"] for row in record["values"]] == found.value.tolist()
    assert record["shots"] == found.shots


def test_the_technique_is_chosen_by_the_device(call, bell: Path, tmp_path: Path) -> None:
    out = tmp_path / "v.json"
    words = ("--observable", "ZZ", "--shots", 100, "--device", "FakeManilaV2", "--out", out)
    outcome = call("mitigate", bell, *words)
    assert outcome.code == 0
    assert "ZZ  " in outcome.out
    assert out.exists()


def test_a_plan_runs_nothing(call, bell: Path) -> None:
    words = ("--observable", "ZZ", "--technique", "Readout", "--device", "FakeManilaV2")
    record = call("mitigate", bell, *words, "--dry-run", "--json").record
    plan = qtn.mitigation.plan(load_qasm3(bell), ["ZZ"], qtn.Readout(), device="FakeManilaV2")
    assert record["plan"]["shots"] == plan.shots
