"""Parts of the main job; the whole of it runs in `tests/flows/test_demo.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import qtn
from qtn.errors import ArgumentError, FileError
from qtn.reports import demo


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"shots": 0}, ArgumentError, "`shots` must be a positive integer"),
        ({"size": 3}, ArgumentError, "`size` must be"),
        ({"classes": (1,)}, ArgumentError, "`classes` must"),
        ({"device": "FakeNowhere"}, ArgumentError, "no known device"),
        ({"device": "FakeManilaV2"}, ArgumentError, "needs 16 qubits, but FakeManilaV2 has 5"),
    ],
)
def test_what_cannot_run_is_refused_before_work_starts(
    options: dict[str, Any], error: type, message: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(demo, "MPSClassifier", None)
    with pytest.raises(error, match=message):
        demo.run_demo(tmp_path / "out", **options)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be"):
        demo.run_demo(tmp_path / "file")


def test_the_shallowest_deployment_that_keeps_the_accuracy_is_chosen(comparison, data) -> None:
    good = comparison.quantum
    bad = replace(good, classes=good.classes[::-1])  # takes every 0 for a 1
    right = good.decide(good.ideal_scores(data.x_train)) == data.y_train
    easy = replace(data, x_train=data.x_train[right], y_train=data.y_train[right])
    assert demo._chosen(comparison.model, (good, good), easy) == 0
    assert demo._chosen(comparison.model, (bad, good), easy) == 1
    assert demo._chosen(comparison.model, (bad, bad), easy) == 0


def test_the_clearest_input_and_the_check_of_the_noise_on_it(comparison, data) -> None:
    x = demo._clearest(comparison.model, data)
    scores = comparison.model.scores(data.x_test)[:, 0]
    assert comparison.model.scores(x)[0, 0] == pytest.approx(scores.max())
    (note,) = demo._noise_check(comparison.quantum, x, seed=0)
    assert "standard errors apart" in note
    assert demo._noise_check(replace(comparison.quantum, device="tensor"), x, seed=0) == ()


def test_what_is_written_can_be_read_again(comparison, tmp_path: Path) -> None:
    files = demo._write(tmp_path, comparison, seed=0)
    assert set(files) == {"model", "circuit", "card", "report"}
    assert {p.name for p in tmp_path.iterdir()} == {
        *("model.qtn", "circuit.qasm", "circuit_1.qasm", "card.json", "report.html"),
    }
    assert qtn.load(files["model"]).get_params() == comparison.model.get_params()
