"""Steps of recipes, with the real rooms behind them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import qtn

GHZ = {"target": {"state": "ghz", "qubits": 3}, "compile": {"method": "textbook"}}


def content(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_counts(tmp_path: Path) -> None:
    made = qtn.make({**GHZ, "run": {"shots": 100}}, tmp_path)
    found = content(made.files["run.json"])
    assert set(found["counts"]) == {"000", "111"}
    assert (found["device"], found["shots"]) == ("aer", 100)


def test_values_and_their_mitigation(tmp_path: Path) -> None:
    noisy = {
        **GHZ,
        "run": {"device": "FakeManilaV2", "shots": 2000, "observables": ["ZZI", "XXX"]},
        "mitigate": {"techniques": ["Readout"]},
    }
    made = qtn.make(noisy, tmp_path)
    raw, mended = (content(made.files[f"{step}.json"]) for step in ("run", "mitigate"))
    assert mended["method"] == "readout"
    for label in ("ZZI", "XXX"):
        assert abs(1 - mended["values"][label]["value"]) < abs(1 - raw["values"][label]["value"])
        assert raw["values"][label]["stderr"] > 0


def test_a_born_machine_and_its_state(tmp_path: Path) -> None:
    recipe = {
        "data": {"source": "bars-and-stripes", "rows": 2, "columns": 2},
        "model": {"kind": "MPSBornMachine", "bond": 4, "sweeps": 4},
        "target": {"state": "model"},
        "compile": {"method": "Window"},
    }
    made = qtn.make(recipe, tmp_path)
    model, state = (qtn.load(made.files[name]) for name in ("model.qtn", "target.qtn"))
    assert "seconds" not in model.history_
    assert state.fidelity(model.state(qubits=True)) == pytest.approx(1.0, abs=1e-12)
    assert made.circuit["fidelity"] == pytest.approx(1.0, abs=1e-9)


def test_a_comparison_without_a_target(tmp_path: Path) -> None:
    recipe = {
        "data": {"source": "digits", "size": 2},
        "model": {"kind": "MPSClassifier", "bond": 2, "epochs": 1},
        "compile": {"method": "Staircase", "layers": 1},
        "run": {"shots": 64},
        "compare": {"rows": 4, "baselines": False},
    }
    with pytest.raises(qtn.ArgumentError, match=r"\[run\] needs a section \[target\]"):
        qtn.make(recipe, tmp_path)
    made = qtn.make({k: v for k, v in recipe.items() if k != "run"}, tmp_path)
    assert made.card == {}
    rows = content(made.files["comparison.json"])["rows"]
    assert {"seconds", "energy"}.isdisjoint(rows[0])
    assert "report.html" not in made.hashes
    assert "report.html" in made.files
