"""OpenQASM and QPY: circuits in text and in Qiskit's own binary format."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import lzma
import os
import re
import zlib
from pathlib import Path
from typing import Any

from qiskit import qasm2, qasm3, qpy, transpile
from qiskit.circuit import QuantumCircuit

from qtn._checks import fail
from qtn._io import regular_file, write_atomic
from qtn.errors import ArgumentError, FileError
from qtn.interop.plain_qasm import read_plain
from qtn.interop.qasm_size import check_size

MAX_UNPACKED = 200_000_000  # bytes
NAMED = re.compile(r"\.qasm[23]?(\.xz|\.gz)?$", re.IGNORECASE)
UNREADABLE = re.compile(r"\bpauli\(")  # written by Qiskit, but no reader knows its string
# gates of stdgates.inc, and what OpenQASM has as statements
LIBRARY = (
    *("p", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "u", "cx", "cy"),
    *("cz", "cp", "crx", "cry", "crz", "ch", "swap", "ccx", "cswap", "cu"),
    *("measure", "reset", "delay", "if_else", "for_loop", "while_loop", "switch_case"),
)


def to_qasm3(circuit: QuantumCircuit) -> str:
    """Return the circuit as OpenQASM 3 text that `from_qasm3` reads.

    Gates that OpenQASM 3 cannot express as they are (Pauli strings, controlled matrices,
    multiplexers) are written in gates of its standard library.

    Raises:
        ArgumentError: no circuit, or one that cannot be written; with the reason.
    """
    if not isinstance(circuit, QuantumCircuit):
        raise fail("circuit", "a QuantumCircuit", circuit)
    with contextlib.suppress(Exception):
        text = qasm3.dumps(circuit)
        if not UNREADABLE.search(text):
            return text
    try:
        return qasm3.dumps(transpile(circuit, basis_gates=list(LIBRARY), optimization_level=0))
    except Exception as error:
        reason = " ".join(str(error).strip("'\"").split()).rstrip(".")
        raise ArgumentError(
            f"The circuit cannot be written as OpenQASM 3: {reason}. Decompose it into gates with "
            "definitions (circuit.decompose())."
        ) from error


def from_qasm3(text: str) -> QuantumCircuit:
    """Return the circuit that an OpenQASM text describes, of version 3 or of version 2.

    The version is the one that the text names; without a name it is 3, or 2 where the text
    includes `qelib1.inc`, the library of version 2.

    Args:
        text: the whole text of the circuit.

    Raises:
        ArgumentError: no text.
        FileError: nothing that Qiskit can read; the message gives the version, the line and the
            column (both from 1), and the reason. Also a text of more than 100,000 qubits, or of
            more than 10⁷ gates once all definitions are expanded.

    Example:
        >>> from_qasm3('OPENQASM 3.0; qubit[2] q; U(0.1, 0, 0) q[1];').num_qubits
        2

    Reference: Cross et al., ACM Trans. Quantum Comput. 3, 12 (2022).
    """
    if not isinstance(text, str):
        raise fail("text", "the text of a circuit in OpenQASM", text, "Read files by load_qasm3.")
    code = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    if not code.strip():
        raise fail("text", "the text of a circuit in OpenQASM", text, "It holds no statement.")
    version = _version(code)
    if version not in ("2", "3"):
        raise FileError(
            f"The text names OpenQASM {version}, but only versions 2 and 3 can be read. "
            "Export it again in one of them."
        )
    check_size(code)
    plain = read_plain(code, version)
    if plain is not None:
        return plain
    printed = io.StringIO()  # the parser prints what it does not put into its exception
    try:
        if version == "2":
            # No folder to include from: a text must not read the files of its reader.
            return qasm2.loads(
                text, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS
            )
        with contextlib.redirect_stderr(printed):
            return qasm3.loads(_in_order(text))
    except Exception as error:
        where, reason = _reason(error, printed.getvalue())
        raise FileError(
            f"The text is no OpenQASM {version} circuit that can be read: {where}{reason}. "
            f"{_way_out(reason, version)}"
        ) from error


def _in_order(text: str) -> str:
    """Rename the parameters of gate definitions so that their order is that of their names.

    Qiskit's reader of version 3 binds them in the order of their names, whatever the definition
    says: of `gate g(theta, phi) a` it takes the first angle for phi.
    """

    def renamed(found: re.Match[str]) -> str:
        names = [name.strip() for name in found[2].split(",")]
        if names == sorted(names):
            return found[0]
        whole = found[0]
        for place, name in enumerate(names):
            if re.fullmatch(r"\w+", name):
                whole = re.sub(rf"(?<![\w.]){name}(?!\w)", f"p{place:03d}_{name}", whole)
        return whole

    return re.sub(r"\bgate\s+(\w+)\s*\(([^)]*)\)[^{;]*\{[^}]*\}", renamed, text)


def _version(code: str) -> str:
    """Return the major version that a text without comments names or implies."""
    named = re.match(r"\s*OPENQASM\s+(\d+)", code)
    if named:
        return named[1]
    return "2" if re.search(r"""include\s+["']qelib1\.inc""", code) else "3"


