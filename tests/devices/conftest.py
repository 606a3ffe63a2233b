"""Circuits that the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes to the user's ledger."""
    monkeypatch.setenv("QTN_LEDGER", f"{tmp_path}/ledger")


@pytest.fixture
def chain_circuit() -> Callable[..., QuantumCircuit]:
    """Make a random circuit on a line, with a free RY per qubit at the end if `free`."""

    def make(n: int, layers: int = 1, seed: int = 0, free: bool = False) -> QuantumCircuit:
        rng = np.random.default_rng(seed)
        circuit = QuantumCircuit(n)
        for _ in range(layers):
            for q in range(n):
                circuit.u(*rng.normal(size=3), q)
            for q in range(n - 1):
                circuit.cx(q, q + 1)
        for q, angle in enumerate(ParameterVector("angle", n) if free else ()):
            circuit.ry(angle, q)
        return circuit

    return make
