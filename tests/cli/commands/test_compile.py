"""`qtn compile`: any target, the same files as Python writes, a goal missed is written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import quimb.tensor as qtensor
from qiskit import QuantumCircuit

import qtn
from qtn.interop.qasm import load_qpy, save_qasm3, save_qpy


@pytest.fixture
def state(tmp_path: Path) -> Path:
    amplitudes = np.random.default_rng(2).normal(size=16)
    np.save(tmp_path / "state.npy", amplitudes / np.linalg.norm(amplitudes))
    return tmp_path / "state.npy"


def test_circuit_and_card(trained: Path) -> None:
    card = json.loads((trained / "card.json").read_text())
    entry = next(e for e in card["circuits"] if e["file"] == "circuit.qasm")
    assert entry["label"] == 0
    assert 0 < entry["floor"] <= entry["fidelity"] <= 1
    assert (trained / "circuit.qasm").read_text().startswith("OPENQASM 3")


def test_the_cards_of_other_circuits_stay(call, folder: Path) -> None:
    other = folder / "other.qasm"
    words = ("--label", 1, "--layers", 1, "--out", other)
    assert call("compile", folder / "model.qtn", *words).code == 0
    card = json.loads((folder / "card.json").read_text())
    assert {e["file"]: e["label"] for e in card["circuits"]} == {"circuit.qasm": 0, "other.qasm": 1}


def test_files_made_twice_are_the_same_byte_for_byte(call, state: Path, tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        out = tmp_path / name / "circuit.qasm"
        assert call("compile", state, "--layers", 2, "--out", out).code == 0
        made.append([(tmp_path / name / f).read_bytes() for f in ("circuit.qasm", "card.json")])
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ((), None),
        (("--method", "Window(fullness=0.8)"), qtn.Window(0.8)),
        (("--max-gates", 5, "--infidelity", 0.2), qtn.Auto(5, 0.2)),
        (("--device", "FakeManilaV2"), qtn.Auto(device="FakeManilaV2")),
        (("--layers", 1, "--basis", "cz"), qtn.Staircase(1, basis="cz")),
    ],
)
def test_options_are_those_of_python(call, state: Path, words: tuple, method: object) -> None:
    out = state.with_name("circuit.qasm")
    record = call("compile", state, *words, "--out", out, "--json").record
    made = qtn.compile(np.load(state), method, progress=False)
    assert record["fidelity"] == made.fidelity
    assert record["two_qubit_gates"] == made.two_qubit_gates
    assert out.read_text() == made.qasm()


def test_the_target_is_not_written_over(call, state: Path) -> None:
    circuit, before = state.with_name("long.qasm"), QuantumCircuit(2)
    before.h(0)
    save_qasm3(before, circuit)
    text = circuit.read_text()
    link = state.with_name("link.qasm")
    link.symlink_to(circuit)
    for out in (circuit, state.parent / "." / "long.qasm", link):
        assert "is the target itself" in call("compile", circuit, "--out", out).refusal()
    assert circuit.read_text() == text
    outcome = call("compile", circuit, "--max-gates", 0)
    assert (outcome.code, "--max-gates" in outcome.err) == (2, True)


def test_a_goal_that_is_missed_is_written_all_the_same(call, state: Path) -> None:
    out = state.with_name("circuit.qasm")
    words = ("--layers", 1, "--min-fidelity", 0.9999)
    outcome = call("compile", state, *words, "--out", out, "--json")
    assert outcome.code == 3
    assert outcome.err.startswith("Below the goal: The best fidelity found is 1 - ")
    assert outcome.record["fidelity"] < 0.9999
    entry = json.loads(out.with_name("card.json").read_text())["circuits"][0]
    assert entry["fidelity"] == outcome.record["fidelity"]


def test_targets_of_others(call, tmp_path: Path) -> None:
    out = tmp_path / "short.qasm"
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    long = save_qasm3(circuit, tmp_path / "long.qasm")
    assert call("compile", long, "--out", out, "--json").record["two_qubit_gates"] == 2
    digest = save_qpy(circuit, tmp_path / "long.qpy")
    words = ("--sha256", digest, "--out", tmp_path / "short.qpy")
    record = call("compile", tmp_path / "long.qpy", *words, "--json").record
    card = json.loads((tmp_path / "card.json").read_text())["circuits"]
    entry = next(e for e in card if e["file"] == "short.qpy")
    assert load_qpy(tmp_path / "short.qpy", entry["sha256"]).num_qubits == 3
    assert record["fidelity"] == pytest.approx(1)
    chain = qtensor.MPS_rand_state(3, 2, seed=1)
    np.savez(tmp_path / "psi.npz", *chain.arrays)
    assert call("compile", tmp_path / "psi.npz", "--out", out).code == 0
    record = call("compile", long, "--operator", "--out", out, "--json").record
    check = qtn.verify(circuit, qtn.interop.qasm.load_qasm3(out), method="equivalence")
    assert check.fidelity == pytest.approx(record["fidelity"], abs=1e-9)


def test_results_are_kept_with_their_front(call, state: Path) -> None:
    out = state.with_name("c.qtn")
    assert call("compile", state, "--layers", 1, "--out", out).code == 0
    words = ("--method", f"Resume(load({str(out)!r}), steps=5)", "--out", state.with_name("d.qasm"))
    again = call("compile", state, *words, "--json").record
    assert again["fidelity"] >= qtn.load(out).fidelity - 1e-12
    assert again["files"] == {
        "circuit": str(out.with_name("d.qasm")),
        "card": str(out.with_name("card.json")),
    }


def test_ctrl_c_writes_the_best_so_far(call, state: Path, monkeypatch) -> None:
    best = replace(
        qtn.compile(np.load(state), qtn.Staircase(1), progress=False),
        status=qtn.Status.INTERRUPTED,
    )
    monkeypatch.setattr(qtn, "compile", lambda *_, **__: best)
    out = state.with_name("circuit.qasm")
    outcome = call("compile", state, "--out", out, "--json")
    assert outcome.code == 130
    assert outcome.record["status"] == "INTERRUPTED"
    assert out.read_text() == best.qasm()


# Starts the command as the shell does, and says when the search begins.
SEARCHING = """
import sys
import qtn
searched = qtn.compile
def compile(*given, **options):
    print("searching", flush=True)
    return searched(*given, **options)
