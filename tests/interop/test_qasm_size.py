"""Texts that ask for more than there is: refused before anything is built."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qtn.errors import FileError
from qtn.interop.qasm import from_qasm3, load_qasm3, load_qpy
from qtn.interop.qasm_size import check_size

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
OLD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def doubling(head: str, register: str, levels: int) -> str:
    """Return a text in which every gate is defined as two of the one before."""
    gates = [f"gate g{k} a {{ g{k - 1} a; g{k - 1} a; }}" for k in range(1, levels + 1)]
    return "\n".join([head, "gate g0 a { x a; }", *gates, register, f"g{levels} q[0];"])


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "qubit[1000000000] q;",
        HEAD + "qubit[1_000_000] q; x q[0];",
        HEAD + "qubit[1000 * 1000 * 1000] q;",
        HEAD + "qubit[2 ** 4000] q;",
        HEAD + "qubit[1 << 4000] q;",
        HEAD + "".join(f"qubit[60000] q{k};" for k in range(3)),
        HEAD + "qubit q; bit[1000000000] c;",
        OLD + "qreg q[1000000000];",
        OLD + "qreg q[2]; creg c[1000000000];",
        HEAD + "qubit[2] q; ctrl(1000000000) @ x q[0], q[1];",
    ],
)
def test_too_many_qubits_or_bits(text: str) -> None:
    with pytest.raises(FileError, match=r"at most 100,000 (are|qubits are) read"):
        from_qasm3(text)


@pytest.mark.parametrize(("head", "register"), [(HEAD, "qubit[2] q;"), (OLD, "qreg q[2];")])
def test_definitions_that_double(head: str, register: str) -> None:
    with pytest.raises(FileError, match="more than 10,000,000 gates once its definitions"):
        from_qasm3(doubling(head, register, 40))
    assert from_qasm3(doubling(head, register, 10)).num_qubits == 2
    wide = doubling(head, register.replace("2", "2000"), 13).replace("g13 q[0]", "g13 q")
    with pytest.raises(FileError, match="more than 10,000,000 gates"):
        from_qasm3(wide)
    with pytest.raises(FileError, match="more than 10,000,000 gates"):
        check_size("gate g a { x a; x a; } qubit q; pow(1 << 30) @ g q;")


@pytest.mark.parametrize("head", [HEAD + "qubit[1] q;", OLD + "qreg q[1];"])
def test_brackets_without_end(head: str) -> None:
    with pytest.raises(FileError, match="nests 100,000 brackets, but at most 200 are read"):
        from_qasm3(f"{head} rx({'(' * 99_999}1{')' * 99_999}) q[0];")


def test_ordinary_texts_pass() -> None:
    assert from_qasm3(HEAD + "qubit[3] q; h q; rx(1.5) q[2];").num_qubits == 3
    assert from_qasm3(OLD + "qreg q[50000]; h q;").num_qubits == 50_000
    check_size("qubit[x] q; qubit[1 / 0] p; qubit[-5] r; gate g a { }")


def test_a_text_reads_no_files_of_its_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.inc").write_text("gate g a { U(0, 0, 0) a; }")
    monkeypatch.chdir(tmp_path)
    for path in ("mine.inc", tmp_path / "mine.inc", "/dev/zero"):
        with pytest.raises(FileError, match="no OpenQASM 2 circuit"):
            from_qasm3(f'OPENQASM 2.0; include "{path}"; qreg q[1]; g q[0];')


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        for read in (load_qasm3, lambda p: load_qpy(p, "0")):
            with pytest.raises(FileError, match="it is no ordinary file"):
                read(path)
