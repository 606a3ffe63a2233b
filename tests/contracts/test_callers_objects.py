"""What the caller hands in comes back as it was: no door changes an array, a circuit or a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from public_doors import doors
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import qtn


def fingerprint(value: Any) -> Any:
    """Return everything of `value` that a door might change, as something to compare."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, QuantumCircuit):
        gates = [
            (i.operation.name, [str(p) for p in i.operation.params], str(i.qubits), str(i.clbits))
            for i in value.data
        ]
        return gates, str(value.global_phase), str(value.qregs), str(value.cregs), value.name
    if isinstance(value, SparsePauliOp):
        return value.to_list()
    if isinstance(value, qtn.MPS | qtn.TTN):
        return [fingerprint(t) for t in value.tensors]
    if isinstance(value, Mapping):
        return [(k, fingerprint(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [fingerprint(v) for v in value]
    return repr(value)


def test_no_door_changes_what_it_is_given() -> None:
    changed = []
    for name, door in doors().items():
        before = fingerprint(door.works)
        door.call(**door.works)
        if fingerprint(door.works) != before:
            changed.append(name)
    assert not changed
