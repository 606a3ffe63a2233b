"""`qtn verify`: the card is held against the circuit, and what is not certified has its code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import qtn
from qtn.errors import VerificationError


def test_the_label_is_in_the_card(call, folder: Path) -> None:
    outcome = call("verify", folder / "circuit.qasm", folder / "model.qtn", "--json")
    record = outcome.record
    assert outcome.code == 0
    assert record["label"] == 0
    assert record["low"] <= record["fidelity"] <= record["high"]
    assert record["low"] - 1e-12 <= record["stated"] <= record["high"] + 1e-12
    assert record["agrees"] is True
    assert record["certified"] is True
    text = call("verify", folder / "circuit.qasm", folder / "model.qtn").out
    assert "inside the interval" in text


def test_another_label_does_not_use_the_card(call, folder: Path) -> None:
    outcome = call("verify", folder / "circuit.qasm", folder / "model.qtn", "--label", 1, "--json")
    assert outcome.code == 0
    assert outcome.record["stated"] is None


def test_a_false_card_is_told(call, folder: Path) -> None:
    entry = {"file": "circuit.qasm", "label": 0, "fidelity": 0.123}
    (folder / "card.json").write_text(json.dumps({"circuits": [entry]}))
    outcome = call("verify", folder / "circuit.qasm", folder / "model.qtn")
    assert outcome.code == 4
    assert "OUTSIDE" in outcome.out


def test_values_without_a_target(call, folder: Path) -> None:
    words = ("--observable", "ZZII", "--observable", "IIIZ", "--json")
    record = call("verify", folder / "circuit.qasm", *words).record
    circuit = qtn.interop.qasm.load_qasm3(folder / "circuit.qasm")
    check = qtn.verify(circuit, observables=["ZZII", "IIIZ"])
    assert record["fidelity"] is None
    found = [row["value"] for row in record["values"]]
    assert found == pytest.approx([float(e.value) for e in check.values])


def test_two_circuits(call, folder: Path) -> None:
    circuit = folder / "circuit.qasm"
    record = call("verify", circuit, circuit, "--label", 0, "--method", "equivalence")
    assert record.code == 2  # a label is for models
    entry = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**entry, "circuits": []}))
    record = call("verify", circuit, circuit, "--method", "equivalence", "--json").record
    assert record["fidelity"] == pytest.approx(1)


def test_nothing_certified_has_its_code(call, folder: Path, monkeypatch) -> None:
    words = ("verify", folder / "circuit.qasm", folder / "model.qtn", "--label", 1)
    check = qtn.verify([0.6, 0, 0, 0.8] and qtn.compile([0.6, 0, 0, 0.8]), [0.6, 0, 0, 0.8])
    monkeypatch.setattr(qtn, "verify", lambda *_, **__: replace(check, low=0.0, high=1.0))
    outcome = call(*words, "--json")
    assert outcome.code == 4
    assert outcome.record["certified"] is False

    def disagree(*_: object, **__: object) -> None:
        raise VerificationError("The engines disagree.")

    monkeypatch.setattr(qtn, "verify", disagree)
    outcome = call(*words)
    assert (outcome.code, outcome.err) == (4, "Not certified: The engines disagree.\n")
