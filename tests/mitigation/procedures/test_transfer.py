from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import LearnedMap, Twins, learn_map, mitigate, transfer_map


def trotter(n: int, steps: int, angle: float) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        for i in range(n - 1):
            circuit.rzz(-0.5, i, i + 1)
        for i in range(n):
            circuit.rx(angle, i)
    return circuit


def energy(n: int) -> SparsePauliOp:
    terms = [("ZZ", [i, i + 1], -1 / n) for i in range(n - 1)]
    return SparsePauliOp.from_sparse_list([*terms, *[("X", [i], -1 / n) for i in range(n)]], n)


def test_a_map_serves_a_larger_and_deeper_circuit():
    device = chain(5, gate=0.02)
    known = learn_map(
        [trotter(3, 2, a) for a in (-0.5, -0.8)], energy(3), device=device, shots=40_000
    )
    moved = transfer_map(known, energy(3), energy(5), depth=2)
    assert moved.weights.shape == (1, 9)
    target = trotter(5, 4, -0.6)
    exact = Statevector(target).expectation_value(energy(5)).real
    raw = mitigate(target, energy(5), device=device, shots=20_000)
    found = mitigate(target, energy(5), Twins(known=moved), device=device, shots=20_000)
    assert abs(found.value - exact) < 0.5 * abs(raw.value - exact)


def test_scatter_between_equal_terms_becomes_residual_error():
    known = LearnedMap(np.array([[1.0, 1.2]]), np.zeros((2, 1, 1)), 2, 100, np.zeros(2))
    moved = transfer_map(known, SparsePauliOp(["IZ", "ZI"]), "ZII")
    assert moved.weights[0, 0] == pytest.approx(1.1)
    assert moved.residual[0] == pytest.approx(0.1 / 1.1)


def test_maps_that_cannot_be_transferred_are_refused():
    good = LearnedMap(np.array([[1.1]]), np.zeros((1, 1, 1)), 2, 100, np.zeros(1))
    with pytest.raises(ArgumentError, match="term of letters XX, but `source` only Z"):
        transfer_map(good, "IZ", "XX")
    with pytest.raises(ArgumentError, match="one noise factor and the 2 terms"):
        transfer_map(good, SparsePauliOp(["IZ", "ZI"]), "ZZ")
    with pytest.raises(ArgumentError, match="`depth` must be a finite number in"):
        transfer_map(good, "IZ", "ZI", depth=-1)
    bad = LearnedMap(np.array([[-0.2]]), np.zeros((1, 1, 1)), 2, 100, np.zeros(1))
    with pytest.raises(ArgumentError, match="weight that is not positive"):
        transfer_map(bad, "IZ", "ZI")
