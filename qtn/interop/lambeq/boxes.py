"""One box of lambeq's quantum diagrams as a Qiskit gate on numbered wires.

lambeq writes a gate as the transpose of its matrix, first wire most significant; Qiskit has the
first qubit least significant. Angles are in whole turns: R(p) = exp(-iπ p σ). A box that is
controlled holds another one: `distance` > 0 puts the control on the first wire and the inner box
`distance` wires further on, `distance` < 0 puts it on the last wire.

The angle is read from the innermost box itself, whatever its name, 0 is an angle like any other,
and what is daggered or conjugated is read from its array.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import (
    HGate,
    RXGate,
    RYGate,
    RZGate,
    SdgGate,
    SGate,
    TdgGate,
    TGate,
    UnitaryGate,
    XGate,
    YGate,
    ZGate,
)

from qtn._optional import require
from qtn.errors import ArgumentError

__all__ = ["Parameters", "as_gate", "scalar_of"]

# Gates with names of their own, recognised by their matrices.
NAMED = tuple(
    (g, g.to_matrix())
    for g in (XGate(), YGate(), ZGate(), HGate(), SGate(), SdgGate(), TGate(), TdgGate())
)
SAME = 1e-14
# How far from unitary the array of a box may be.
NOT_UNITARY = 1e-8


class Parameters:
    """Symbols of lambeq as parameters of Qiskit with the same names."""

    def __init__(self) -> None:
        self._made: dict[str, Parameter] = {}

    def angle(self, phase: Any, box: Any) -> Any:
        """Return 2π times a number of turns, or an expression in the parameter of a symbol."""
        symbol = require("lambeq.backend", "language").Symbol
        if isinstance(phase, symbol):
            made = self._made.setdefault(phase.name, Parameter(phase.name))
            return (2 * math.pi * float(phase.scale)) * made
        try:
            turns = float(phase)
        except (TypeError, ValueError) as error:
            raise ArgumentError(
                f"The box {box.name!r} turns by {phase!r}, which is neither a number nor a symbol "
                "of lambeq. Insert its value first."
            ) from error
        if not math.isfinite(turns):
            raise ArgumentError(
                f"The box {box.name!r} turns by {turns}. Give a finite number of turns."
            )
        return 2 * math.pi * turns


def as_gate(box: Any, parameters: Parameters) -> tuple[Gate, list[int]]:
    """Return the gate of a unitary box, and the wires of the box in the order of its qubits.

    Args:
        box: a box of `lambeq.backend.quantum` with as many wires out as in.
        parameters: where symbols become parameters.

    Raises:
        ArgumentError: a box without a matrix, or whose matrix is not unitary.
    """
    quantum = require("lambeq.backend.quantum", "language")
    controls, inner, wires = [], box, list(range(len(box.dom)))
    while isinstance(inner, quantum.Controlled):
        if inner.distance > 0:
            controls.append(wires[0])
            wires = wires[inner.distance :]
        else:
            controls.append(wires[-1])
            wires = wires[: inner.distance]
        inner = inner.controlled
    rotations = {quantum.Rx: RXGate, quantum.Ry: RYGate, quantum.Rz: RZGate}
    if type(inner) in rotations:
        gate = rotations[type(inner)](parameters.angle(inner.phase, inner))
    else:
        gate = _of_matrix(_matrix(inner), inner)
    if controls:
        gate = gate.control(len(controls), annotated=False)
    return gate, [*controls, *reversed(wires)]


def scalar_of(box: Any) -> complex:
    """Return the number that a scalar box multiplies by.

    Raises:
        ArgumentError: no finite number.
    """
    try:
        value = complex(box.array)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"The scalar {box.name!r} is no number. Insert its value first."
        ) from error
    if not (math.isfinite(value.real) and math.isfinite(value.imag)):
        raise ArgumentError(f"The scalar {box.name!r} is {value}. Give a finite number.")
    return value


def _matrix(box: Any) -> NDArray[Any]:
    """Return the matrix from inputs to outputs, first wire most significant."""
    try:
        array = np.asarray(box.array, dtype=complex)
        matrix = array.reshape(2 ** len(box.dom), 2 ** len(box.cod)).T
    except (AttributeError, TypeError, ValueError) as error:
        raise ArgumentError(
            f"The box {box.name!r} has no matrix of numbers. Use gates of lambeq, or an ansatz "
            "that writes it as gates."
        ) from error
    size = len(matrix)
    defect = (
        abs(matrix @ matrix.conj().T - np.eye(size)).max()
        if matrix.shape == (size, size)
        else math.inf
    )
    if not defect <= NOT_UNITARY:
        raise ArgumentError(
            f"The box {box.name!r} is not unitary, and so no gate. Use gates of lambeq, or an "
            "ansatz that writes it as gates."
        )
    return matrix


def _of_matrix(matrix: NDArray[Any], box: Any) -> Gate:
    for gate, known in NAMED:
        if known.shape == matrix.shape and abs(known - matrix).max() < SAME:
            return gate
    return UnitaryGate(matrix, label=str(box.name))