def _reason(error: BaseException, printed: str) -> tuple[str, str]:
    """Return where a reader stopped ("line 3, column 1: ") and why, from what it left behind."""
    text = " ".join(str(error.args[0] if error.args else "").split()) or " ".join(printed.split())
    found = re.search(r"(?:<input>:|^L(?=\d)|^line |^)(\d+)(?:,|:C|:)(\d+):? (.*)", text)
    if found:
        line, column, reason = int(found[1]), int(found[2]) + 1, found[3]
        return f"line {line}, column {column}: ", reason.rstrip(".")
    reason = text.rstrip(".") or type(error).__name__
    if node := _last_node(error):
        return f"line {node.start_line}, column {node.start_column + 1}: ", reason
    cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    if token := getattr(cause, "offendingToken", None):
        return f"line {token.line}, column {token.column + 1}: ", f"unexpected {token.text!r}"
    return "", reason


def _last_node(error: BaseException) -> Any:
    """Return the place in the text of the statement that a converter was busy with, or None."""
    trace, place = (error.__cause__ or error).__traceback__, None
    while trace is not None:
        span = getattr(trace.tb_frame.f_locals.get("node"), "span", None)
        place, trace = span or place, trace.tb_next
    return place


def _way_out(reason: str, version: str) -> str:
    library = "qelib1.inc" if version == "2" else "stdgates.inc"
    if "not defined" in reason:
        return f"Define it in the text, or include its library ({library} has the common gates)."
    if "already inserted" in reason:
        return "Give it a name that no gate and no other declaration has."
    return "Correct the text, or export the circuit again, for instance with qtn or Qiskit."


def save_qasm3(circuit: QuantumCircuit, path: str | os.PathLike[str]) -> Path:
    """Write the circuit to `path` as OpenQASM 3, atomically."""
    return write_atomic(path, to_qasm3(circuit))


def load_qasm3(path: str | os.PathLike[str]) -> QuantumCircuit:
    """Read an OpenQASM file, of version 3 or 2; also one that xz or gzip has made smaller.

    Raises:
        FileError: missing file, no text, or no circuit; see `from_qasm3`.
    """
    try:
        text = _unpacked(regular_file(path)).decode("utf-8-sig")
    except FileError:
        raise
    except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is no text file"
        raise FileError(f"File `{path}` cannot be read: {reason}.") from error
    try:
        return from_qasm3(text)
    except (ArgumentError, FileError) as error:
        raise FileError(f"File `{path}` is no circuit that can be read. {error}") from error


def is_qasm_path(circuit: Any) -> bool:
    """Say whether an argument names an OpenQASM file: *.qasm, also with .xz or .gz behind."""
    if not isinstance(circuit, str | os.PathLike):
        return False
    name = os.fspath(circuit)
    return isinstance(name, str) and NAMED.search(name) is not None and ";" not in name


def _unpacked(path: Path) -> bytes:
    """Return what a file holds, or what it holds once unpacked.

    Raises:
        FileError: it holds more than is ever read: a small file may unpack to any size.
    """
    packed = {".xz": lzma.LZMAFile, ".gz": gzip.GzipFile}.get(path.suffix.lower())
    if packed is None:
        return path.read_bytes()
    with packed(path) as stream:
        content = bytes(stream.read(MAX_UNPACKED + 1))
    if len(content) > MAX_UNPACKED:
        raise FileError(
            f"File `{path}` unpacks to more than {MAX_UNPACKED // 10**6} MB. Unpack it and check "
            "what it is; a circuit of this size has to be split."
        )
    return content


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
        content = regular_file(path).read_bytes()
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise FileError(
            f"File `{path}` has sha256 {found[:12]}..., but {sha256[:12]}... was expected. "
            "It was altered or is another file; export it again or use OpenQASM 3."
        )
    return qpy.load(io.BytesIO(content))[0]
