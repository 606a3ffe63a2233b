"""OpenQASM 3 and QPY: circuits in text and in Qiskit's own binary format."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

from qiskit import qasm3, qpy
from qiskit.circuit import QuantumCircuit

from qtn._io import write_atomic
from qtn.errors import FileError


def to_qasm3(circuit: QuantumCircuit) -> str:
    """Return the circuit as OpenQASM 3 text."""
    return qasm3.dumps(circuit)


def from_qasm3(text: str) -> QuantumCircuit:
    """Return the circuit that an OpenQASM 3 text describes.

    Raises:
        FileError: the text is no OpenQASM 3 that Qiskit can read.
    """
    try:
        return qasm3.loads(text)
    except Exception as error:
        raise FileError(
            f"The text is no OpenQASM 3 circuit that can be read ({type(error).__name__}). "
            "Export it with qtn, or with qiskit.qasm3.dumps."
        ) from error


def save_qasm3(circuit: QuantumCircuit, path: str | os.PathLike[str]) -> Path:
    """Write the circuit to `path` as OpenQASM 3, atomically."""
    return write_atomic(path, to_qasm3(circuit))


def load_qasm3(path: str | os.PathLike[str]) -> QuantumCircuit:
    """Read an OpenQASM 3 file.

    Raises:
        FileError: missing or unreadable file, or no OpenQASM 3.
    """
    try:
        text = Path(path).read_text()
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    return from_qasm3(text)


def save_qpy(circuit: QuantumCircuit, path: str | os.PathLike[str]) -> str:
    """Write the circuit to `path` as QPY, atomically, and return its sha256.

    The digest is what `load_qpy` asks for: QPY is only read back when it is known to be our own.
    """
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    write_atomic(path, buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def load_qpy(path: str | os.PathLike[str], sha256: str) -> QuantumCircuit:
    """Read a QPY file whose sha256 is known.

    Raises:
        FileError: missing file, or content that does not match the digest.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise FileError(
            f"File `{path}` has sha256 {found[:12]}..., but {sha256[:12]}... was expected. "
            "It was altered or is another file; export it again or use OpenQASM 3."
        )
    return qpy.load(io.BytesIO(content))[0]
