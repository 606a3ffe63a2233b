"""Tucker decompositions: exact where they are whole, never worse by iteration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.states.tucker.factors import cut, hooi, hosvd, left_vectors


@settings(max_examples=20)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.booleans(), st.integers(0, 999))
def test_the_whole_decomposition_is_exact(shape: list[int], phases: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tensor = rng.normal(size=shape) + (1j * rng.normal(size=shape) if phases else 0.0)
    whole, spectra = hosvd(tensor)
    assert whole.to_dense() == pytest.approx(tensor, abs=1e-12)
    for axis, values in enumerate(spectra):
        exact = np.linalg.svd(np.moveaxis(tensor, axis, 0).reshape(shape[axis], -1))[1]
        assert values == pytest.approx(exact, abs=1e-12)
        factor = whole.factors[axis]
        assert factor.conj().T @ factor == pytest.approx(np.eye(factor.shape[1]), abs=1e-12)


def test_iteration_never_loses() -> None:
    tensor = np.random.default_rng(2).normal(size=(5, 6, 4, 3))
    start = cut(hosvd(tensor)[0], (2, 3, 2, 2))
    errors = [
        np.linalg.norm(tensor - hooi(tensor, start, sweeps).to_dense()) for sweeps in (1, 2, 20)
    ]
    assert np.linalg.norm(tensor - start.to_dense()) > errors[0] > errors[1] > errors[2]


def test_iteration_finds_a_core_that_is_there() -> None:
    rng = np.random.default_rng(3)
    core, sides = rng.normal(size=(2, 2, 3)), (6, 7, 5)
    tensor = core
    for axis, n in enumerate(sides):
        basis = np.linalg.qr(rng.normal(size=(n, core.shape[axis])))[0]
        tensor = np.moveaxis(np.tensordot(basis, tensor, (1, axis)), 0, axis)
    found = hooi(tensor, cut(hosvd(tensor)[0], core.shape))
    assert found.to_dense() == pytest.approx(tensor, abs=1e-12)
    assert repr(found) == f"Tucker(6×7×5, core 2×2×3, {12 + 12 + 14 + 15} parameters)"


def test_small_singular_values_keep_their_digits() -> None:
    rng = np.random.default_rng(4)
    left, right = (np.linalg.qr(rng.normal(size=(n, 4)))[0] for n in (4, 50))
    values = np.array([1.0, 1e-3, 1e-9, 1e-12])
    assert left_vectors((left * values) @ right.T)[1] == pytest.approx(values, rel=1e-3)
