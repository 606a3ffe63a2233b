"""What was asked for, as a hash: the same request gives the same hash in another process.

Names of circuits and the unique ids of parameters change from session to session, so they are left
out; gates, qubits, bound angles, parameter names, values, observables, shots and seed are in.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister, ControlFlowOp

from qtn.states.operators import AXIS, Term

__all__ = ["entry_of", "fingerprint", "intent_hash"]


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
    return hashlib.sha256(json.dumps(_content(circuit)).encode()).hexdigest()


def intent_hash(
    circuits: Iterable[tuple[QuantumCircuit, NDArray[np.float64] | None]],
    terms: Iterable[tuple[int, Term]],
    device: str,
    shots: int,
    seed: int,
    options: str = "",
) -> str:
    """Return the sha256 of a request to `qtn.run`; `options` are those of the caller's object.

    `terms` come with the number of their observable, as given: neither merged nor sorted.
    """
    digest = hashlib.sha256()
    for circuit, values in circuits:
        digest.update(fingerprint(circuit).encode())
        if values is not None:
            digest.update(repr(values.shape).encode())
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    for observable, term in terms:
        key = (term.coefficient.hex(), *entry_of(observable, term)[1:])
        digest.update(repr(key).encode())
    digest.update(json.dumps([device, shots, seed]).encode() + options.encode())
    return digest.hexdigest()


def entry_of(observable: int, term: Term) -> tuple[Any, ...]:
    """Return a term as it is recorded: coefficient, qubits, axes, kinds, number of its observable.

    The kind of a factor is 0 for a Pauli matrix, 1 and 2 for a projector on its states of -1 and 1.
    """
    letters = [letter for _, letter in term.factors]
    kinds = tuple(0 if x in "XYZ" else 1 if x in "1-l" else 2 for x in letters)
    axes = "".join(AXIS[x] for x in letters)
    return term.coefficient, term.qubits, axes, kinds, observable


def _content(circuit: QuantumCircuit) -> list[Any]:
    content: list[Any] = [circuit.num_qubits, circuit.num_clbits, _number(circuit.global_phase)]
    content.append([[r.name, r.size] for r in circuit.cregs])
    for instruction in circuit.data:
        operation = instruction.operation
        if isinstance(operation, ControlFlowOp):
            inner: list[Any] = [_content(block) for block in operation.blocks]
            inner.append(_condition(operation, circuit))
        else:
            inner = [_number(p) for p in operation.params]
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
