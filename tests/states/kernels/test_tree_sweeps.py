"""Sweeps over trees of arrays against dense vectors."""

from __future__ import annotations

import numpy as np
import pytest
from states.test_unroll import TREES, random_tree

from qtn.states.kernels.tree_sweeps import climb, densities, descend, log_overlap, site_dimensions


@pytest.mark.parametrize("name", TREES)
def test_overlap(name: str) -> None:
    rng = np.random.default_rng(3)
    a, b = random_tree(rng, TREES[name]), random_tree(rng, TREES[name], bond=2)
    phase, log_size = log_overlap(a.tensors, b.tensors, a.pairs)
    assert np.isclose(phase * np.exp(log_size), np.vdot(a.to_dense(), b.to_dense()))
    zero = [0 * t for t in b.tensors]
    assert log_overlap(a.tensors, zero, a.pairs) == (0.0, 0.0)


def test_densities_are_those_of_the_sites() -> None:
    tree = random_tree(np.random.default_rng(4), TREES["shuffled"]).canonical()
    found = densities(tree.tensors, tree.pairs)
    vector = tree.to_dense().reshape((2,) * 8)  # qubit 7 first
    for site in range(8):
        block = np.moveaxis(vector, 7 - site, 0).reshape(2, -1)
        assert np.allclose(found[site], block @ block.conj().T)
    assert all(np.isclose(np.trace(rho), 1.0) for rho in found.values())


def test_climb_scales_what_it_returns() -> None:
    tensor = np.arange(8.0).reshape(2, 2, 2)
    vectors, logs = climb(tensor, np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.0]] * 2))
    assert np.allclose(np.exp(logs)[:, None] * vectors, [[2.0, 3.0], [12.0, 14.0]])
    assert np.abs(vectors).max() == 1.0


def test_samples_follow_the_amplitudes() -> None:
    tree = random_tree(np.random.default_rng(5), ((0, 1), (3, 2)), complex_=True).normalised()
    rows = np.zeros((20_000, 3), dtype=np.uint8)
    descend(tree.tensors, tree.pairs, rows, np.random.default_rng(0))
    found = np.bincount(rows @ [1, 2, 4], minlength=8) / len(rows)
    exact = np.abs(tree.to_dense()) ** 2
    assert np.all(np.abs(found - exact) < 5 * np.sqrt(exact / len(rows)) + 1e-12)


def test_dimensions_of_the_sites() -> None:
    assert site_dimensions([np.ones((2, 3, 4)), np.ones((4, 5, 1))], ((0, 2), (3, 1))) == (2, 5, 3)
