"""No door changes an array, a circuit or a list of the caller's; what it gives has a short name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
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


@pytest.fixture(scope="module")
def called() -> dict[str, tuple[bool, Any]]:
    """Every door, called once: whether it changed what it was given, and what it gave."""
    found = {}
    for name, door in doors().items():
        before = fingerprint(door.works)
        given = door.call(**door.works)
        found[name] = fingerprint(door.works) != before, given
    return found


def test_no_door_changes_what_it_is_given(called: dict[str, tuple[bool, Any]]) -> None:
    assert [name for name, (changed, _) in called.items() if changed] == []


def test_what_a_door_gives_is_named_in_one_line(called: dict[str, tuple[bool, Any]]) -> None:
    ours = {n: x for n, (_, x) in called.items() if type(x).__module__.startswith("qtn.")}
    assert len(ours) > 20
    assert [name for name, given in ours.items() if "\n" in repr(given)] == []
