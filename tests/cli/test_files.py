"""What the commands read and write: digits, models, circuits, cards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import qtn
from qtn.cli import files
from qtn.errors import ArgumentError, FileError


@pytest.mark.parametrize(
    ("text", "digits"), [("3 8", [3, 8]), ("3,8", [3, 8]), ("all", "all"), ("0", [0])]
)
def test_digits(text: str, digits: object) -> None:
    assert files.digits_to_keep(text) == digits


@pytest.mark.parametrize("text", ["", "three", "3 all", "-1"])
def test_what_are_no_digits(text: str) -> None:
    with pytest.raises(ArgumentError, match="Option --classes must be digits or all"):
        files.digits_to_keep(text)


def test_states_in_files(tmp_path: Path) -> None:
    rows, labels = np.random.default_rng(0).random((12, 4)), np.arange(12) % 2
    model = qtn.MPSClassifier(2, epochs=1, progress=False).fit(rows, labels)
    born = qtn.MPSBornMachine(2, sweeps=1, progress=False).fit(rows)
    state = qtn.MPS.product([[1, 0], [0, 1]])
    saved = [qtn.save(x, tmp_path / f"{k}.qtn") for k, x in enumerate((model, born, state))]
    assert files.state_of(saved[0], 1).n == 4
    assert files.state_of(saved[1], None).n == born.state(qubits=True).n
    assert files.state_of(saved[2], None).n == 2
    assert files.classifier(saved[0]).classes_.tolist() == [0, 1]
    with pytest.raises(ArgumentError, match="one state per class"):
        files.state_of(saved[0], None)
    with pytest.raises(ArgumentError, match="Option --label is for models"):
        files.state_of(saved[2], 0)
    with pytest.raises(ArgumentError, match="holds MPS, no classifier"):
        files.classifier(saved[2])


def test_data_sets() -> None:
    assert set(files.dataset("digits", 2, [3, 8], 0).y_train) == {3, 8}
    with pytest.raises(ArgumentError, match="Option --data must be digits, but is 'cats'"):
        files.dataset("cats", 2, "all", 0)


def test_a_card_holds_one_entry_per_circuit(tmp_path: Path) -> None:
    first, second = tmp_path / "a.qasm", tmp_path / "b.qasm"
    assert files.read_card(first) == files.card_entry(first) == {}
    for path, fidelity in ((first, 0.5), (second, 0.6), (first, 0.7)):
        card = files.card_with(path, {"file": path.name, "fidelity": fidelity})
        (tmp_path / "card.json").write_text(json.dumps({**card, "note": "kept"}))
    assert files.card_entry(first)["fidelity"] == 0.7
    assert files.card_entry(second)["fidelity"] == 0.6
    assert files.read_card(first)["note"] == "kept"


def test_damaged_cards_are_named(tmp_path: Path) -> None:
    for text in ("{", '{"circuits": 3}', "[]", '{"circuits": [1]}'):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(FileError, match=r"card\.json` is no .*Remove it"):
            files.read_card(tmp_path / "a.qasm")


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    files.check_writable(tmp_path / "model.qtn")
    with pytest.raises(FileError, match="there is no folder"):
        files.check_writable(tmp_path / "no" / "model.qtn")
    with pytest.raises(FileError, match="give a file in a folder you may write"):
        files.check_writable(tmp_path)


def test_circuits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.qasm"
    path.write_text('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\ncx q[0], q[1];\n')
    assert files.read_circuit(path).count_ops()["cx"] == 1
