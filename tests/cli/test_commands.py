"""The command line: the steps of the main job, exit codes, one-line errors, clean JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qtn
from qtn.cli import app, main

COMMANDS = ("demo", "train", "compile", "run", "verify", "compare", "about")
SMALL = ("--size", "2", "--bond", "2", "--epochs", "10")


class Outcome:
    """What one call of the command line printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]):
    """Run the command line in this process, through the entry point."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = leaving.value.code
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small trained model, a compiled circuit and its card."""
    folder = tmp_path_factory.mktemp("with a space")
    for arguments in (
        ["train", "--classes", "0", "1", *SMALL, "--out", str(folder / "model.qtn")],
        [
            "compile",
            str(folder / "model.qtn"),
            "--label",
            "0",
            "--out",
            str(folder / "circuit.qasm"),
        ],
    ):
        with pytest.raises(SystemExit) as leaving:
            main([*arguments, "--json"])
        assert leaving.value.code == 0
    return folder


def one_line(outcome: Outcome) -> str:
    """Return the only line on stderr of a command that refused its input."""
    assert outcome.code == 2
    assert outcome.out == ""
    lines = outcome.err.strip().splitlines()
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("Error: ")
    return lines[0]


def contents(folder: Path) -> list[Path]:
    """Return the files below a folder; an output folder made in advance may stay, empty."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"\n    qtn {command}" in result.output


def test_help_lists_all_commands() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert all(command in result.output for command in COMMANDS)
    assert "--debug" in result.output


def test_version(call) -> None:
    assert call("--version").out == f"qtn {qtn.__version__}\n"


def test_train_prints_the_accuracy_and_writes_a_model(call, tmp_path: Path) -> None:
    size = ("--size", 4, "--bond", 4, "--epochs", 10)
    outcome = call("train", "--classes", 0, 1, *size, "--out", tmp_path / "m.qtn", "--json")
    record = json.loads(outcome.out)
    assert outcome.code == 0
    assert record["accuracy"]["test"] > 0.8
    assert qtn.load(tmp_path / "m.qtn").classes_.tolist() == [0, 1]


def test_train_prints_lines_without_json(call, tmp_path: Path) -> None:
    outcome = call("train", *SMALL, "--out", tmp_path / "m.qtn")
    assert "accuracy  train" in outcome.out
    assert str(tmp_path / "m.qtn") in outcome.out


@pytest.mark.parametrize("words", [("3", "8", "9"), ("3,8,9",)])
def test_classes_take_several_values(call, tmp_path: Path, words: tuple[str, ...]) -> None:
    out = tmp_path / "m.qtn"
    assert call("train", "--classes", *words, *SMALL, "--out", out).code == 0
    assert qtn.load(out).classes_.tolist() == [3, 8, 9]


def test_classes_all(call, tmp_path: Path) -> None:
    out = tmp_path / "m.qtn"
    assert call("train", *SMALL, "--out", out, "--classes", "all").code == 0
    assert qtn.load(out).classes_.tolist() == list(range(10))


def test_compile_writes_circuit_and_card(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    entry = next(e for e in card["circuits"] if e["file"] == "circuit.qasm")
    assert entry["label"] == 0
    assert 0 < entry["floor"] <= entry["fidelity"] <= 1
    assert (folder / "circuit.qasm").read_text().startswith("OPENQASM 3")


def test_compile_keeps_the_cards_of_other_circuits(call, folder: Path) -> None:
    other = folder / "other.qasm"
    assert call("compile", folder / "model.qtn", "--label", 1, "--out", other).code == 0
    card = json.loads((folder / "card.json").read_text())
    assert {e["file"]: e["label"] for e in card["circuits"]} == {"circuit.qasm": 0, "other.qasm": 1}


def test_run_prints_counts(call, folder: Path) -> None:
    record = json.loads(call("run", folder / "circuit.qasm", "--shots", 50, "--json").out)
    assert sum(record["counts"].values()) == 50
    assert all(len(bits) == 4 for bits in record["counts"])
    text = call("run", folder / "circuit.qasm", "--shots", 50)
    assert text.code == 0
    assert "50 shots" in text.out


def test_run_reads_openqasm_2(call, tmp_path: Path) -> None:
    path = tmp_path / "old.qasm"
    path.write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nx q[0];\nsxdg q[1];\n')
    record = json.loads(call("run", path, "--shots", 100, "--json").out)
    assert set(record["counts"]) == {"01", "11"}


def test_verify_finds_the_label_in_the_card(call, folder: Path) -> None:
    outcome = call("verify", folder / "circuit.qasm", folder / "model.qtn", "--json")
    record = json.loads(outcome.out)
    assert outcome.code == 0
    assert record["label"] == 0
    assert record["low"] <= record["fidelity"] <= record["high"]
    assert record["low"] - 1e-12 <= record["stated"] <= record["high"] + 1e-12
    assert record["agrees"] is True


def test_verify_against_another_label_does_not_use_the_card(call, folder: Path) -> None:
    outcome = call("verify", folder / "circuit.qasm", folder / "model.qtn", "--label", 1, "--json")
    record = json.loads(outcome.out)
    assert outcome.code == 0
    assert record["stated"] is None
    assert record["fidelity"] < 0.9


def test_verify_tells_a_false_card(call, folder: Path, tmp_path: Path) -> None:
    for name in ("circuit.qasm", "model.qtn"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    entry = {"file": "circuit.qasm", "label": 0, "fidelity": 0.123}
    (tmp_path / "card.json").write_text(json.dumps({"circuits": [entry]}))
    outcome = call("verify", tmp_path / "circuit.qasm", tmp_path / "model.qtn")
    assert outcome.code == 1
    assert "OUTSIDE" in outcome.out


def test_compare_prints_a_table_and_writes_a_report(call, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    outcome = call(
        "compare", folder / "model.qtn", "--inputs", 10, "--shots", 100, "--out", out, "--json"
    )
    names = [row["name"] for row in json.loads(outcome.out)["rows"]]
    assert names[:3] == ["classical", "logistic regression", "RBF-SVM"]
    assert names[4:] == ["quantum, ideal", "quantum, shots"]
    assert out.read_text().startswith("<!doctype html>")


def test_about_names_packages_and_memory(call) -> None:
    record = json.loads(call("about", "--json").out)
    assert record["packages"]["qiskit"]
    assert record["cores"] >= 1
    assert record["aer_clash"] is False
    assert "cores, memory" in call("about").out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["train", "--classes", "0"], "at least two different digits of 0..9, but is [0]"),
        (["train", "--classes", "0", "11"], "at least two different digits of 0..9"),
        (["train", "--classes", "zero"], "Option --classes must be digits or all, but is 'zero'"),
        (["train", "--size", "5"], "Argument `size` must be one of 2, 4, 8, but is 5"),
        (["train", "--bond", "0", "--size", "2"], "Argument `bond` must be a positive integer"),
        (["train", "--data", "cats"], "Option --data must be digits, but is 'cats'"),
        (["train", "--out", "{folder}/no/m.qtn"], "there is no folder"),
        (["train", "--out", "{folder}"], "give a file in a folder you may write"),
        (["compile", "{folder}/absent.qtn"], "absent.qtn"),
        (["compile", "{folder}/model.qtn"], "Choose one of the classes [0, 1]"),
        (["compile", "{folder}/model.qtn", "--label", "7"], "7"),
        (["compile", "{folder}/truncated.qtn"], "truncated.qtn"),
        (["compile", "{folder}/model.qtn", "--label", "0", "--layers", "0"], "`layers`"),
        (["run", "{folder}/absent.qasm"], "does not exist. Check the path."),
        (["run", "{folder}/model.qtn"], "it is no text file"),
        (["run", "{folder}/card.json"], "is no circuit that can be read"),
        (["run", "{folder}/circuit.qasm", "--shots", "1000000000"], "`shots`"),
        (["run", "{folder}/circuit.qasm", "--shots", "0"], "`shots`"),
        (["run", "{folder}/circuit.qasm", "--device", "FakeAlgier"], "Did you mean 'FakeAlgiers'"),
        (
            ["run", "{folder}/wide.qasm", "--device", "FakeManilaV2"],
            " has 5. Take a larger device",
        ),
        (["run", "{folder}/circuit.qasm", "--seed", "-1"], "`seed`"),
        (["verify", "{folder}/wide.qasm", "{folder}/model.qtn", "--label", "0"], "6"),
        (["compare", "{folder}/state.qtn"], "no classifier"),
        (["compile", "{folder}/state.qtn", "--label", "0"], "Option --label is for models"),
        (["demo", "--size", "2", "--shots", "1000000000", "--out", "{folder}/d"], "`shots`"),
        (["demo", "--size", "2", "--device", "FakeNothing", "--out", "{folder}/d"], "`device`"),
        (
            ["demo", "--device", "FakeManilaV2", "--out", "{folder}/d"],
            " has 5. Take a larger device",
        ),
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
    assert text in one_line(outcome)
    assert contents(folder) == before


def test_a_damaged_card_is_named(call, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "circuit.qasm").write_bytes((folder / "circuit.qasm").read_bytes())
    for content in ("{", "[]", '{"circuits": 3}'):
        (tmp_path / "card.json").write_text(content)
        outcome = call("verify", tmp_path / "circuit.qasm", folder / "model.qtn")
        assert "card.json" in one_line(outcome)


def test_unknown_option_is_code_2(call) -> None:
    outcome = call("train", "--bonds", 3)
    assert outcome.code == 2
    assert "--bonds" in outcome.err


def test_debug_shows_the_traceback(call) -> None:
    for arguments in (["--debug", "train", "--size", 5], ["train", "--size", 5, "--debug"]):
        outcome = call(*arguments)
        assert outcome.code == 2
        assert "Traceback (most recent call last)" in outcome.err


def test_interrupt_is_code_130(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qtn.data.digits.block_mean", interrupted)
    outcome = call("train")
    assert outcome.code == 130
    assert outcome.err == "Interrupted.\n"


def test_unexpected_error_is_one_line_and_code_1(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk\nis gone")

    monkeypatch.setattr("qtn.data.digits.block_mean", broken)
    outcome = call("train")
    assert outcome.code == 1
    assert outcome.err == "Unexpected RuntimeError: the disk is gone (--debug shows where)\n"


@pytest.mark.parametrize("entry", [["-m", "qtn"], ["-c", "from qtn.cli import main; main()"]])
def test_exit_code_of_the_process(entry: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, *entry, "run", "absent.qasm"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["Error: File `absent.qasm` does not exist. Check the path."]
