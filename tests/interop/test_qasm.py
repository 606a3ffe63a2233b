import gzip
import lzma
from pathlib import Path

import pytest
from qiskit.circuit import Gate, QuantumCircuit
from qiskit.circuit.library import DiagonalGate, PauliGate, RZGate, UCRYGate, UnitaryGate
from qiskit.quantum_info import Operator, random_unitary

from qtn.errors import ArgumentError, FileError
from qtn.interop import qasm
from qtn.interop.qasm import (
    from_qasm3,
    is_qasm_path,
    load_qasm3,
    load_qpy,
    save_qasm3,
    save_qpy,
    to_qasm3,
)


@pytest.fixture
def circuit():
    out = QuantumCircuit(2)
    out.u(0.1, 0.2, 0.3, 0)
    out.cx(0, 1)
    return out


def test_text_and_file_read_back(circuit, tmp_path):
    assert from_qasm3(to_qasm3(circuit)).count_ops() == circuit.count_ops()
    path = save_qasm3(circuit, tmp_path / "c.qasm")
    assert load_qasm3(path).num_qubits == 2


@pytest.mark.parametrize(("ending", "pack"), [(".xz", lzma.compress), (".gz", gzip.compress)])
def test_files_made_smaller_are_unpacked(circuit, tmp_path, monkeypatch, ending, pack):
    path = tmp_path / f"c.qasm{ending}"
    path.write_bytes(pack(to_qasm3(circuit).encode()))
    assert load_qasm3(path).count_ops() == circuit.count_ops()
    with monkeypatch.context() as small:
        small.setattr(qasm, "MAX_UNPACKED", 10)
        with pytest.raises(FileError, match="unpacks to more than"):
            load_qasm3(path)
    path.write_bytes(pack(to_qasm3(circuit).encode())[:-9])
    with pytest.raises(FileError, match="cannot be read"):
        load_qasm3(path)
    path.write_bytes(b"neither")
    with pytest.raises(FileError, match="cannot be read"):
        load_qasm3(path)


@pytest.mark.parametrize("more", ["", "bit b; b = measure q[0]; if (b) { x q[0]; }"])
def test_parameters_of_a_definition_are_bound_in_its_order(more):
    """Qiskit 2.6 binds them by name: rx(0.7) rz(0.3) of this text."""
    body = "gate g(theta, phi) a { rx(theta) a; rz(phi) a; } qubit[1] q; g(0.3, 0.7) q[0];"
    wanted = QuantumCircuit(1)
    wanted.rx(0.3, 0)
    wanted.rz(0.7, 0)
    found = from_qasm3(HEAD + body + more)
    bare = QuantumCircuit(1)
    bare.append(found.data[0].operation, [0])
    assert Operator(bare).equiv(Operator(wanted))


@pytest.mark.parametrize("path", ["a.qasm", "b/c.QASM3.xz", Path("x.qasm.gz"), "a.qasm2"])
def test_paths_are_told_by_their_ending(path):
    assert is_qasm_path(path)
    assert not is_qasm_path("OPENQASM 3; .qasm")
    assert not is_qasm_path(Path("a.qpy"))
    assert not is_qasm_path(3)


def test_qpy_is_read_only_with_its_digest(circuit, tmp_path):
    digest = save_qpy(circuit, tmp_path / "c.qpy")
    assert load_qpy(tmp_path / "c.qpy", digest) == circuit
    with pytest.raises(FileError, match="It was altered or is another file"):
        load_qpy(tmp_path / "c.qpy", "0" * 64)


def test_a_byte_order_mark_is_no_gate(circuit, tmp_path):
    (tmp_path / "a.qasm").write_text(to_qasm3(circuit), encoding="utf-8-sig")
    assert load_qasm3(tmp_path / "a.qasm") == from_qasm3(to_qasm3(circuit))


def test_a_file_without_statements_is_named(tmp_path):
    (tmp_path / "empty.qasm").touch()
    with pytest.raises(FileError, match=r"empty\.qasm` is no circuit.*no statement"):
        load_qasm3(tmp_path / "empty.qasm")


def test_unreadable_files(tmp_path):
    with pytest.raises(FileError, match="no OpenQASM 3 circuit"):
        from_qasm3("this is not qasm")
    (tmp_path / "a.qasm").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match=r"a.qasm` cannot be read: it is no text file"):
        load_qasm3(tmp_path / "a.qasm")
    (tmp_path / "b.qasm").write_text("qubit q; h q;")
    with pytest.raises(FileError, match=r"b.qasm` is no circuit.* line 1, column 10: gate 'h' is"):
        load_qasm3(tmp_path / "b.qasm")
    for load in (load_qasm3, lambda p: load_qpy(p, "0")):
        with pytest.raises(FileError, match="does not exist"):
            load(tmp_path / "missing")


HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
OLD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n'
WRONG = {
    HEAD + "qubit[2] q; rxx(0.1) q[0],q[1];": "line 3, column 13: gate 'rxx' is not defined",
    HEAD + "input angle t; qubit q;": "line 3, column 1: Symbol 't' already inserted",
    HEAD + "qubit[2] q; h q[5];": "line 3, column 15: index out of range",
    HEAD + "gate g a { x a; } qubit q;\n  g(2) q;": "line 4, column 3: incorrect number of",
    HEAD + "qubit[2] q; rx(1/0) q[0];": "line 3, column 16: integer division",
    HEAD + "qubit[2] q\nh q[0];": "line 4, column 1: unexpected 'h'",
    HEAD + "qubit[2] q; /* c": "line 3, column 13: unexpected '/'",
    "OPENQASM 3;\nhello": "line 2, column 6: no viable alternative at input 'hello'",
    "OPENQASM 3;\nqubit[-1] q;": "line 2, column 1: Register size must be non-negative",
    'OPENQASM 3;\ninclude "my.inc";': "line 2, column 1: non-stdgates imports",
    OLD + "foo q[0];": "line 4, column 1: 'foo' is not defined in this scope",
    OLD + "h q[0]\ncx q[0],q[1];": "line 5, column 1: needed ';'",
    OLD + "h q[7];": "line 4, column 5: index 7 is out-of-range",
}


@pytest.mark.parametrize("text", WRONG)
def test_the_message_has_version_line_column_and_reason(text, capsys):
    with pytest.raises(FileError) as caught:
        from_qasm3(text)
    message = str(caught.value)
    version = text[9] if text.startswith("OPENQASM") else "3"
    assert f"no OpenQASM {version} circuit that can be read: {WRONG[text]}" in message
    assert message.endswith(".")
    assert capsys.readouterr().err == ""


def test_version_2_is_read():
    for text in (OLD, "// OPENQASM 3\n" + OLD, OLD.partition("\n")[2]):
        assert from_qasm3(text + "h q[0]; rzz(0.1) q[0],q[1];").count_ops() == {"h": 1, "rzz": 1}


def test_other_versions_and_what_is_no_text():
    with pytest.raises(FileError, match="names OpenQASM 4, but only versions 2 and 3"):
        from_qasm3("OPENQASM 4.1; qubit q;")
    for text in ("", " // only a comment\n"):
        with pytest.raises(ArgumentError, match="It holds no statement"):
            from_qasm3(text)
    with pytest.raises(ArgumentError, match=r"`text` must be the text of a circuit .* is b''"):
        from_qasm3(b"")


def unusual() -> dict[str, QuantumCircuit]:
    circuits = {name: QuantumCircuit(2) for name in ("paulis", "controlled", "ucry", "diagonal")}
    circuits["paulis"].append(PauliGate("XY"), [0, 1])
    circuits["paulis"].append(PauliGate("ZZ"), [1, 0])
    for seed in (1, 2):
        gate = UnitaryGate(random_unitary(2, seed=seed)).control(1, annotated=False)
        circuits["controlled"].append(gate, [seed - 1, 2 - seed])
    circuits["ucry"].append(UCRYGate([0.1, 0.2]), [0, 1])
    circuits["diagonal"].append(DiagonalGate([1, 1j, -1, 1]), [1, 0])
    circuits["annotated"] = QuantumCircuit(3)
    circuits["annotated"].append(RZGate(0.7).control(2, annotated=True), [0, 1, 2])
    circuits["plain"] = QuantumCircuit(2)
    circuits["plain"].unitary(random_unitary(4, seed=3), [1, 0])
    circuits["plain"].rxx(0.3, 0, 1)
    return circuits


@pytest.mark.parametrize("name", unusual())
def test_unusual_gates_are_written_so_that_they_read_back(name):
    circuit = unusual()[name]
    assert Operator(from_qasm3(to_qasm3(circuit))).equiv(Operator(circuit))


def test_states_are_written_as_gates():
    circuit = QuantumCircuit(2)
    circuit.initialize([0.6, 0, 0, 0.8], [0, 1])
    assert {"reset", "cx"} <= set(from_qasm3(to_qasm3(circuit)).count_ops())


def test_what_cannot_be_written():
    circuit = QuantumCircuit(1)
    circuit.append(Gate("opaque", 1, []), [0])
    with pytest.raises(ArgumentError, match=r"cannot be written as OpenQASM 3: .*opaque"):
        to_qasm3(circuit)
    with pytest.raises(ArgumentError, match=r"`circuit` must be a QuantumCircuit, but is 3"):
        to_qasm3(3)
