"""Gates in blocks against the state vector; two species on 5 sites of two qubits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.states.blocks.updates import Account, apply_one
from qtn.states.kernels.circuit import apply_gates


def conserving(rng: np.random.Generator) -> np.ndarray:
    gate = np.diag(np.exp(1j * rng.normal(size=4)))
    gate[1:3, 1:3] = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))[0]
    return gate


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_circuit_of_conserving_gates(seed):
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, 6)
    gates = [(tuple(map(int, rng.choice(6, 2, replace=False))), conserving(rng)) for _ in range(9)]
    gates.insert(4, ((3,), np.diag([1.0, 1j])))
    start = qtn.BlockMPS.product(bits)
    found = start.evolved(gates)
    dense = qtn.MPS(apply_gates(start.to_mps().tensors, gates).tensors)
    assert np.abs(found.state.to_dense() - dense.to_dense()).max() < 1e-12
    assert found.state.total == (bits.sum(),)


def two_species(sites: int, steps: int) -> list:
    """Two chains of hopping particles, one on even and one on odd qubits, with a weak coupling."""
    hop, coupling = np.eye(4, dtype=complex), np.diag([1, np.exp(0.3j), 1, 1])
    hop[1:3, 1:3] = [[np.cos(0.4), 1j * np.sin(0.4)], [1j * np.sin(0.4), np.cos(0.4)]]
    layer = [((q, q + 2), hop) for first in (0, 2) for q0 in range(first, 2 * sites - 2, 4)
             for q in (q0, q0 + 1)]  # fmt: skip
    return (layer + [((2 * j, 2 * j + 1), coupling) for j in range(sites)]) * steps


def test_two_species_keep_both_charges():
    charges = np.array([[1, 0] * 5, [0, 1] * 5])
    start = qtn.BlockMPS.product([0, 0, 1, 1, 0, 0, 1, 1, 0, 1], charges)
    gates = two_species(5, 3)
    found = start.evolved(gates, cutoff=1e-20).state
    exact = qtn.MPS(apply_gates(start.to_mps().tensors, gates, cutoff=0.0).tensors).to_dense()
    assert np.abs(found.to_dense() - exact).max() < 1e-12
    assert found.total == start.total == (2, 3)
    assert max(found.sectors(4).values()) <= 4 < found.bonds[3]


def test_two_species_on_sites_of_four_levels():
    rows = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])  # level 2 n_even + n_odd
    charges = np.repeat(rows[:, None], 5, axis=1)
    start = qtn.BlockMPS.product([0, 3, 0, 3, 1], charges, phys=4)
    merged, qubits = [], qtn.BlockMPS.product([0, 0, 1, 1, 0, 0, 1, 1, 0, 1])
    for where, gate in two_species(5, 2):
        a, b = where[0] // 2, where[1] // 2
        if a == b:
            merged.append(((a,), gate))
            continue
        legs, one = gate.reshape(2, 2, 2, 2), np.eye(2)
        even = where[0] % 2 == 0
        spots = "acbd,eg,fh->aecfbgdh" if even else "acbd,eg,fh->eafcgbhd"
        wide = np.einsum(spots, legs, one, one)
        merged.append(((a, b), wide.reshape(16, 16)))
    found = start.evolved(merged).state
    exact = qtn.MPS(apply_gates(qubits.to_mps().tensors, two_species(5, 2)).tensors)
    bits = np.array(list(np.ndindex(*(4,) * 5)))
    pairs = np.stack([bits // 2, bits % 2], axis=2).reshape(len(bits), 10)
    assert np.abs(found.amplitudes(bits) - exact.amplitudes(pairs)).max() < 1e-12
    assert found.total == (2, 3)


def test_the_lost_weight_bounds_the_distance():
    rng = np.random.default_rng(5)
    gates = [
        ((b, b + 1), conserving(rng)) for _ in range(6) for b in [*range(0, 9, 2), *range(1, 8, 2)]
    ]
    start = qtn.BlockMPS.product([0, 1] * 5)
    cut = start.evolved(gates, max_bond=9)
    exact = start.evolved(gates, cutoff=0.0).state
    assert cut.discarded.sum() > 1e-4
    assert cut.state.max_bond == 9
    assert np.linalg.norm(cut.state.to_dense() - exact.to_dense()) <= cut.distance


def test_a_gate_that_leaks_is_refused():
    start = qtn.BlockMPS.product([0, 1, 0])
    x = np.array([[0, 1], [1, 0]])
    for gate in [((0,), x), ((0, 1), np.kron(x, x)), ((2, 0), np.kron(np.eye(2), x))]:
        with pytest.raises(qtn.ArgumentError, match="does not conserve the charges"):
            start.evolved([gate])
    # What counts is the product of the gates on a pair, and the charges of the state.
    twice = [((0, 1), np.kron(x, x))] * 2
    assert start.evolved(twice).state.sample(1).tolist() == [[0, 1, 0]]
    creation = np.eye(4)[[3, 1, 2, 0]]
    staggered = qtn.BlockMPS.product([0, 0, 1], [[1, -1, 1]])
    assert staggered.evolved([((0, 1), creation)]).state.sample(1).tolist() == [[1, 1, 1]]


def test_one_site_gates_on_many_levels():
    charges = [[[0, 0, 1], [0, 0, 1]]]  # two levels of the same charge
    start = qtn.BlockMPS.product([0, 2], charges, phys=3)
    turn = np.eye(3)
    turn[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    account = Account(list(start.sites), 0, 0.0, None)
    apply_one(account, 0, turn)
    after = qtn.BlockMPS(tuple(account.sites), start.charges)
    assert after.amplitudes(np.array([[0, 2], [1, 2], [2, 2]])) == pytest.approx([0.6, 0.8, 0.0])


def test_gates_that_project_the_state_away_are_refused():
    start = qtn.BlockMPS.product([0, 1])
    for gate in [
        ((0, 1), np.diag([1.0, 0.0, 1.0, 1.0])),
        ((1, 0), np.zeros((4, 4))),
        ((0,), np.diag([0.0, 1.0])),
    ]:
        with pytest.raises(qtn.ArgumentError, match="take the state to zero"):
            start.evolved([gate])
