from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, Twins, learn_map, mitigate


def trotter(angle: float = 0.6, n: int = 4) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(2):
        for i in range(n - 1):
            circuit.rzz(0.5, i, i + 1)
        for i in range(n):
            circuit.rx(angle, i)
    return circuit


ENERGY = SparsePauliOp.from_sparse_list(
    [("ZZ", [i, i + 1], -0.25) for i in range(3)] + [("X", [i], -0.2) for i in range(4)], 4
)


def test_a_map_learned_once_serves_other_circuits():
    training = [trotter(a) for a in (0.4, 0.6)]
    techniques = [Readout(), ZNE((1, 3))]
    learned = learn_map(training, ENERGY, techniques, device="FakeManila", shots=10_000)
    target = trotter(0.8)
    exact = Statevector(target).expectation_value(ENERGY).real
    raw = mitigate(target, ENERGY, device="FakeManila", shots=10_000)
    found = mitigate(
        target, ENERGY, [*techniques, Twins(known=learned)], device="FakeManila", shots=10_000
    )
    assert abs(found.value - exact) < 0.4 * abs(raw.value - exact)
    with pytest.raises(ArgumentError, match="learned map takes 2 noise factors"):
        mitigate(target, ENERGY, [Readout(), Twins(known=learned)], device="FakeManila", shots=100)


def test_a_map_needs_circuits():
    with pytest.raises(ArgumentError, match="at least one circuit, but is empty"):
        learn_map([], ENERGY, device="aer")
