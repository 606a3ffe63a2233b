"""Groups of options: one parameter of a command, several of the command line."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import qtn
from qtn.cli.groups import (
    Answer,
    CircuitFile,
    Deployment,
    Recording,
    Search,
    Source,
    TargetFile,
    Terms,
    takes,
)
from qtn.errors import ArgumentError, FileError


def test_a_command_is_given_the_group_that_its_options_make() -> None:
    app, seen = typer.Typer(), []

    @app.command()
    @takes(terms=Terms, source=Source)
    def spend(
        name: Annotated[str, typer.Argument()],
        source: Source,
        terms: Terms,
        twice: bool = False,
    ) -> None:
        """Spend."""
        seen.append((name, source, terms, twice))

    shown = list(inspect.signature(spend).parameters)
    rows = ["data", "label_column", "classes", "size"]
    assert shown == ["name", *rows, "device", "shots", "seed", "budget", "twice"]
    call = ["me", "--shots", "7", "--twice", "--size", "2", "--classes", "3", "--classes", "8"]
    assert CliRunner().invoke(app, call, catch_exceptions=False).exit_code == 0
    assert seen == [("me", Source(size=2, classes=["3", "8"]), Terms(shots=7), True)]
    assert "--budget" in CliRunner().invoke(app, ["--help"]).output
    assert CliRunner().invoke(app, ["me", "--shots", "many"]).exit_code == 2


def test_no_option_of_the_search_is_pythons_default() -> None:
    assert Search().chosen() is None
    assert Search(layers=3).chosen() == qtn.Staircase(layers=3)
    assert Search(max_gates=9, infidelity=1e-2, seconds=3.0).chosen() == qtn.Auto(
        max_two_qubit_gates=9, infidelity=1e-2, seconds=3.0
    )
    assert Search(method="Window(fullness=0.5)", basis="cz", seconds=2.0).chosen() == qtn.Window(
        0.5, basis="cz", seconds=2.0
    )
    with pytest.raises(ArgumentError, match=r"--infidelity is for Auto, .* is Staircase"):
        Search(layers=2, infidelity=0.1).chosen()
    with pytest.raises(ArgumentError, match=r"--device is for Auto, .* is Brickwall"):
        Search(method="Brickwall", device="FakeManilaV2").chosen()


def test_rows_come_from_the_source(tmp_path: Path) -> None:
    rows = Source(size=2, classes=["3 8"]).load(seed=1)
    assert rows.features == 4
    assert set(rows.y_train) == {3, 8}
    assert set(Source(size=2).load(0).y_train) == {0, 1}
    path = tmp_path / "r.csv"
    path.write_text("a,class\n" + "0,red\n1,blue\n0,green\n" * 4)
    assert set(Source(str(path)).load(0).y_train) == {"red", "green", "blue"}
    assert set(Source(str(path)).load(0, ["red", "blue"]).y_train) == {"red", "blue"}
    numbers = tmp_path / "n.csv"
    numbers.write_text("a,class\n" + "0,1\n1,0\n" * 4)
    assert Source(str(numbers), label_column="none").load(0).features == 2


def test_runs_are_recorded_where_it_is_said(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Recording().place() is None
    assert Recording(record=False).place() is False
    assert Recording(ledger=tmp_path).place() == tmp_path
    with pytest.raises(ArgumentError, match="exclude each other"):
        Recording(tmp_path, False).place()


def test_terms_hold_the_budget() -> None:
    found = Terms("tensor", 9, 1, "shots=10").options()
    assert found["budget"] == qtn.Budget(shots=10)
    assert (found["device"], found["shots"], found["seed"]) == ("tensor", 9, 1)


def test_an_answer_is_written_without_times(tmp_path: Path, capsys) -> None:
    out = tmp_path / "a.json"
    Answer(out=out).give({"x": 1}, ["x is 1"], {"seconds": 3})
    assert out.read_text() == '{\n  "x": 1\n}\n'
    assert capsys.readouterr().out == f"x is 1\nwrote {out}\n"
    with pytest.raises(FileError, match="there is no folder"):
        Answer(out=tmp_path / "no" / "a.json").check()


def test_targets_and_circuits(tmp_path: Path) -> None:
    unitary = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    np.save(tmp_path / "u.npy", unitary)
    assert TargetFile(tmp_path / "u.npy", operator=True).load().n == 2
    assert TargetFile(tmp_path / "u.npy").known_label() is None
    (tmp_path / "c.qasm").write_text('OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q;')
    assert CircuitFile(tmp_path / "c.qasm").load().num_qubits == 2


def test_a_deployment_is_that_of_python() -> None:
    rows = Source(size=2).load(0)
    model = qtn.MPSClassifier(2, epochs=1, progress=False).fit(rows.x_train, rows.y_train)
    for deployment, techniques in (
        (Deployment(layers=1, device="tensor", shots=9), ()),
        (Deployment(layers=1, device="FakeManilaV2", mitigate=["Readout,ZNE"]), (2,)),
    ):
        quantum = deployment.of(model, None, False)
        assert len(quantum.mitigation) == sum(techniques)
        assert (quantum.device, quantum.shots) == (deployment.device, deployment.shots)
