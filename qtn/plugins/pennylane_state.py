"""PennyLane operations as gates on a chain: what is native, what is taken apart, the start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray
from pennylane.exceptions import DeviceError
from pennylane.operation import StatePrepBase

from qtn.states import MPS
from qtn.states.kernels.circuit import Build, apply_gates

__all__ = ["GATES", "chain_of", "is_native", "rotated"]

IDLE = ("Barrier", "Snapshot", "WireCut")
LARGEST_MATRIX = 8  # wires of a gate that has a matrix and nothing else
# what a decomposition may aim at: gates on one and two wires
# fmt: off
GATES = frozenset((
    "CNOT", "CRX", "CRY", "CRZ", "CRot", "CY", "CZ", "ControlledPhaseShift", "GlobalPhase",
    "Hadamard", "ISWAP", "Identity", "IsingXX", "IsingXY", "IsingYY", "IsingZZ", "PSWAP", "PauliX",
    "PauliY", "PauliZ", "PhaseShift", "RX", "RY", "RZ", "S", "SWAP", "SX", "T",
))
# fmt: on
Gate = tuple[tuple[int, ...], NDArray[Any]]


def is_native(operation: Any) -> bool:
    """Say whether an operation can be applied as it is: at most two wires, or only a matrix."""
    if operation.name in (*IDLE, "GlobalPhase"):
        return True
    if not operation.has_matrix:
        return False
    wires = len(operation.wires)
    return wires <= 2 or (wires <= LARGEST_MATRIX and not operation.has_decomposition)


def chain_of(
    operations: Sequence[Any], wires: Sequence[Any], max_bond: int | None, cutoff: float
) -> tuple[MPS, Build]:
    """Return the normalised state after `operations`, site k = wire k, and how it was built.

    Cost: O(gates × bond³).
    """
    place = {wire: k for k, wire in enumerate(wires)}
    start, rest = _start(list(operations), place)
    gates, phase = _gates(rest, place)
    built = apply_gates(start, gates, max_bond=max_bond, cutoff=cutoff)
    first, *others = built.tensors
    return MPS((first * phase, *others)).normalised(), built


def rotated(state: MPS, operations: Sequence[Any], wires: Sequence[Any]) -> MPS:
    """Return a state after further operations, such as those that diagonalise an observable."""
    if not operations:
        return state
    gates, phase = _gates(operations, {wire: k for k, wire in enumerate(wires)})
    first, *others = apply_gates(state.tensors, gates, center=0, cutoff=1e-16).tensors
    return MPS((first * phase, *others)).normalised()


def _start(operations: list[Any], place: dict[Any, int]) -> tuple[list[NDArray[Any]], list[Any]]:
    """Take a first state preparation on neighbouring wires as it is, without gates."""
    chain = [np.array([1.0, 0.0], dtype=np.complex128).reshape(1, 2, 1)] * len(place)
    if not operations or not isinstance(operations[0], StatePrepBase):
        return chain, operations
    first = operations[0]
    sites = [place[wire] for wire in first.wires]
    if isinstance(first, qml.BasisState):
        for site, bit in zip(sites, np.asarray(first.parameters[0], dtype=int), strict=True):
            chain[site] = np.eye(2, dtype=np.complex128)[bit].reshape(1, 2, 1)
        return chain, operations[1:]
    low, count = min(sites), len(sites)
    if max(sites) - low + 1 != count:
        return chain, operations
    ordered = sorted(first.wires, key=lambda wire: place[wire])
    # PennyLane counts the first wire as the most significant digit, our vectors as the least.
    tensor = np.asarray(first.state_vector(wire_order=ordered)).reshape((2,) * count)
    chain[low : low + count] = MPS.from_dense(tensor.transpose().reshape(-1)).tensors
    return chain, operations[1:]


def _gates(operations: Sequence[Any], place: dict[Any, int]) -> tuple[list[Gate], complex]:
    """Return gates on sites, matrices with the first site most significant, and a global phase."""
    gates: list[Gate] = []
    phase = 1.0 + 0.0j
    for operation in operations:
        for part in _parts(operation):
            matrix = np.asarray(qml.math.toarray(qml.matrix(part)), dtype=np.complex128)
            if part.name == "GlobalPhase" or not part.wires:
                phase *= complex(matrix[0, 0])
            else:
                gates.append((tuple(place[wire] for wire in part.wires), matrix))
    return gates, phase


def _parts(operation: Any) -> Iterator[Any]:
    """Take an operation apart into those on at most two wires."""
    if operation.name in IDLE:
        return
    if operation.has_matrix and (len(operation.wires) <= 2 or operation.name == "GlobalPhase"):
        yield operation
    elif operation.has_decomposition:
        for part in operation.decomposition():
            yield from _parts(part)
    elif operation.has_matrix and len(operation.wires) <= LARGEST_MATRIX:
        yield from _parts(qml.QubitUnitary(operation.matrix(), wires=operation.wires))
    else:
        raise DeviceError(
            f"Operation {operation.name} on {len(operation.wires)} wires has neither a "
            "decomposition nor a matrix that qtn.mps could apply."
        )
