"""The same circuit has the same hash, in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, Delay, InverseModifier, Parameter, PowerModifier
from qiskit.circuit.library import HGate, PauliEvolutionGate, XGate
from qiskit.quantum_info import SparsePauliOp

from qtn.parallel.circuit_hash import fingerprint


def circuit(angle: float = 0.3, name: str | None = None) -> QuantumCircuit:
    made = QuantumCircuit(3, 2, name=name)
    made.rx(angle, 0)
    made.ry(2 * Parameter("theta") + 1, 1)
    made.cx(0, 1)
    made.unitary(np.eye(4), [1, 2])
    made.measure(0, 0)
    with made.if_test((made.clbits[0], 1)):
        made.x(1)
    return made


def test_same_in_another_process() -> None:
    script = (
        "from parallel.test_circuit_hash import circuit, fingerprint\nprint(fingerprint(circuit()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    environment["PYTHONPATH"] += f":{Path(__file__).parents[2]}"
    told = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**environment, "PYTHONHASHSEED": str(k)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for k in range(2)
    ]
    assert told == [fingerprint(circuit())] * 2


def test_names_do_not_matter_and_content_does() -> None:
    assert fingerprint(circuit(name="a")) == fingerprint(circuit(name="b"))
    assert fingerprint(circuit(0.3)) != fingerprint(circuit(np.nextafter(0.3, 1)))
    other = circuit()
    other.global_phase = 0.1
    assert fingerprint(other) != fingerprint(circuit())
    conditional = [QuantumCircuit(1, 1) for _ in range(2)]
    for value, made in enumerate(conditional):
        with made.if_test((made.clbits[0], value)):
            made.x(0)
    assert fingerprint(conditional[0]) != fingerprint(conditional[1])


def _made_of(gate: str) -> QuantumCircuit:
    inner = QuantumCircuit(1, name="mine")
    getattr(inner, gate)(0)
    return inner


def _appended(operation: Any) -> QuantumCircuit:
    whole = QuantumCircuit(operation.num_qubits)
    whole.append(operation, range(operation.num_qubits))
    return whole


def test_gates_of_one_name_are_told_apart_by_what_they_are_made_of() -> None:
    pairs = [[_made_of(gate).to_gate() for gate in ("x", "h")]]
    pairs.append([_made_of(gate).to_instruction() for gate in ("x", "h")])
    pairs.append([_made_of(gate).to_gate().control(1) for gate in ("x", "h")])
    pairs.append([PauliEvolutionGate(SparsePauliOp(label), 0.3) for label in ("XX", "ZZ")])
    pairs.append([AnnotatedOperation(XGate(), PowerModifier(k)) for k in (1, 2)])
    pairs.append([AnnotatedOperation(gate, InverseModifier()) for gate in (XGate(), HGate())])
    pairs.append([Delay(1, unit) for unit in ("ns", "dt")])
    for one, other in pairs:
        assert fingerprint(_appended(one)) != fingerprint(_appended(other))
        assert fingerprint(_appended(one)) == fingerprint(_appended(one).copy())
