import pytest
from qiskit.circuit import QuantumCircuit

from qtn.errors import FileError
from qtn.interop.qasm import from_qasm3, load_qasm3, load_qpy, save_qasm3, save_qpy, to_qasm3


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


def test_qpy_is_read_only_with_its_digest(circuit, tmp_path):
    digest = save_qpy(circuit, tmp_path / "c.qpy")
    assert load_qpy(tmp_path / "c.qpy", digest) == circuit
    with pytest.raises(FileError, match="It was altered or is another file"):
        load_qpy(tmp_path / "c.qpy", "0" * 64)


def test_unreadable_files(tmp_path):
    with pytest.raises(FileError, match="no OpenQASM 3 circuit"):
        from_qasm3("this is not qasm")
    for load in (load_qasm3, lambda p: load_qpy(p, "0")):
        with pytest.raises(FileError, match="cannot be read"):
            load(tmp_path / "missing")
