"""What a circuit is, as a hash: the same content gives the same hash in another process.

Names of circuits and the unique ids of parameters change from session to session, so they are left
out; gates, qubits, bound angles and parameter names are in.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    ClassicalRegister,
    ControlFlowOp,
    ControlledGate,
    Delay,
    Measure,
    Reset,
)
from qiskit.circuit.library import Initialize, StatePreparation, UnitaryGate

__all__ = ["fingerprint"]

# Their names and parameters say everything; of others the definition is looked at too.
TOLD = (Barrier, Delay, Initialize, Measure, Reset, StatePreparation, UnitaryGate)
STANDARD = "qiskit.circuit.library.standard_gates."
Seen = dict[int, tuple[QuantumCircuit, str]]  # definitions with their hashes


def fingerprint(circuit: QuantumCircuit) -> str:
    """Return the sha256 of a circuit's content.

    Example:
        >>> one, two = QuantumCircuit(1, name="a"), QuantumCircuit(1, name="b")
        >>> fingerprint(one) == fingerprint(two)
        True
        >>> _ = two.x(0)
        >>> fingerprint(one) == fingerprint(two)
        False
    """
    return _hashed(circuit, {})


def _hashed(circuit: QuantumCircuit, seen: Seen) -> str:
    return hashlib.sha256(json.dumps(_content(circuit, seen)).encode()).hexdigest()


def _content(circuit: QuantumCircuit, seen: Seen) -> list[Any]:
    content: list[Any] = [circuit.num_qubits, circuit.num_clbits, _number(circuit.global_phase)]
    content.append([[r.name, r.size] for r in circuit.cregs])
    for instruction in circuit.data:
        operation = instruction.operation
        if isinstance(operation, ControlFlowOp):
            inner: list[Any] = [_content(block, seen) for block in operation.blocks]
            inner.append(_condition(operation, circuit))
        else:
            inner = [_number(p) for p in getattr(operation, "params", ())]
            inner.extend(_inside(operation, seen))
        content.append(
            [
                operation.name,
                operation.num_ctrl_qubits if hasattr(operation, "num_ctrl_qubits") else 0,
                inner,
                [circuit.find_bit(q).index for q in instruction.qubits],
                [circuit.find_bit(c).index for c in instruction.clbits],
            ]
        )
    return content


def _inside(operation: Any, seen: Seen) -> list[Any]:
    """Return what name and parameters do not say: what a gate is made of, or how long it waits."""
    if isinstance(operation, AnnotatedOperation):
        base, modifiers = operation.base_op, [repr(m) for m in operation.modifiers]
        return [base.name, [_number(p) for p in base.params], *_inside(base, seen), modifiers]
    if isinstance(operation, Delay):
        return [operation.unit]
    own = getattr(operation, "base_class", type(operation)).__module__  # not of its singleton
    if isinstance(operation, TOLD) or own.startswith(STANDARD):
        return []
    if isinstance(operation, ControlledGate):
        base = operation.base_gate
        return [operation.ctrl_state, base.name, *_inside(base, seen)]
    definition = getattr(operation, "definition", None)
    if not isinstance(definition, QuantumCircuit):
        return []
    if id(definition) not in seen:
        seen[id(definition)] = definition, _hashed(definition, seen)
    return [seen[id(definition)][1]]


def _condition(operation: ControlFlowOp, circuit: QuantumCircuit) -> str:
    """Write what a control-flow operation depends on, without addresses of objects."""
    condition = getattr(operation, "condition", None)
    if isinstance(condition, tuple):
        bits = condition[0] if isinstance(condition[0], ClassicalRegister) else [condition[0]]
        return repr(([circuit.find_bit(b).index for b in bits], int(condition[1])))
    switch = getattr(operation, "target", None)
    labels = [list(map(str, label)) for label, _ in operation.cases_specifier()] if switch else []
    return re.sub(r"0x[0-9a-f]+", "", repr((condition, switch, labels)))


def _number(value: Any) -> str:
    """Write a gate parameter exactly: numbers bit by bit, matrices by hash, expressions as text."""
    if isinstance(value, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    if isinstance(value, bool | int | str):
        return repr(value)
    try:
        return float(value).hex()
    except (TypeError, ValueError, RuntimeError):
        return str(value)
