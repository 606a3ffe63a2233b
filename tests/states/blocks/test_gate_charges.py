"""Charges found from gates: hops, pairs, flips, diagonals, swaps of species."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.states.blocks.gate_charges import MOST_KINDS, conserved_by

HOP = np.eye(4)[[0, 2, 1, 3]]
PAIR = np.eye(4)[[3, 1, 2, 0]]
PHASE = np.diag([1, 1, 1, 1j])
X = np.eye(2)[::-1]
XX = np.cos(0.3) * np.eye(4) - 1j * np.sin(0.3) * np.kron(X, X)


def test_species_stay_apart_until_a_gate_exchanges_them():
    hops = [((q, q + 2), HOP) for q in range(4)] + [((q, q + 1), PHASE) for q in range(5)]
    assert conserved_by(hops, 6).tolist() == [[1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]]
    assert conserved_by([*hops, ((0, 1), HOP)], 6).tolist() == [[1] * 6]


def test_pairs_on_neighbours_conserve_the_staggered_number():
    found = conserved_by([((q, q + 1), PAIR) for q in range(3)], 4)
    assert np.abs(found).tolist() == [[1] * 4]
    assert (found[0, :-1] == -found[0, 1:]).all()


def test_parity_alone_is_no_charge():
    assert conserved_by([((0, 1), XX), ((1, 2), XX)], 3) is None


def test_a_flipped_qubit_counts_nothing():
    assert conserved_by([((0, 1), HOP), ((2,), X)], 3).tolist() == [[1, 1, 0]]


def test_qubits_under_diagonal_gates_only_are_frozen():
    gates = [((0, 1), HOP), ((1, 2), PHASE), ((0, 3), PHASE)]
    assert conserved_by(gates, 4).tolist() == [[1, 1, 0, 0]]
    assert conserved_by([((0, 1), PHASE)], 2).tolist() == [[1, 1]]


def test_many_charges_are_added_up():
    found = conserved_by([((2 * k, 2 * k + 1), HOP) for k in range(7)], 14)
    assert len(found) == MOST_KINDS
    assert found.sum(axis=0).tolist() == [1] * 14


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_found_commutes_with_every_gate(seed):
    rng = np.random.default_rng(seed)
    gates = []
    for _ in range(rng.integers(1, 8)):
        where = tuple(int(q) for q in rng.choice(5, 2, replace=False))
        gates.append((where, [HOP, PAIR, PHASE, XX][rng.choice(4, p=[0.5, 0.2, 0.25, 0.05])]))
    found = conserved_by(gates, 5)
    for weights in () if found is None else found:
        for (a, b), matrix in gates:
            charge = np.diag([0, weights[b], weights[a], weights[a] + weights[b]])
            assert np.abs(charge @ matrix - matrix @ charge).max() == pytest.approx(0.0)
