"""Layers of gates on a chain against dense vectors; charges; canonical form."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import dense_chain, random_chain
from scipy.linalg import expm

from qtn.physics import product_state, tebd

rng = np.random.default_rng(5)


def _gates(n: int, conserving: bool) -> np.ndarray:
    out = []
    for _ in range(n - 1):
        matrix = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        if conserving:
            matrix[[0, 0, 0, 1, 2, 3, 3, 3, 1, 2], [1, 2, 3, 3, 3, 0, 1, 2, 0, 0]] = 0
        gate = expm(-1j * (matrix + matrix.conj().T))
        gate[np.abs(gate) < 1e-15] = 0
        out.append(gate)
    return np.array(out)


def _dense_layer(vector: np.ndarray, gates: np.ndarray, first: int, n: int) -> np.ndarray:
    tensor = vector.reshape((2,) * n)  # axis n-1-i is site i
    for b in range(first, n - 1, 2):
        gate = gates[b].reshape(2, 2, 2, 2)
        axes = (n - 1 - b, n - 2 - b)
        tensor = np.moveaxis(np.tensordot(gate, tensor, ((2, 3), axes)), (0, 1), axes)
    return tensor.reshape(-1)


@pytest.mark.parametrize("conserving", [True, False])
def test_layers_equal_dense_gates(conserving):
    n = 7
    start = product_state("neel", n)
    state, vector = tebd.open_chain(start.tensors, conserving), start.to_dense().astype(complex)
    assert state.unit == int(conserving)
    for k in range(6):
        gates = _gates(n, conserving)
        tebd.apply_layer(state, gates, k % 2, 0.0, 0)
        vector = _dense_layer(vector, gates, k % 2, n)
    assert np.allclose(dense_chain(state.arrays()), vector, atol=1e-10)
    assert state.discarded.max() < 1e-13


def test_conserved_charges_stay_sharp_and_agree_with_the_tensors():
    n = 6
    state = tebd.open_chain(product_state("neel", n).tensors, True)
    for k in range(5):
        tebd.apply_layer(state, _gates(n, True), k % 2, 1e-10, 0)
    found = tebd.bond_charges(state.arrays())
    assert found is not None
    for bond, labels in enumerate(found):
        assert np.array_equal(labels, state.labels[bond, : state.dims[bond]])


def test_charges_of_a_superposition_of_sectors_do_not_exist():
    assert tebd.bond_charges(product_state("0+").tensors) is None
    found = tebd.bond_charges(product_state("011").tensors)
    assert [list(q) for q in found] == [
        [0],
        [1],
        [2],
        [2],
    ]


def test_any_start_becomes_right_canonical_with_its_schmidt_values():
    tensors = random_chain(rng, 6, 3)
    state = tebd.open_chain(tensors, False)
    vector = dense_chain(tensors)
    vector = vector / np.linalg.norm(vector)
    assert np.allclose(dense_chain(state.arrays()), vector, atol=1e-9)
    for site in range(6):
        a = state.tensor(site)
        assert np.allclose(np.einsum("asb,csb->ac", a, a.conj()), np.eye(len(a)), atol=1e-12)
    expected = np.linalg.svd(vector.reshape(-1, 2**3), compute_uv=False)
    mine = np.sort(state.weights[3, : state.dims[3]])[::-1]
    assert np.allclose(mine, expected[: len(mine)], atol=1e-7)


@pytest.mark.parametrize(("cutoff", "max_bond"), [(1e-3, 0), (0.0, 4)])
def test_truncation_keeps_what_was_asked_and_counts_the_loss(cutoff, max_bond):
    n = 8
    state = tebd.open_chain(product_state("neel", n).tensors, True)
    exact = tebd.open_chain(product_state("neel", n).tensors, True)
    for k in range(6):
        gates = _gates(n, True)
        tebd.apply_layer(state, gates, k % 2, cutoff, max_bond)
        tebd.apply_layer(exact, gates, k % 2, 0.0, 0)
    assert exact.max_bond == 16
    assert state.max_bond <= (max_bond or 15)
    assert state.discarded.max() > 0
    a, b = dense_chain(state.arrays()), dense_chain(exact.arrays())
    fidelity = abs(np.vdot(a, b)) ** 2 / np.vdot(a, a).real
    # Errors of the same sign can add up in amplitude, hence the square of the sum of roots.
    assert 1 - fidelity < np.sqrt(state.discarded).sum() ** 2


def test_bonds_grow_beyond_the_first_allocation_and_copies_are_apart():
    n = 10
    state = tebd.open_chain(product_state("neel", n).tensors, False)
    room = state.room
    other = state.copy()
    for k in range(10):
        tebd.apply_layer(state, _gates(n, False), k % 2, 0.0, 0)
    assert state.max_bond == 32 > room
    assert other.max_bond == 1
    assert np.linalg.norm(dense_chain(state.arrays())) == pytest.approx(1.0, abs=1e-10)


def test_canonicalise_after_gates_that_are_not_unitary():
    n = 6
    state = tebd.open_chain(product_state("plus", n).tensors, False)
    vector = product_state("plus", n).to_dense().astype(complex)
    for k in range(4):
        gates = np.array([expm(-(g + g.conj().T) / 4) for g in _gates(n, False)])
        tebd.apply_layer(state, gates, k % 2, 0.0, 0)
        tebd.canonicalise(state)
        vector = _dense_layer(vector, gates, k % 2, n)
    vector = vector / np.linalg.norm(vector)
    assert np.allclose(dense_chain(state.arrays()), vector, atol=1e-7)


def test_small_entries_that_carry_the_state_are_kept() -> None:
    """|1111⟩ beside 1e-12 |0001⟩, the larger one hanging on an entry of 1e-16 by its bonds."""
    tensors = [np.zeros((1, 2, 2)), np.zeros((2, 2, 2)), np.zeros((2, 2, 1)), np.zeros((1, 2, 1))]
    tensors[0][0, 0, 0], tensors[0][0, 1, 1] = 1e-14, 1.0
    tensors[1][0, 0, 0], tensors[1][1, 1, 1] = 1e-14, 1.0
    tensors[2][0, 0, 0], tensors[2][1, 1, 0] = 1.0, 1e-16
    tensors[3][0, 1, 0] = 1.0
    assert tebd.bond_charges(tensors) is not None  # entries alone look sharp
    state = tebd.open_chain(tensors, True)
    whole = state.arrays()[0]
    for tensor in state.arrays()[1:]:
        whole = np.tensordot(whole, tensor, 1)
    assert abs(whole[0, 1, 1, 1, 1, 0]) == pytest.approx(1.0)
    assert state.unit == 0


def test_rounding_does_not_hide_a_charge() -> None:
    rng = np.random.default_rng(0)
    tensors = [np.zeros((1, 2, 2)), np.zeros((2, 2, 2)), np.zeros((2, 2, 1))]
    tensors[0][0, 0, 0] = tensors[0][0, 1, 1] = 1.0
    tensors[1][0, 1, 1] = tensors[1][1, 0, 1] = tensors[1][0, 0, 0] = 1.0
    tensors[2][1, 0, 0] = tensors[2][0, 1, 0] = 1.0
    noisy = [t + 1e-17 * rng.normal(size=t.shape) for t in tensors]
    assert tebd.open_chain(tensors, True).unit == 1
    assert tebd.open_chain(noisy, True).unit == 1
