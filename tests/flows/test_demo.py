"""The main job as a new user runs it: `qtn demo`, then `qtn verify` on what it wrote."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import qtn


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qtn", *arguments], capture_output=True, text=True, timeout=900
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("main job") / "demo"


@pytest.fixture(scope="module")
def record(folder: Path) -> dict[str, Any]:
    """What the demo prints with --json, run once."""
    done = command("demo", "--out", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def rows(record: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {row["name"]: row for row in record["rows"]}


def test_the_table_has_all_rows_with_errors(rows: dict[str, dict[str, float]]) -> None:
    names = list(rows)
    assert names[0] == "classical"
    assert {"logistic regression", "RBF-SVM"} < set(names[1:4])
    assert names[4:] == [
        *("quantum, ideal", "quantum, shots", "noisy", "mitigated"),
        *("refined, ideal", "refined, shots", "refined, noisy"),
    ]
    assert all(row["accuracy_low"] < row["accuracy_high"] <= 1 for row in rows.values())
    assert all(rows[n]["score_error_stderr"] > 0 for n in ("noisy", "mitigated"))


def test_the_classifier_is_as_good_as_its_kind_gets(rows: dict[str, dict[str, float]]) -> None:
    assert rows["classical"]["accuracy"] >= 0.85


def test_refinement_wins_back_what_compilation_loses(rows: dict[str, dict[str, float]]) -> None:
    assert rows["refined, ideal"]["accuracy"] >= rows["quantum, ideal"]["accuracy"] + 0.05
    assert rows["refined, noisy"]["accuracy"] >= rows["noisy"]["accuracy"] + 0.05
    assert rows["refined, noisy"]["accuracy"] >= rows["classical"]["accuracy"]


def test_mitigation_brings_the_scores_back(rows: dict[str, dict[str, float]]) -> None:
    assert rows["mitigated"]["score_error"] < rows["noisy"]["score_error"]


def test_every_file_is_written(record: dict[str, Any], folder: Path) -> None:
    names = {"report": "report.html", "model": "model.qtn", "circuit": "circuit.qasm"}
    names["refined"] = "refined.qasm"
    for role, name in {**names, "card": "card.json"}.items():
        assert record["files"][role] == str(folder / name)
        assert (folder / name).stat().st_size > 0
    assert (folder / "report.html").read_text().count("data:image/") >= 4
    assert qtn.load(folder / "model.qtn").classes_.tolist() == list(range(10))


def test_verify_agrees_with_the_compiler(record: dict[str, Any], folder: Path) -> None:
    done = command("verify", str(folder / "circuit.qasm"), str(folder / "model.qtn"), "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    card = json.loads((folder / "card.json").read_text())
    stated = card["circuits"][0]["fidelity"]
    assert answer["agrees"] is True
    assert answer["stated"] == stated
    assert answer["low"] <= stated <= answer["high"]
    assert answer["high"] - answer["low"] < 1e-3


def test_the_page_shows_these_figures(rows: dict[str, dict[str, float]], root: Path) -> None:
    text = (root / "docs" / "demo.md").read_text(encoding="utf-8").split("<!-- end demo -->")[0]
    results, costs = text.split("```text\n")[1].split("\n\n")[:2]
    for table, columns in (
        (results, {"accuracy": "accuracy", "score error": "score_error"}),
        (costs, {"2-qubit gates": "two_qubit_gates", "fidelity": "fidelity", "shots": "shots"}),
    ):
        headings, _, *lines = [re.split(r" {2,}", line) for line in table.splitlines()]
        assert [line[0] for line in lines] == list(rows)
        for line in lines:
            found = dict(zip(headings, line, strict=True))
            for heading, key in columns.items():
                if found[heading] == "–":
                    continue
                shown = float(found[heading].split()[0].replace(",", ""))
                kind = {"rel": 0.25} if key == "score_error" else {"abs": 0.02}
                assert shown == pytest.approx(rows[line[0]][key], **kind)
