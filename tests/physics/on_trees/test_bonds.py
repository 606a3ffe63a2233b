"""Bonds that grow by new directions, and the cut with its account."""

from __future__ import annotations

import numpy as np
import pytest
from tree_states import random_tree

from qtn.physics.on_trees.bonds import augmented, cut, on_leg, padded
from qtn.physics.on_trees.tree_forms import shape_pairs
from qtn.states import TTN


def test_old_directions_stay_first_and_new_ones_are_orthogonal():
    rng = np.random.default_rng(0)
    old = np.linalg.qr(rng.normal(size=(12, 3)))[0].reshape(3, 4, 3)
    moved = old + 0.1 * rng.normal(size=old.shape)
    wide = augmented(old, moved, 0.0)
    assert wide.shape == (3, 4, 6)
    assert np.array_equal(wide[:, :, :3], old)
    flat = wide.reshape(12, 6)
    assert np.abs(flat.T @ flat - np.eye(6)).max() < 1e-14
    columns = moved.reshape(12, 3)
    assert np.abs(flat @ (flat.T @ columns) - columns).max() < 1e-14
    assert augmented(old, old @ rng.normal(size=(3, 3)), 1e-13).shape == (3, 4, 3)
    assert augmented(old, moved, 10.0).shape == (3, 4, 3)
    full = np.eye(4).reshape(2, 2, 4)
    assert augmented(full, rng.normal(size=(2, 2, 4)), 0.0).shape == (2, 2, 4)


def test_padding_and_legs():
    tensor = np.ones((2, 3, 4))
    assert padded(tensor, 2, 3) is tensor
    assert padded(tensor, 4, 5).sum() == tensor.sum()
    matrix = np.arange(6.0).reshape(2, 3)
    assert np.allclose(on_leg(tensor, matrix, 1), np.einsum("xb,abc->axc", matrix, tensor))


@pytest.mark.parametrize("tree", ["balanced", "chain"])
def test_the_cut_tells_what_is_lost(tree):
    state = random_tree(shape_pairs(tree, 7), 8, 1)
    vector = state.to_dense()
    same, norm, lost = cut(state.tensors, state.pairs, 0.0, None)
    assert norm == pytest.approx(1.0)
    assert lost.max() == 0.0
    assert np.linalg.norm(TTN(tuple(same), state.pairs).to_dense() - vector) < 1e-13
    small, norm, lost = cut(state.tensors, state.pairs, 1e-2, 5)
    left = TTN(tuple(small), state.pairs)
    assert left.max_bond <= 5
    assert left.norm() == pytest.approx(1.0)
    infidelity = 1.0 - abs(np.vdot(vector, left.to_dense())) ** 2
    assert 0.0 < infidelity < 1.5 * lost.sum()
    assert 0.0 < 1.0 - norm**2 < 1.5 * lost.sum()
    for tensor in small[:-1]:
        flat = tensor.reshape(-1, tensor.shape[2])
        assert np.abs(flat.conj().T @ flat - np.eye(flat.shape[1])).max() < 1e-12
