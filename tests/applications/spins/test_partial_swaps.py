"""Circuits as written: exact, of total spin 0, with few CX."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from qtn.applications.spins.partial_swaps import turns_of, written
from qtn.applications.spins.vertices import KINDS, gate_matrix
from qtn.errors import ArgumentError
from qtn.states.operators import PAULI

SINGLETS = ((0, 1), (2, 3), (4, 5))
GATES = {2: ((1, 2), (3, 4), (0, 5)), 3: ((0, 1, 2), (1, 2, 3), (5, 0, 3))}


@pytest.mark.parametrize("name", KINDS)
def test_total_spin_stays_zero(name: str) -> None:
    kind = KINDS[name]
    angles = np.random.default_rng(3).uniform(-np.pi, np.pi, 3 * kind.angles)
    circuit = written(6, SINGLETS, kind, GATES[kind.spins], angles)
    state = Statevector(circuit).data.reshape((2,) * 6)
    for pauli in PAULI[1:]:
        total = sum(np.moveaxis(np.tensordot(pauli, state, (1, k)), 0, k) for k in range(6))
        assert np.abs(total).max() < 1e-10
    most = {2: 3 + 3 * 3, 3: 3 + 3 * 15}[kind.spins]
    assert circuit.count_ops()["cx"] <= most


@pytest.mark.parametrize("name", KINDS)
def test_turns_make_the_gate(name: str) -> None:
    kind, rng = KINDS[name], np.random.default_rng(4)
    for _ in range(10):
        angles = rng.uniform(-np.pi, np.pi, kind.angles)
        sites = tuple(range(kind.spins))
        product = np.eye(2**kind.spins)
        found = turns_of(kind, sites, angles)
        assert len(found) <= 6
        for (a, b), angle in found:
            turn = gate_matrix(KINDS["pairs"], np.array([angle]))
            if kind.spins == 3:
                turn = np.kron(turn, np.eye(2)) if (a, b) == (0, 1) else np.kron(np.eye(2), turn)
            product = turn @ product
        wanted = gate_matrix(kind, angles)
        phase = np.vdot(product, wanted) / len(wanted)
        assert abs(abs(phase) - 1.0) < 1e-12
        assert np.abs(product * phase - wanted).max() < 1e-11


def test_identities_and_merged_turns_cost_nothing() -> None:
    triple, pair = KINDS["triples"], KINDS["pairs"]
    assert written(6, SINGLETS, triple, GATES[3], np.zeros(12)).count_ops()["cx"] == 3
    twice = written(6, SINGLETS, pair, ((1, 2), (2, 1)), np.array([0.4, 0.3]))
    assert twice.count_ops()["cx"] == written(
        6, SINGLETS, pair, ((1, 2),), np.array([0.7])
    ).count_ops()["cx"]  # fmt: skip


def test_bases() -> None:
    found = written(6, SINGLETS, KINDS["pairs"], GATES[2], np.ones(3), "cz")
    assert "cx" not in found.count_ops()
    with pytest.raises(ArgumentError, match="`basis`"):
        written(6, SINGLETS, KINDS["pairs"], GATES[2], np.ones(3), "ccx")
