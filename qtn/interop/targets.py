"""States in the forms that people have, read as matrix product states: one reader for all doors."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, StabilizerState, Statevector
from qiskit.quantum_info.operators.base_operator import BaseOperator

from qtn._checks import fail, finite_array
from qtn.errors import ArgumentError
from qtn.interop.qiskit import circuit_to_mps
from qtn.interop.tenpy import mps_from_tenpy
from qtn.states import MPS, TTN

__all__ = ["FORMS", "read_state"]

FORMS = (
    "an MPS, a TTN, a fitted model, a QuantumCircuit, an amplitude vector, or a state of Qiskit, "
    "quimb or TeNPy"
)
MIXED = (
    "is a density operator, not a pure state. Give the pure state: for a rank-one operator its "
    "eigenvector of eigenvalue 1."
)
OPERATOR = (
    "is an operator, not a state. Give the state that it prepares (Statevector, QuantumCircuit) or "
    "its ground state (qtn.ground_state)."
)


def read_state(target: Any) -> MPS:
    """Return the matrix product state that `target` stands for, as given (not normalised).

    Args:
        target: an `MPS` or `TTN`; an object with `.state()` (a fitted model), `.to_mps()` or
            `.circuit` (a compiled result); a `QuantumCircuit` that prepares the state; amplitudes
            in Qiskit's order (qubit 0 least significant), also of another array library;
            a `Statevector` or `StabilizerState`; a state, circuit or ket of quimb (qubit i is its
            i-th site); a finite MPS of TeNPy (basis states in the order of `conserve=None`).

    Raises:
        ArgumentError: nothing of these; the message says what it is and what to give instead.

    Cost: that of a matrix product state of the same state.
    """
    homes = {kind.__module__.partition(".")[0] for kind in type(target).__mro__}
    if isinstance(target, MPS):
        return target
    if isinstance(target, TTN):
        return target.to_mps()
    if isinstance(target, QuantumCircuit):
        return circuit_to_mps(target)
    if "quimb" in homes:
        return MPS.from_quimb(target)
    if "tenpy" in homes:
        return mps_from_tenpy(target)
    if isinstance(target, Statevector | StabilizerState | DensityMatrix | BaseOperator):
        return _from_qiskit(target)
    if callable(getattr(target, "state", None)):
        if hasattr(target, "classes_"):
            raise ArgumentError(
                f"Argument `target` is a classifier with classes {list(target.classes_)}, which "
                "has one state per class. Give model.state(label=...) with one of them."
            )
        return read_state(target.state())
    if callable(getattr(target, "to_mps", None)):
        return read_state(target.to_mps())
    if isinstance(getattr(target, "circuit", None), QuantumCircuit):
        return circuit_to_mps(target.circuit)
    if isinstance(target, list | tuple) or hasattr(target, "__array__"):
        return MPS.from_dense(_amplitudes(target))
    raise fail("target", FORMS, target)


def _from_qiskit(target: Any) -> MPS:
    """Read a state of `qiskit.quantum_info`."""
    name = type(target).__name__
    if isinstance(target, StabilizerState):
        return circuit_to_mps(target.clifford.to_circuit())
    if isinstance(target, DensityMatrix):
        raise ArgumentError(f"The {name} given {MIXED}")
    if not isinstance(target, Statevector):
        raise ArgumentError(f"The {name} given {OPERATOR}")
    if any(d != 2 for d in target.dims()):
        raise ArgumentError(
            f"The {name} given has subsystems of dimensions {target.dims()}, but qubits are "
            "needed. Write every subsystem in qubits (qtn.aqc.embed_in_qubits for an MPS)."
        )
    return MPS.from_dense(_amplitudes(target.data))


def _amplitudes(target: Any) -> NDArray[Any]:
    """Return the amplitudes of qubits, checked, from any array library."""
    if callable(getattr(target, "detach", None)):  # torch, which gives no array while it records
        target = target.detach().cpu().resolve_conj().resolve_neg().numpy()
    array = finite_array("target", target)
    if array.ndim == 2 and 1 in array.shape:
        raise ArgumentError(
            f"Argument `target` must be a vector, but has shape {array.shape}: it may be a ket of "
            "quimb, whose first site is the most significant digit. Give array.ravel() if qubit 0 "
            "is the least significant digit as in Qiskit, else "
            "array.reshape((2,) * n).transpose().ravel()."
        )
    if array.ndim == 2 and array.shape[0] == array.shape[1]:
        raise ArgumentError(f"The matrix of shape {array.shape} given {MIXED}")
    array = finite_array("target", array, ndim=1)
    if array.size < 2 or array.size & (array.size - 1):
        raise ArgumentError(
            f"Argument `target` must hold 2^n amplitudes, but holds {array.size}. "
            "Pad it with zeros."
        )
    return array
