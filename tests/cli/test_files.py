"""What the commands read and write: labels, models, targets, circuits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.cli import files
from qtn.errors import ArgumentError, FileError
from qtn.interop.qasm import save_qpy


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        (["3 8"], [3, 8]),
        (["3,8"], [3, 8]),
        (["3", "8"], [3, 8]),
        (["all"], "all"),
        (None, "all"),
        (["red", "blue"], ["red", "blue"]),
        (["light red, blue", "3 8"], ["light red", "blue", 3, 8]),
        (["Iris setosa"], ["Iris setosa"]),
        (["-1, 1"], ["-1", 1]),
    ],
)
def test_labels(words: list[str] | None, labels: object) -> None:
    assert files.labels_to_keep(words) == labels


def test_states_in_files(tmp_path: Path) -> None:
    rows, labels = np.random.default_rng(0).random((12, 4)), np.array(["no", "yes"] * 6)
    model = qtn.MPSClassifier(2, epochs=1, progress=False).fit(rows, labels)
    born = qtn.MPSBornMachine(2, sweeps=1, progress=False).fit(rows)
    state = qtn.MPS.product([[1, 0], [0, 1]])
    saved = [qtn.save(x, tmp_path / f"{k}.qtn") for k, x in enumerate((model, born, state))]
    assert files.target_of(saved[0], "yes").n == 4
    assert files.class_of(model, "yes") == "yes"
    assert files.target_of(saved[1]).n == born.state(qubits=True).n
    assert files.target_of(saved[2]).n == 2
    assert files.classifier(saved[0]).classes_.tolist() == ["no", "yes"]
    with pytest.raises(ArgumentError, match=r"one state per class.*--label no"):
        files.target_of(saved[0])
    with pytest.raises(ArgumentError, match="Option --label is for models"):
        files.target_of(saved[2], "0")
    with pytest.raises(ArgumentError, match="holds MPS, no classifier"):
        files.classifier(saved[2])


def test_data_sets(tmp_path: Path) -> None:
    assert set(files.dataset("digits", 2, [3, 8], "auto", 0).y_train) == {3, 8}
    with pytest.raises(ArgumentError, match="Option --data must be digits or a file"):
        files.dataset("cats", 2, "all", "auto", 0)
    (tmp_path / "r.csv").write_text("a,y\n" + "0,1\n1,2\n" * 4)
    assert set(files.dataset(str(tmp_path / "r.csv"), None, "all", "auto", 0).y_train) == {1, 2}


def test_circuits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.qasm"
    path.write_text('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\ncx q[0], q[1];\n')
    assert files.circuit_of(path).count_ops()["cx"] == 1
    digest = save_qpy(QuantumCircuit(3), tmp_path / "c.qpy")
    assert files.circuit_of(tmp_path / "c.qpy", digest).num_qubits == 3
    compiled = qtn.compile([0.6, 0, 0, 0.8], progress=False)
    assert files.circuit_of(qtn.save(compiled, tmp_path / "c.qtn")).two_qubit_gates == 1
    state = qtn.save(qtn.MPS.product([[1, 0]]), tmp_path / "s.qtn")
    with pytest.raises(ArgumentError, match=r"holds MPS, no circuit.*qtn compile"):
        files.circuit_of(state)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    files.check_writable(tmp_path / "model.qtn")
    with pytest.raises(FileError, match="there is no folder"):
        files.check_writable(tmp_path / "no" / "model.qtn")
    with pytest.raises(FileError, match="give a file in a folder you may write"):
        files.check_writable(tmp_path)
