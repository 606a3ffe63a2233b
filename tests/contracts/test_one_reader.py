"""A foreign thing is read in one place: no room but interop knows how Qiskit writes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "qtn"
READERS = {
    "SparsePauliOp",
    "SparseObservable",
    "Pauli",
    "PauliList",
    "Operator",
    "Statevector",
    "DensityMatrix",
    "StabilizerState",
    "qasm2",
    "qasm3",
}
"""Names of Qiskit that a room needs only to read circuits, states or observables by itself."""
ALLOWED = {
    "interop": READERS,
    "plugins": READERS,
    "states/origin/origins.py": {
        "SparsePauliOp"
    },  # rebuilds the operator of a saved file; below interop
    "aqc/preparation.py": {"Statevector"},  # checks what Qiskit's own preparation makes
    "devices/engines/base.py": {"SparsePauliOp"},  # the type of what estimators take
    "verification/witness/protocols.py": {"Pauli"},  # writes a layer of Pauli gates
}


def readers(source: str) -> set[str]:
    """Return the readers that a module imports when it runs; annotations do not count."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "qiskit":
            found |= {a.name for a in node.names} & READERS
        if isinstance(node, ast.Attribute):
            found |= {node.attr} & READERS if ast.unparse(node).startswith("qiskit.") else set()
    return found


def strangers(package: Path) -> dict[str, set[str]]:
    """Return the modules that read by themselves, with what they import."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        own = ALLOWED.get(name, ALLOWED.get(name.split("/")[0], set()))
        if strange := readers(path.read_text(encoding="utf-8")) - own:
            found[name] = strange
    return found


def test_only_interop_reads() -> None:
    assert strangers(PACKAGE) == {}


def test_no_exception_is_left_over() -> None:
    for name, allowed in ALLOWED.items():
        path = PACKAGE / name
        if path.is_file():
            assert readers(path.read_text(encoding="utf-8")) == allowed, name


def test_one_table_of_pauli_matrices() -> None:
    """The matrix of Y is written once."""
    written = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if "[0, -1j], [1j, 0]" in path.read_text(encoding="utf-8")
    ]
    assert written == ["states/operators.py"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from qiskit.quantum_info import SparsePauliOp", {"SparsePauliOp"}),
        ("def f():\n    from qiskit.quantum_info import Operator", {"Operator"}),
        ("from qiskit import QuantumCircuit, qasm3", {"qasm3"}),
        ("import qiskit\nx = qiskit.quantum_info.Pauli('Z')", {"Pauli"}),
        ("if TYPE_CHECKING:\n    from qiskit.quantum_info import SparsePauliOp", set()),
        ("from qiskit import QuantumCircuit", set()),
        ("from scipy.sparse.linalg import LinearOperator", set()),
    ],
)
def test_the_check_can_fail(source: str, found: set[str], tmp_path: Path) -> None:
    assert readers(source) == found
    (tmp_path / "door.py").write_text(source, encoding="utf-8")
    assert strangers(tmp_path) == ({"door.py": found} if found else {})
