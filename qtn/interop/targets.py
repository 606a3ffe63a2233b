"""States in the forms that people have: the only reader, with one rule of norms for all doors.

A state is one of norm 1. What is farther from it than 1 % is refused, with the way out: amplitudes
that were never normalised are as likely a mistake as a choice. What is nearer is normalised.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, StabilizerState, Statevector
from qiskit.quantum_info.operators.base_operator import BaseOperator

from qtn._checks import fail, finite_array
from qtn.errors import ArgumentError
from qtn.interop.circuits import circuit_to_mps, is_written
from qtn.interop.tenpy import mps_from_tenpy
from qtn.states import MPS, TTN

__all__ = ["FORMS", "normal_state", "read_state", "target_state"]

FORMS = (
    "an MPS, a TTN, a fitted model, a QuantumCircuit (or a compiled result, or OpenQASM text), an "
    "amplitude vector, or a state of Qiskit, quimb or TeNPy"
)
NORM_TOLERANCE = 1e-2
NORMALISED = 1e-12  # norms of trees nearer to 1 are left as they are
MIXED = (
    "is a density operator, not a pure state. Give the pure state: for a rank-one operator its "
    "eigenvector of eigenvalue 1."
)
OPERATOR = (
    "is an operator, not a state. Give the state that it prepares (Statevector, QuantumCircuit) or "
    "its ground state (qtn.ground_state)."
)


def normal_state(target: Any) -> MPS | TTN:
    """Return the state that `target` stands for, normalised: an MPS, or the TTN given.

    Args:
        target: see `read_state`.

    Raises:
        ArgumentError: as in `read_state`, or a norm that differs from 1 by more than 1 %.
    """
    state = read_state(target)
    norm = check_norm(state, target)
    if isinstance(state, TTN) and abs(norm - 1.0) <= NORMALISED:
        return state
    return state.normalised()


def target_state(target: Any) -> MPS:
    """Return the state that `target` stands for as a normalised matrix product state.

    Raises:
        ArgumentError: as in `normal_state`.
    """
    state = normal_state(target)
    return state.to_mps() if isinstance(state, TTN) else state


def check_norm(state: MPS | TTN, target: Any) -> float:
    """Return the norm of a state that was read from `target`.

    Raises:
        ArgumentError: it differs from 1 by more than 1 %; with the way to a normalised one.
    """
    norm = state.norm()
    if not abs(norm - 1.0) <= NORM_TOLERANCE:
        raise ArgumentError(
            f"Argument `target` must have norm 1, but has {norm:.6g}. {_way_to_norm(target)}"
        )
    return norm


def _way_to_norm(target: Any) -> str:
    if isinstance(target, MPS | TTN):
        return "Give state.normalised()."
    if hasattr(target, "__array__") or isinstance(target, list | tuple):
        return "Divide the amplitudes by numpy.linalg.norm(amplitudes)."
    return "Divide it by its norm; for quimb: qtn.MPS.from_quimb(state).normalised()."


def read_state(target: Any) -> MPS | TTN:
    """Return the state that `target` stands for, as given (not normalised); a tree stays a tree.

    Args:
        target: an `MPS` or `TTN`; a fitted model of one state; an object with `.state()` or
            `.to_mps()`; a circuit that prepares the state (`QuantumCircuit`, a compiled or
            transpiled result, OpenQASM text; a transpiled one on the qubits before transpilation);
            amplitudes in Qiskit's order (qubit 0 least significant), also of another array library;
            a `Statevector` or `StabilizerState`; a state, circuit or ket of quimb (qubit i is its
            i-th site); a finite MPS of TeNPy (basis states in the order of `conserve=None`).

    Raises:
        ArgumentError: nothing of these; the message says what it is and what to give instead.

    Cost: that of a matrix product state of the same state.
    """
    homes = {kind.__module__.partition(".")[0] for kind in type(target).__mro__}
    if isinstance(target, MPS | TTN):
        return target
    if isinstance(target, QuantumCircuit) or is_written(target):
        return circuit_to_mps(target, "target", own=True)
    if "quimb" in homes:
        return MPS.from_quimb(target)
    if "tenpy" in homes:
        return mps_from_tenpy(target)
    if isinstance(target, Statevector | StabilizerState | DensityMatrix | BaseOperator):
        return _from_qiskit(target)
    if callable(getattr(target, "state", None)):
        return read_state(target.state())
    if callable(getattr(target, "to_mps", None)):
        return read_state(target.to_mps())
    if isinstance(getattr(target, "circuit", None), QuantumCircuit):
        return circuit_to_mps(target, "target", own=True)
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
            "needed. Write every subsystem in qubits (qtn.aqc.embed_in_qubits for an MPS or TTN)."
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
