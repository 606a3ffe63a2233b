"""What must be the same again when a recipe is made again: rounded, written in one way, hashed.

Angles are rounded to 1e-9, and to multiples of π/16 where they are as near to one, so that the
gates of an exact circuit stay exact. What rounding does to a fidelity is of second order where the
search has converged, and is in the card, since the fidelity told is that of the circuit as written.

The hash of a circuit is that of its gate list: names, qubits and rounded angles, in order. No time,
version or text enters it.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError

ANGLE = 1e-9
PARTS = 16  # of π, whose multiples stay exact
PLACES = 12  # of fidelities in a card


def rounded(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit with its angles as they are written down.

    Example:
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(0.12345678987654, 0), circuit.rz(np.pi / 2 + 1e-12, 0)
        >>> [gate.operation.params[0] for gate in rounded(circuit).data]
        [0.12345679, 1.5707963267948966]
    """
    out = circuit.copy_empty_like()
    out.global_phase = 0.0  # no state and no operator is told by it
    for item in circuit.data:
        operation = item.operation
        if operation.params:
            operation = operation.to_mutable()
            operation.params = [_angle(float(p)) for p in operation.params]
        out.append(operation, item.qubits, item.clbits)
    return out


def _angle(value: float) -> float:
    whole = round(value * PARTS / math.pi)
    if abs(value - whole * math.pi / PARTS) < ANGLE:
        return whole * math.pi / PARTS
    return round(value, 9)


def gate_words(circuit: QuantumCircuit) -> list[str]:
    """Return a line per gate: its name, its qubits and its angles in units of 1e-9.

    Example:
        >>> circuit = QuantumCircuit(2)
        >>> _ = circuit.ry(0.5, 0), circuit.cx(0, 1)
        >>> gate_words(circuit)
        ['ry 0 500000000', 'cx 0,1']
    """
    places = {bit: k for k, bit in enumerate(circuit.qubits)}
    words = []
    for item in circuit.data:
        qubits = ",".join(str(places[bit]) for bit in item.qubits)
        angles = [str(round(float(p) / ANGLE)) for p in item.operation.params]
        words.append(" ".join([item.operation.name, qubits, *angles]))
    return words


def circuit_digest(circuit: QuantumCircuit) -> str:
    """Return the sha256 of a circuit's gate list, its number of qubits included."""
    text = "\n".join([str(circuit.num_qubits), *gate_words(circuit)])
    return hashlib.sha256(text.encode()).hexdigest()


def shape_digest(circuit: QuantumCircuit) -> str:
    """Return the sha256 of the names and qubits alone: what another machine finds again."""
    shapes = [" ".join(word.split()[:2]) for word in gate_words(circuit)]
    return hashlib.sha256("\n".join([str(circuit.num_qubits), *shapes]).encode()).hexdigest()


def as_json(content: Any) -> str:
    """Return JSON in one way of writing, keys in the order given.

    Raises:
        ArgumentError: a value that JSON has no word for.
    """
    try:
        return json.dumps(content, indent=2, ensure_ascii=False, default=_plain) + "\n"
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"A result cannot be written as JSON ({error}).") from error


def _plain(value: Any) -> Any:
    """Return arrays and numbers of numpy as Python's own."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def share(value: float) -> float:
    """Return a fidelity in the digits of a card."""
    return round(float(value), PLACES)


def at_least(value: float) -> float:
    """Return a lower bound in the digits of a card, rounded down, never below 0.

    Example:
        >>> at_least(0.9999999999999)
        0.999999999999
    """
    return max(0.0, math.floor(float(value) * 10.0**PLACES) / 10.0**PLACES)


def small(value: float) -> float:
    """Return an infidelity in four digits, what rounding leaves as 0."""
    return 0.0 if abs(value) < 10.0**-PLACES else float(f"{value:.4g}")
