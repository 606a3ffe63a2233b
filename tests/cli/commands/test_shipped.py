"""`qtn circuits`: the library from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import qtn
from qtn.interop.qasm import load_qasm3


def test_the_library_is_listed_and_shown(call) -> None:
    rows = call("circuits", "list", "--json").record["circuits"]
    assert [row["name"] for row in rows] == list(qtn.circuits().names)
    assert "ghz-16" in call("circuits", "list").out
    record = call("circuits", "show", "ghz-16", "--json").record
    assert record["card"] == qtn.circuits()["ghz-16"].card
    assert "16" in call("circuits", "show", "ghz-16").out


def test_a_circuit_is_copied(call, tmp_path: Path) -> None:
    out = tmp_path / "ghz.qasm"
    record = call("circuits", "copy", "ghz-16", "--out", out, "--json").record
    assert record == {"name": "ghz-16", "file": str(out)}
    assert load_qasm3(out) == qtn.circuits().load("ghz-16")
    assert "Did you mean 'ghz-16'" in call("circuits", "copy", "gzh-16", "--out", out).refusal()


def test_a_recipe_is_printed(call, tmp_path: Path) -> None:
    text = call("circuits", "recipe", "ghz-16").out
    (tmp_path / "recipe.toml").write_text(text)
    assert (
        qtn.read_recipe(tmp_path / "recipe.toml").digest == qtn.circuits().recipe("ghz-16").digest
    )
    assert call("circuits", "recipe", "ghz-16", "--json").record["recipe"]["target"]["qubits"] == 16


def test_cards_are_verified(call, tmp_path: Path) -> None:
    (row,) = call("circuits", "verify", "ghz-16", "--json").record["circuits"]
    assert row["agrees"] is True
    assert row["low"] > 1 - 1e-9
    shutil.copytree(qtn.circuits()["ghz-16"].folder, tmp_path / "ghz-16")
    card = tmp_path / "ghz-16" / "card.json"
    told = json.loads(card.read_text())
    told["circuits"][0]["two_qubit_gates"] = 3
    card.write_text(json.dumps(told))
    outcome = call("circuits", "verify", "--folder", tmp_path)
    assert outcome.code == 4
    assert "two_qubit_gates is 15" in outcome.out
