"""Amazon Braket's local simulators through its own Qiskit provider (make test-braket)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.devices import run

provider = pytest.importorskip("qiskit_braket_provider", reason="run by make test-braket")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


@pytest.mark.parametrize("kind", ["braket_sv", "braket_dm"])
def test_counts_and_values(kind: str, chain_circuit: Callable[..., QuantumCircuit]) -> None:
    backend = provider.BraketLocalBackend(kind)
    flip = QuantumCircuit(3)
    flip.x(0)
    assert run(flip, device=backend, shots=20).counts() == {"001": 20}
    circuit = chain_circuit(3, free=True)
    values = np.random.default_rng(0).normal(size=(2, 3))
    observable = SparsePauliOp(["ZXI", "IYZ"], [1.0, 0.5])
    found = run((circuit, values), observable, device=backend, shots=2000).values[0]
    for k, row in enumerate(values):
        exact = Statevector(circuit.assign_parameters(row)).expectation_value(observable).real
        assert abs(found.value[k] - exact) < 5 * found.stderr[k]
