"""Schmidt spectra and entropies of chains."""

from __future__ import annotations

import numpy as np
import pytest
from states.kernels.test_gauge import dense
from states.kernels.test_truncate import chain

from qtn.errors import ArgumentError
from qtn.states.kernels.entropy import entropy_of, schmidt_spectra, schmidt_values


def test_spectra_are_those_of_the_dense_state() -> None:
    tensors = chain()
    vector = dense(tensors) / np.linalg.norm(dense(tensors))
    for cut, found in enumerate(schmidt_spectra(tensors)):
        exact = np.linalg.svd(vector.reshape(2 ** (cut + 1), -1), compute_uv=False)
        assert np.allclose(found, exact[: len(found)])
        assert np.isclose((found**2).sum(), 1.0)


@pytest.mark.filterwarnings("error")
def test_a_norm_beyond_all_floats_changes_nothing() -> None:
    tensors = chain()
    large = [1e200 * t for t in tensors]
    for cut, found in enumerate(schmidt_spectra(large), 1):
        assert np.allclose(found, schmidt_spectra(tensors)[cut - 1])
        assert np.allclose(schmidt_values(large, cut)[: len(found)], found)


@pytest.mark.filterwarnings("error")
def test_the_zero_state_has_no_spectra() -> None:
    zero = [np.zeros((1, 2, 1))] * 3
    with pytest.raises(ArgumentError, match="zero state"):
        schmidt_spectra(zero)
    with pytest.raises(ArgumentError, match="zero state"):
        schmidt_values(zero, 1)


def test_entropies() -> None:
    assert entropy_of(np.array([1.0, 0.0])) == 0.0
    assert np.isclose(entropy_of(np.sqrt([0.5, 0.5])), np.log(2))
    assert np.isclose(entropy_of(np.sqrt([0.25] * 4)), np.log(4))
