"""States beside a reference, against dense vectors."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.hybrid.forms.references import beside_reference, near_all_rows, on_site

RNG = np.random.default_rng(2)


def test_a_chain_and_its_reference_are_told_apart() -> None:
    state = qtn.MPS.from_dense(RNG.normal(size=8)).normalised()
    vectors = [v / np.linalg.norm(v) for v in RNG.normal(size=(3, 2))]
    both = beside_reference(state, vectors, 1)
    dense = both.to_dense().reshape(2, 2, 2, 2)  # sites 3, 2, qubit, 0
    assert dense[:, :, 0].reshape(-1) == pytest.approx(state.to_dense() / 2**0.5)
    product = np.kron(vectors[2], np.kron(vectors[1], vectors[0]))
    assert dense[:, :, 1].reshape(-1) == pytest.approx(product / 2**0.5)


def test_a_tree_has_the_qubit_at_its_end() -> None:
    rows = RNG.integers(0, 2, (40, 3))
    state = qtn.TTNBornMachine(2, sweeps=1, progress=False).fit(rows).state()
    vectors = [np.array([0.6, 0.8])] * 3
    dense = beside_reference(state, vectors, 2).to_dense().reshape(2, 8)
    assert dense[0] == pytest.approx(state.to_dense() / 2**0.5)
    assert dense[1] == pytest.approx(np.kron([0.6, 0.8], np.kron([0.6, 0.8], [0.6, 0.8])) / 2**0.5)
    flipped = on_site(state, 1, np.eye(2)[::-1]).to_dense().reshape(2, 2, 2)
    assert flipped == pytest.approx(state.to_dense().reshape(2, 2, 2)[:, ::-1])


@pytest.mark.parametrize("features", ["trigonometric", "polynomial", "one_hot"])
def test_the_reference_is_near_all_rows(features: str) -> None:
    x = RNG.integers(0, 3, (50, 4)) if features == "one_hot" else RNG.normal(size=(50, 4))
    model = qtn.MPSRegressor(2, epochs=1, features=features, progress=False).fit(x, x[:, 0])
    vectors = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in model.site_vectors(x)]
    overlap = np.prod([v @ u for v, u in zip(vectors, near_all_rows(model))], axis=0)
    assert overlap.min() > 0.05
