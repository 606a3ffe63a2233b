"""Unitary operators in the forms that people have: the only reader, with one check for all doors.

A matrix, an operator of Qiskit or quimb and an `MPO` are operators wherever they are given. A
circuit stands for the state that it prepares; `operator(circuit)` is what it does to any state.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford, Operator
from qiskit.quantum_info.operators.base_operator import BaseOperator

from qtn._checks import fail, finite_array
from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.interop.circuits import first_major, gate_list, is_written
from qtn.states import MPO
from qtn.states.kernels.circuit import apply_gates, on_outputs
from qtn.states.kernels.work import refuse_above

__all__ = ["is_operator", "operator"]

FORMS = (
    "an MPO (qtn.propagator makes one), a unitary matrix of side 2^n, an operator or gate of "
    "Qiskit, a MatrixProductOperator of quimb, or a circuit"
)
UNITARY = 1e-3  # how far from unitary an operator may be
MAX_BOND = 256  # of the operator of a circuit
LARGEST = 10  # qubits of a matrix that is read


@few_threads(1)
def operator(source: Any) -> MPO:
    """Return the unitary operator that `source` stands for as a matrix product operator.

    Args:
        source: an `MPO`; a unitary matrix (2^n, 2^n) in Qiskit's order, also of another array
            library; an `Operator`, `Clifford` or gate of Qiskit; a
            `MatrixProductOperator` of quimb; a circuit in any form (`QuantumCircuit`, compiled
            result, OpenQASM text), which `qtn.compile` would else take for the state it prepares.

    Returns:
        The operator, site i = qubit i.

    Raises:
        ArgumentError: nothing of these, not unitary (with the distance), or bonds too large.

    Cost: that of factoring the matrix, O(8ⁿ), or O(gates χ³) for circuits.

    Example:
        >>> circuit = QuantumCircuit(3)
        >>> _ = circuit.cx(0, 1); _ = circuit.cx(1, 2)
        >>> operator(circuit).bonds
        (2, 2)
    """
    found = _read(source)
    error = found.unitary_error()
    if not error <= UNITARY:
        size = float(np.exp(found.chain.log_norm())) / 2.0 ** (found.n / 2)
        raise ArgumentError(
            f"The operator given is not unitary: U†U differs from 1 by {error:.3g}, and its norm "
            f"is {size:.4g} times √(2^n). Divide it by that factor if it should be a multiple of a "
            "unitary one; for a Hamiltonian take qtn.propagator(hamiltonian, time)."
        )
    return found


def is_operator(source: Any) -> bool:
    """Say whether a thing is an operator by its form: a circuit and a vector are not."""
    if isinstance(source, MPO | Operator | Clifford | Instruction):
        return True
    if _of_quimb(source):
        return hasattr(source, "upper_ind")
    shape = getattr(source, "shape", None)
    if shape is None and isinstance(source, list | tuple) and len(source) > 1:
        rows = [len(row) if isinstance(row, list | tuple) else 0 for row in source]
        return set(rows) == {len(source)} and not _mixed(source)
    square = isinstance(shape, tuple) and len(shape) == 2 and shape[0] == shape[1] > 1
    return square and hasattr(source, "__array__") and not _mixed(source)


def _mixed(matrix: Any) -> bool:
    """Whether a matrix is a density operator rather than a unitary one: of trace 1, Hermitian."""
    try:
        array = _array(matrix)
    except (ArgumentError, TypeError, ValueError, RuntimeError):
        return False
    alike = np.allclose(array, array.conj().T, atol=1e-6)
    return bool(alike and abs(np.trace(array) - 1.0) < 1e-2)


def _read(source: Any) -> MPO:
    if isinstance(source, MPO):
        return source
    if isinstance(source, QuantumCircuit) or is_written(source):
        return _of_circuit(source)
    if _of_quimb(source):
        return MPO.from_quimb(source)
    if isinstance(source, Instruction):
        return _of_gate(source)
    if isinstance(source, Clifford):
        return _of_circuit(source.to_circuit())
    if isinstance(source, Operator):
        if set(source.input_dims()) != {2} or source.input_dims() != source.output_dims():
            raise fail("source", "an operator on qubits", source)
        return _of_matrix(source.data)
    if isinstance(source, BaseOperator):
        raise ArgumentError(
            f"The {type(source).__name__} given is no unitary operator. For a Hamiltonian take "
            "qtn.propagator(hamiltonian, time), for a unitary matrix Operator(matrix)."
        )
    if isinstance(getattr(source, "circuit", None), QuantumCircuit):
        return _of_circuit(source)
    if isinstance(source, list | tuple) or hasattr(source, "__array__"):
        return _of_matrix(source)
    raise fail("source", FORMS, source)


def _of_quimb(thing: Any) -> bool:
    return any((kind.__module__ or "").startswith("quimb") for kind in type(thing).__mro__)


def _of_gate(gate: Instruction) -> MPO:
    if (gate.num_qubits <= LARGEST and not gate.params) or gate.name == "unitary":
        try:
            return _of_matrix(Operator(gate).data)
        except QiskitError as error:
            raise fail("source", "a gate without measurements", gate.name) from error
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, range(gate.num_qubits))
    return _of_circuit(circuit)


def _of_matrix(matrix: Any) -> MPO:
    array = _array(matrix)
    if array.ndim == 2 and max(array.shape) > 2**LARGEST:
        raise ArgumentError(
            f"A matrix of shape {array.shape} is too large to be factored; at most {LARGEST} "
            "qubits are. Give a circuit, an MPO, or qtn.propagator(hamiltonian, time)."
        )
    return MPO.from_dense(array)


def _array(matrix: Any) -> NDArray[Any]:
    if callable(getattr(matrix, "detach", None)):  # torch, which gives no array while it records
        matrix = matrix.detach().cpu().resolve_conj().resolve_neg().numpy()
    return finite_array("source", matrix)


def _of_circuit(circuit: Any) -> MPO:
    """Apply the gates of a circuit to the outputs of the identity."""
    gates = gate_list(circuit, "source")
    start = [np.eye(2, dtype=complex).reshape(1, 4, 1) * 0.5**0.5] * gates.n
    lifted = [(qubits, on_outputs(first_major(matrix))) for qubits, matrix in gates.gates]
    built = apply_gates(
        start, lifted, center=0, cutoff=1e-24, method="svd", watch=refuse_above(MAX_BOND)
    )
    first, *others = [2.0**0.5 * t.reshape(len(t), 2, 2, -1) for t in built.tensors]
    return MPO((gates.phase * first, *others))
