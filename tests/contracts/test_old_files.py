"""What earlier versions saved loads, and says the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import old_files
import pytest
from sklearn.base import BaseEstimator

import qtn
from qtn._io import KINDS
from qtn.devices.record.runs import resume

FOLDER = Path(__file__).resolve().parents[1] / "files"
VALUES: dict[str, Any] = json.loads((FOLDER / "values.json").read_text(encoding="utf-8"))["values"]


def same(found: Any, told: Any) -> bool:
    """Whether two nests of lists, numbers and texts agree, numbers to ten digits."""
    if isinstance(told, dict):  # newer versions have more parameters
        return found.keys() >= told.keys() and all(same(found[k], told[k]) for k in told)
    if isinstance(told, list):
        return len(found) == len(told) and all(map(same, found, told))
    if isinstance(told, float):
        return bool(found == pytest.approx(told, rel=1e-10, abs=1e-12))
    return bool(found == told)


@pytest.mark.parametrize("name", sorted(set(VALUES) - {"training-checkpoint", "ledger"}))
def test_an_old_file_says_what_it_said(name: str) -> None:
    told = old_files.values(qtn.load(FOLDER / f"{name}.qtn"))
    assert same(told, VALUES[name]), told


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.qtn")), ids=lambda path: path.stem)
def test_an_old_file_shows_itself(path: Path) -> None:
    found = qtn.load(path)
    assert isinstance(found, BaseEstimator) or repr(found).count("\n") == 0 < len(repr(found)) < 300
    assert 0 < len(str(found).splitlines()) < 50
    assert "<" in found._repr_html_()


def test_an_old_run_is_taken_up_where_it_stopped(tmp_path: Path) -> None:
    path = Path(shutil.copy(FOLDER / "training-checkpoint.qtn", tmp_path / "run.qtn"))
    assert qtn.load(path).epoch == 2
    model = old_files.long_run(path).fit(old_files.ROWS, old_files.ROWS[:, 0])
    told = old_files.values(model)
    whole = VALUES["training-checkpoint"]
    assert same(told["parameters"], whole["parameters"])
    assert told["predictions"] == pytest.approx(whole["predictions"], rel=1e-5)


def test_an_old_ledger_knows_its_runs(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "ledger" / "ledger.sqlite", tmp_path)
    rows = qtn.jobs(tmp_path).rows()
    assert [(row["device"], row["state"]) for row in rows] == [
        ("aer", "done"),
        ("FakeManilaV2", "done"),
    ]
    told = VALUES["ledger"]["bits"]
    assert resume(rows[1]["run"], ledger=tmp_path).bits[0].array.tolist() == told
    assert old_files.recorded(tmp_path).bits[0].array.tolist() == told
    assert len(qtn.jobs(tmp_path)) == 2


def test_every_kind_of_file_is_kept() -> None:
    kinds = {qtn.load(path).kind for path in FOLDER.glob("*.qtn")}
    assert kinds == set(KINDS)


def test_a_difference_is_seen() -> None:
    told = VALUES["mps"]
    assert same(told, told)
    assert not same({"amplitudes": told["amplitudes"][:-1]}, told)
    assert not same({"amplitudes": [[0.1, 0.0], *told["amplitudes"][1:]]}, told)
    assert not same({}, told)
