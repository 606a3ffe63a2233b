"""What is hashed: rounded so that noise in the last digits does not show, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

import qtn
from qtn.experiments.content import (
    as_json,
    at_least,
    circuit_digest,
    gate_words,
    rounded,
    shape_digest,
    share,
    small,
)
from qtn.interop.qasm import from_qasm3, to_qasm3


def some_circuit(shift: float = 0.0) -> QuantumCircuit:
    rng = np.random.default_rng(3)
    circuit = QuantumCircuit(3, global_phase=0.3)
    for pair in ((0, 1), (1, 2), (2, 0)):
        for qubit in pair:
            circuit.u(*rng.uniform(-np.pi, np.pi, 3) + shift, qubit)
        circuit.cx(*pair)
    circuit.ry(np.pi / 2, 0)
    return circuit


def test_noise_does_not_change_the_digest_and_changes_do() -> None:
    digest = circuit_digest(rounded(some_circuit()))
    assert circuit_digest(rounded(some_circuit(1e-14))) == digest
    assert circuit_digest(rounded(some_circuit(1e-7))) != digest
    assert shape_digest(some_circuit(0.1)) == shape_digest(some_circuit())
    turned = some_circuit()
    turned.cx(1, 0)
    assert shape_digest(turned) != shape_digest(some_circuit())


def test_rounding_is_harmless_and_keeps_exact_angles() -> None:
    exact, near = some_circuit(), rounded(some_circuit())
    overlap = abs(np.trace(Operator(exact).data.conj().T @ Operator(near).data)) / 8
    assert overlap == pytest.approx(1.0, abs=1e-15)
    assert near.data[-1].operation.params == [np.pi / 2]


def test_a_circuit_has_the_same_digest_in_its_file() -> None:
    circuit = rounded(some_circuit())
    assert circuit_digest(from_qasm3(to_qasm3(circuit))) == circuit_digest(circuit)
    assert gate_words(circuit)[2] == "cx 0,1"


def test_numbers_of_cards() -> None:
    assert share(1 - 1e-14) == 1.0
    assert at_least(1 - 1e-14) == 1 - 1e-12
    assert at_least(-1e-3) == 0.0
    assert small(1e-14) == 0.0
    assert small(1.23456e-5) == 1.235e-5


def test_json_of_arrays_and_of_nothing_else() -> None:
    assert as_json({"a": np.arange(2), "b": np.float64(0.5)}) == (
        '{\n  "a": [\n    0,\n    1\n  ],\n  "b": 0.5\n}\n'
    )
    with pytest.raises(qtn.ArgumentError, match="cannot be written as JSON"):
        as_json({"a": object()})
