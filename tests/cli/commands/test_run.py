"""`qtn run`: counts, values, plans and records, the same as in Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import qtn
from qtn.interop.qasm import load_qasm3


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    path = tmp_path / "bell.qasm"
    path.write_text(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n'
    )
    return path


def test_counts(call, bell: Path) -> None:
    record = call("run", bell, "--shots", 50, "--json").record
    assert sum(record["counts"].values()) == 50
    assert set(record["counts"]) <= {"00", "11"}
    text = call("run", bell, "--shots", 50)
    assert text.code == 0
    assert "50 shots" in text.out


def test_openqasm_2(call, tmp_path: Path) -> None:
    path = tmp_path / "old.qasm"
    path.write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nx q[0];\nsxdg q[1];\n')
    record = call("run", path, "--shots", 100, "--json").record
    assert set(record["counts"]) == {"01", "11"}


def test_many_outcomes_are_cut_in_text(call, tmp_path: Path) -> None:
    path = tmp_path / "flat.qasm"
    path.write_text('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[5] q;\nh q;\n')
    text = call("run", path, "--shots", 2000).out
    assert "... 22 more (--json prints all)" in text


def test_values_are_those_of_python(call, bell: Path) -> None:
    words = ("--observable", "ZZ", "--observable", '{"XX": 0.5, "ZI": 1}', "--shots", 100)
    record = call("run", bell, *words, "--device", "FakeManilaV2", "--seed", 3, "--json").record
    found = qtn.run(
        load_qasm3(bell),
        ["ZZ", {"XX": 0.5, "ZI": 1}],
        device="FakeManilaV2",
        shots=100,
        seed=3,
        progress=False,
    ).values[0]
    assert [row["value"] for row in record["values"]] == found.value.tolist()
    assert [row["stderr"] for row in record["values"]] == found.stderr.tolist()
    assert "  ZZ  0." in call("run", bell, *words, "--device", "FakeManilaV2").out


def test_mitigated_values_are_those_of_python(call, bell: Path) -> None:
    words = ("--observable", "ZZ", "--shots", 200, "--device", "FakeManilaV2", "--json")
    record = call("run", bell, *words, "--mitigate", "Readout").record
    found = qtn.mitigate(
        load_qasm3(bell), ["ZZ"], qtn.Readout(), device="FakeManilaV2", shots=200, progress=False
    )
    assert record["values"][0]["value"] == found.value.tolist()[0]
    assert record["method"] == found.method


@pytest.mark.parametrize("door", [("run", "--mitigate"), ("mitigate", "--technique")])
def test_mitigated_runs_are_recorded_if_asked(
    call, door: tuple[str, str], bell: Path, tmp_path: Path
) -> None:
    command, option = door
    words = ("--observable", "ZZ", "--shots", 50, "--device", "FakeManilaV2", "--json")
    ask = (command, bell, *words, option, "Readout", "--ledger", tmp_path / "runs")
    first = call(*ask).record
    again = call(*ask).record
    assert again["values"] == first["values"]
    rows = call("jobs", "list", "--ledger", tmp_path / "runs", "--json").record["runs"]
    assert [row["state"] for row in rows] == ["done", "done"]  # the values and the readout


def test_a_plan_runs_nothing(call, bell: Path) -> None:
    words = ("--device", "FakeManilaV2", "--dry-run")
    record = call("run", bell, *words, "--json").record
    plan = qtn.run(load_qasm3(bell), device="FakeManilaV2", dry_run=True)
    assert record["plan"]["shots"] == plan.shots
    assert record["plan"]["two_qubit_gates"] == plan.two_qubit_gates == 1
    assert "Nothing was run." in call("run", bell, *words).out
    words = ("--observable", "ZZ", "--mitigate", "Readout,ZNE", *words, "--json")
    assert call("run", bell, *words).record["plan"]["overhead"] > 1


def test_simulators_are_recorded_if_asked(call, bell: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "runs"
    first = call("run", bell, "--shots", 30, "--ledger", ledger, "--json").record
    (row,) = call("jobs", "list", "--ledger", ledger, "--json").record["runs"]
    assert (row["device"], row["state"]) == ("aer", "done")
    again = call("run", bell, "--shots", 30, "--ledger", ledger, "--json").record
    assert again["counts"] == first["counts"]
    assert len(call("jobs", "list", "--ledger", ledger, "--json").record["runs"]) == 1


def test_answers_are_written_the_same_twice(call, bell: Path, tmp_path: Path) -> None:
    made = []
    for name in ("a.json", "b.json"):
        call("run", bell, "--shots", 30, "--out", tmp_path / name)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert sum(json.loads(made[0])["counts"].values()) == 30
