"""Circuits with their cards: the same bytes whenever they are made, damage is named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import qtn
from qtn.aqc import card_entry, read_card, save_circuit
from qtn.errors import ArgumentError, FileError
from qtn.interop.qasm import load_qasm3, load_qpy


def compiled() -> qtn.Compiled:
    amplitudes = np.random.default_rng(5).normal(size=16)
    return qtn.compile(amplitudes / np.linalg.norm(amplitudes), qtn.Staircase(2), progress=False)


def test_files_made_twice_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        save_circuit(compiled(), folder / "circuit.qasm", label=np.int64(3), target="model.qtn")
        made.append([(folder / f).read_bytes() for f in ("circuit.qasm", "card.json")])
    assert made[0] == made[1]


def test_the_card_says_what_the_circuit_is(tmp_path: Path) -> None:
    result = compiled()
    path = save_circuit(result, tmp_path / "c.qasm", label="yes", target="model.qtn")
    entry = card_entry(path)
    assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (entry["label"], entry["target"]) == ("yes", "model.qtn")
    assert entry["fidelity"] == result.fidelity
    assert load_qasm3(path).count_ops()["cx"] == entry["two_qubit_gates"]
    binary = save_circuit(result, tmp_path / "c.qpy")
    assert load_qpy(binary, card_entry(binary)["sha256"]) == result.circuit


def test_a_card_holds_one_entry_per_circuit_and_keeps_the_rest(tmp_path: Path) -> None:
    result = compiled()
    assert read_card(tmp_path / "b.qasm") == card_entry(tmp_path / "b.qasm") == {}
    (tmp_path / "card.json").write_text(json.dumps({"circuits": [], "note": "kept"}))
    for name in ("b.qasm", "a.qasm", "b.qasm"):
        save_circuit(result, tmp_path / name)
    card = read_card(tmp_path / "a.qasm")
    assert [e["file"] for e in card["circuits"]] == ["a.qasm", "b.qasm"]
    assert card["note"] == "kept"


def test_damaged_cards_are_named(tmp_path: Path) -> None:
    for text in ("{", '{"circuits": 3}', "[]", '{"circuits": [1]}', "[" * 5000):
        (tmp_path / "card.json").write_text(text)
        with pytest.raises(FileError, match=r"card\.json` is no .*Remove it"):
            read_card(tmp_path / "a.qasm")


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"`compiled` must be a result of qtn\.compile"):
        save_circuit("circuit", tmp_path / "a.qasm")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="`label` must be a class of the model"):
        save_circuit(compiled(), tmp_path / "a.qasm", label=[1])
    with pytest.raises(FileError, match="cannot be written"):
        save_circuit(compiled(), tmp_path / "no" / "a.qasm")


@pytest.mark.parametrize("name", ["card.json", "CARD.json"])
def test_a_circuit_does_not_take_the_place_of_its_card(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="where the card of the circuit stands"):
        save_circuit(compiled(), tmp_path / name)