qtn.compile = compile
from qtn.cli import main
sys.argv = ["qtn", *sys.argv[1:]]
main()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals are handed on by a parent process")
def test_ctrl_c_by_signal_writes_the_best_so_far(tmp_path: Path) -> None:
    amplitudes = np.random.default_rng(2).normal(size=2**11)
    np.save(tmp_path / "state.npy", amplitudes / np.linalg.norm(amplitudes))
    out = tmp_path / "circuit.qasm"
    goal = ("--infidelity", "1e-12", "--seconds", "300", "--json")
    process = subprocess.Popen(
        [sys.executable, "-c", SEARCHING, "compile", tmp_path / "state.npy", *goal, "--out", out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "searching\n"
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=100)
    assert process.returncode == 130
    assert said.strip().endswith("Interrupted.")
    record = json.loads(printed)
    assert record["status"] == "INTERRUPTED"
    assert qtn.interop.qasm.load_qasm3(out).num_qubits == 11
    assert json.loads((tmp_path / "card.json").read_text())["circuits"][0]["floor"] <= 1


def test_a_recipe_is_made_to_the_hash(call, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[target]\nstate = "w"\nqubits = 6\n[compile]\nmethod = "Window"\n')
    made = [
        call("compile", recipe, "--out", tmp_path / name, "--json").record for name in ("a", "b")
    ]
    assert made[0]["hashes"] == made[1]["hashes"]
    python = qtn.make(recipe, tmp_path / "c", progress=False)
    assert made[0]["hash"] == python.hash
    assert made[0]["circuit"] == python.circuit
    for name in made[0]["hashes"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()
    verified = call("circuits", "list", "--folder", tmp_path, "--json").record["circuits"]
    assert [row["name"] for row in verified] == ["a", "b", "c"]


def test_recipes_hold_all_options(call, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[target]\nstate = "w"\nqubit = 6\n[compile]\nmethod = "Window"\n')
    assert "Did you mean 'qubits'" in call("compile", recipe).refusal()
    assert "holds all options itself" in call("compile", recipe, "--seed", 3).refusal()
    recipe.write_text(
        '[target]\nstate = "ground-state"\nmodel = "heisenberg"\nsites = 6\n'
        '[compile]\nmethod = "Staircase"\nlayers = 1\nmin_fidelity = 0.999999\n'
    )
    outcome = call("compile", recipe, "--out", tmp_path / "g")
    assert outcome.code == 3
    assert outcome.err.startswith("Below the goal: ")
