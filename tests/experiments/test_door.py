"""`qtn.make`: the same files every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qtn
from qtn._machine import few_threads

W: dict[str, Any] = {
    "title": "A W state",
    "target": {"state": "w", "qubits": 8, "tree": True},
    "compile": {"method": "Tree", "min_fidelity": 0.999},
}


def test_files_made_twice_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    noisy = {**W, "run": {"shots": 50, "observables": ["Z" * 8]}, "seed": 4}
    with few_threads(1):
        first = qtn.make(noisy, tmp_path / "first")
    second = qtn.make(noisy, tmp_path / "second")
    assert set(first.files) == {"circuit.qasm", "card.json", "run.json", "measured.json"}
    for name in first.hashes:
        assert first.files[name].read_bytes() == second.files[name].read_bytes()
    assert (first.hash, first.hashes, first.card) == (second.hash, second.hashes, second.card)
    assert "measured.json" not in first.hashes


def test_another_seed_is_another_circuit(tmp_path: Path) -> None:
    one, other = (qtn.make({**W, "seed": seed}, tmp_path / str(seed)) for seed in (1, 2))
    assert one.circuit["hash"] != other.circuit["hash"]


def test_some_steps(tmp_path: Path) -> None:
    made = qtn.make({**W, "run": {"shots": 50}}, tmp_path, steps=["run"])
    assert set(made.files) == {"run.json", "measured.json"}
    assert made.circuit == {}
    with pytest.raises(qtn.ArgumentError, match=r"`steps\[0\]` must be one of 'target', 'compile'"):
        qtn.make(W, tmp_path, steps=["run"])
    with pytest.raises(qtn.ArgumentError, match="`steps` must be names of sections"):
        qtn.make(W, tmp_path, steps="run")


def test_data_stand_where_the_caller_or_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtn.save(qtn.MPS.product([[1, 0], [0, 1]]), tmp_path / "state.qtn")
    recipe = {"target": {"state": "file", "file": "state.qtn"}, "compile": {}}
    assert qtn.make(recipe, tmp_path / "a", data=tmp_path).circuit["fidelity"] == 1.0
    monkeypatch.setenv("QTN_DATA", str(tmp_path))
    assert "target.qtn" in qtn.make(recipe, tmp_path / "b").files


def test_what_falls_short_is_refused(tmp_path: Path) -> None:
    short = {**W, "compile": {"method": "Tree", "bond": 1, "min_fidelity": 0.999}}
    with pytest.raises(qtn.FidelityError, match="below min_fidelity"):
        qtn.make(short, tmp_path)


def test_what_was_made_shows_itself(tmp_path: Path) -> None:
    made = qtn.make(W, tmp_path)
    assert repr(made).startswith("Made(card.json, circuit.qasm, measured.json in ")
    text = str(made)
    assert "two-qubit gates" in text
    assert "A W state" in text
    assert made.hash in text
    assert "<table" in made._repr_html_()


@pytest.mark.parametrize("recipe", [{}, {"title": "nothing"}, {"compile": {"method": "Auto"}}])
def test_a_recipe_that_asks_for_nothing_is_refused(recipe: dict, tmp_path: Path) -> None:
    with pytest.raises(qtn.ArgumentError, match=r"nothing that can be made.*\[target\]"):
        qtn.make(recipe, tmp_path / "out")
    assert not (tmp_path / "out").exists()
