"""The command as a whole: help, near words, exit codes, one-line errors, bad input to all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qtn
from qtn.cli import app
from qtn.cli.exits import MEANING
from qtn.cli.root import COMMANDS

ALL = [*COMMANDS]


@pytest.mark.parametrize("command", ALL)
def test_help_shows_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"\n    qtn {command}" in result.output
    assert "--json" in result.output


def test_help_lists_commands_and_exit_codes() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert all(f"\n  {command} " in result.output for command in (*ALL, "jobs", "circuits"))
    assert "--debug" in result.output
    for code, text in MEANING.items():
        assert f"{code.value}  {text}" in result.output


def test_version(call) -> None:
    assert call("--version").out == f"qtn {qtn.__version__}\n"


def test_near_words_are_told(call) -> None:
    command = call("complie")
    assert command.code == 2
    assert "Did you mean 'compile'" in command.err
    option = call("train", "--bonds", 3)
    assert option.code == 2
    assert "--bond" in option.err


def test_shells_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"_QTN_COMPLETE": "complete_bash", "COMP_WORDS": "qtn com", "COMP_CWORD": "1"}
    done = CliRunner().invoke(app, [], prog_name="qtn", env=words)
    assert {"compile", "compare"} <= set(done.output.split())
    words |= {"COMP_WORDS": "qtn compile x --method Stair", "COMP_CWORD": "4"}
    done = CliRunner().invoke(app, [], prog_name="qtn", env=words)
    assert done.output.split() == ["Staircase"]


def contents(folder: Path) -> list[Path]:
    """Return the files below a folder; an output folder made in advance may stay, empty."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["train", "--classes", "0"], "at least two different digits of 0..9, but is [0]"),
        (["train", "--classes", "0,11"], "at least two different digits of 0..9"),
        (["train", "--size", "5"], "Argument `size` must be one of 2, 4, 8, but is 5"),
        (["train", "--bond", "0", "--size", "2"], "Argument `bond` must be a positive integer"),
        (["train", "--data", "cats"], "Option --data must be digits or a file"),
        (["train", "--out", "{folder}/no/m.qtn"], "there is no folder"),
        (["train", "--out", "{folder}"], "must end in .qtn"),
        (["train", "--kind", "gan"], "`--kind` must be one of 'classifier'"),
        (["train", "--kind", "born", "--epochs", "3"], "MPSBornMachine(sweeps=3)"),
        (["train", "--model", "MPS(3)"], "names 'MPS', which is unknown"),
        (["train", "--model", "MPSClassifier(3)", "--bond", "3"], "are left out"),
        (["train", "--model", "MPSClassifier(bonds=3)"], "Did you mean 'bond'"),
        (["compile", "{folder}/absent.qtn"], "absent.qtn"),
        (["compile", "{folder}/model.qtn"], "Choose one of the classes 0, 1"),
        (["compile", "{folder}/model.qtn", "--label", "7"], "7"),
        (["compile", "{folder}/truncated.qtn"], "truncated.qtn"),
        (["compile", "{folder}/model.qtn", "--label", "0", "--layers", "0"], "`layers`"),
        (["compile", "{folder}/state.qtn", "--label", "0"], "Option --label is for models"),
        (["compile", "{folder}/state.qtn", "--method", "Stairs"], "Did you mean 'Staircase'"),
        (
            ["compile", "{folder}/state.qtn", "--method", "Window", "--max-gates", "3"],
            "Option --max-gates is for Auto, but the method is Window",
        ),
        (
            ["compile", "{folder}/state.qtn", "--method", "Window", "--layers", "3"],
            "exclude each other",
        ),
        (["compile", "{folder}/state.qtn", "--method", "load('x')"], "`x` does not exist"),
        (["run", "{folder}/absent.qasm"], "does not exist. Check the path."),
        (["run", "{folder}/model.qtn"], "holds MPSClassifier, no circuit"),
        (["run", "{folder}/card.json"], "is no circuit that can be read"),
        (["run", "{folder}/circuit.qasm", "--shots", "1000000000"], "`shots`"),
        (["run", "{folder}/circuit.qasm", "--shots", "0"], "`shots`"),
        (["run", "{folder}/circuit.qasm", "--device", "FakeAlgier"], "Did you mean 'FakeAlgiers'"),
        (["run", "{folder}/circuit.qasm", "--seed", "-1"], "`seed`"),
        (["run", "{folder}/circuit.qasm", "--budget", "shot=3"], "Did you mean 'shots'"),
        (["run", "{folder}/circuit.qasm", "--budget", "shots=3"], "the budget allows 3"),
        (["run", "{folder}/circuit.qasm", "--mitigate", "ZNE"], "give --observable"),
        (["run", "{folder}/circuit.qasm", "--observable", "{{"], "--observable cannot be read"),
        (["run", "{folder}/circuit.qasm", "--observable", "ZZ"], "on the 4 qubits"),
        (
            ["run", "{folder}/circuit.qasm", "--ledger", "x", "--no-record"],
            "--ledger and --no-record exclude each other",
        ),
        (["mitigate", "{folder}/circuit.qasm"], "Option --observable is missing"),
        (
            ["mitigate", "{folder}/circuit.qasm", "--observable", "ZZZZ", "--technique", "zen"],
            "names 'zen', which is unknown. Did you mean 'ZNE'",
        ),
        (
            ["run", "{folder}/wide.qasm", "--device", "FakeManilaV2"],
            " has 5. Take a larger device",
        ),
        (["verify", "{folder}/wide.qasm", "{folder}/model.qtn", "--label", "0"], "6"),
        (["verify", "{folder}/circuit.qasm"], "both missing"),
        (["compare", "{folder}/state.qtn"], "no classifier"),
        (["demo", "--size", "2", "--shots", "1000000000", "--out", "{folder}/d"], "`shots`"),
        (["demo", "--size", "2", "--device", "FakeNothing", "--out", "{folder}/d"], "`device`"),
        (["demo", "--size", "2", "--out", "{folder}/model.qtn/d"], "cannot be"),
    ],
)
def test_bad_input_is_one_line_and_code_2(call, folder: Path, arguments, text: str) -> None:
    content = (folder / "model.qtn").read_bytes()
    (folder / "truncated.qtn").write_bytes(content[: len(content) // 2])
    (folder / "wide.qasm").write_text('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[6] q;\nh q;\n')
    qtn.save(qtn.MPS.product([[1, 0], [0, 1]]), folder / "state.qtn")
    before = contents(folder)
    outcome = call(*(argument.format(folder=folder) for argument in arguments))
    assert text in outcome.refusal()
    assert contents(folder) == before


def test_a_damaged_card_is_named(call, folder: Path) -> None:
    for content in ("{", "[]", '{"circuits": 3}'):
        (folder / "card.json").write_text(content)
        outcome = call("verify", folder / "circuit.qasm", folder / "model.qtn")
        assert "card.json" in outcome.refusal()


def test_python_and_the_command_line_write_the_same(call, folder: Path, tmp_path: Path) -> None:
    """Same model, same circuit, same card: byte for byte, and whenever they are made."""
    model = qtn.load(folder / "model.qtn")
    python = tmp_path / "python"
    python.mkdir()
    state = model.state(0, qubits=True)
    made = qtn.compile(state, qtn.Staircase(layers=2), seed=0, progress=False)
    qtn.save_circuit(made, python / "circuit.qasm", label=0, target="model.qtn")
    for name in ("circuit.qasm", "card.json"):
        assert (python / name).read_bytes() == (folder / name).read_bytes()
    record = call("run", folder / "circuit.qasm", "--shots", 50, "--seed", 3, "--json").record
    assert record["counts"] == qtn.run(made.circuit, shots=50, seed=3, progress=False).counts()
    check = qtn.verify(made.circuit, state)
    found = call("verify", folder / "circuit.qasm", folder / "model.qtn", "--json").record
    assert found["fidelity"] == pytest.approx(check.fidelity, abs=1e-12)
    assert json.loads(json.dumps(found)) == found
