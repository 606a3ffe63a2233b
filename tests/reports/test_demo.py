"""Parts of the main job; the whole of it runs in `tests/flows/test_demo.py`."""

from __future__ import annotations

import json
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


def test_few_circuits_are_extrapolated_and_many_are_not(data) -> None:
    model = qtn.MPSClassifier(bond=2, epochs=1, seed=0, progress=False)
    model.fit(data.x_train, data.y_train)
    few = demo._deployments(model, "tensor", 50, 0)
    assert [type(t).__name__ for t in few[0].mitigation] == ["Readout", "ZNE"]
    assert [c.compiled[0].two_qubit_gates for c in few] == sorted(
        c.compiled[0].two_qubit_gates for c in few
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "EXTRAPOLATED", 10)
        many = demo._deployments(model, "tensor", 50, 0)
    assert [type(t).__name__ for t in many[0].mitigation] == ["Readout"]
    assert demo._inputs(range(2)) == 200
    assert demo._inputs(range(10)) == 100


def test_every_circuit_is_verified(comparison) -> None:
    checks = demo._verified(comparison.model, comparison.quantum)
    stated = [c.fidelity for c in comparison.quantum.compiled]
    assert [c.fidelity for c in checks] == pytest.approx(stated, abs=1e-9)


def test_the_gain_is_that_of_the_same_rows(comparison) -> None:
    y = comparison.labels
    right = replace(comparison.rows[0], predictions=y)
    wrong = replace(comparison.rows[1], predictions=1 - y)
    assert demo._gain(wrong, right, y).startswith("+1.000 [")
    assert "exact McNemar" in demo._gain(wrong, right, y)


def test_the_clearest_input_and_the_check_of_the_noise_on_it(comparison, data) -> None:
    x = demo._clearest(comparison.model, data)
    scores = comparison.model.scores(data.x_test)[:, 0]
    assert comparison.model.scores(x)[0, 0] == pytest.approx(scores.max())
    (note,) = demo._noise_check(comparison.quantum, x, seed=0)
    assert "standard errors apart" in note
    assert demo._noise_check(replace(comparison.quantum, device="tensor"), x, seed=0) == ()


def test_what_is_written_can_be_read_again(comparison, tmp_path: Path) -> None:
    first = comparison.entrants[-1]
    both = replace(comparison, entrants=(*comparison.entrants, replace(first, name="refined")))
    files = demo._write(tmp_path, both, seed=0)
    assert set(files) == {"model", "circuit", "refined", "card", "data", "report"}
    assert {p.name for p in tmp_path.iterdir()} == {
        *("model.qtn", "circuit.qasm", "circuit_1.qasm", "refined.qasm", "refined_1.qasm"),
        *("card.json", "comparison.qtn", "report.html"),
    }
    assert qtn.load(files["model"]).get_params() == comparison.model.get_params()
    card = json.loads(files["card"].read_text())
    assert [c["file"] for c in card["circuits"]][:2] == ["circuit.qasm", "circuit_1.qasm"]


def test_the_command_that_does_the_same() -> None:
    assert demo._command("all", 4, 0, 4096, None) == (
        "qtn demo --classes all --size 4 --seed 0 --shots 4096"
    )
    assert demo._command([3, 8], 2, 1, 64, "FakeAlgiers").endswith("--device FakeAlgiers")
    assert demo._command((3, 8), 2, 1, 64, "a b").startswith("qtn demo --classes 3 8 --size 2")
    assert demo._command("all", 4, 0, 4096, object()) == ""


def test_noise_is_swept_on_fake_backends_only(comparison, data) -> None:
    both = (comparison.quantum, comparison.quantum)
    found = demo._against_noise(both, data.x_test[:4], data.y_test[:4], seed=0)
    assert found is not None
    assert list(found.curves()) == ["quantum", "refined"]
    assert found.rows == 4
    elsewhere = (replace(comparison.quantum, device="aer"),) * 2
    assert demo._against_noise(elsewhere, data.x_test[:4], data.y_test[:4], seed=0) is None
