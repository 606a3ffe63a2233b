"""Schmidt spectra and entropies of chains."""

from __future__ import annotations

import numpy as np
from states.kernels.test_gauge import dense
from states.kernels.test_truncate import chain

from qtn.states.kernels.entropy import entropy_of, schmidt_spectra


def test_spectra_are_those_of_the_dense_state() -> None:
    tensors = chain()
    vector = dense(tensors) / np.linalg.norm(dense(tensors))
    for cut, found in enumerate(schmidt_spectra(tensors)):
        exact = np.linalg.svd(vector.reshape(2 ** (cut + 1), -1), compute_uv=False)
        assert np.allclose(found, exact[: len(found)])
        assert np.isclose((found**2).sum(), 1.0)


def test_entropies() -> None:
    assert entropy_of(np.array([1.0, 0.0])) == 0.0
    assert np.isclose(entropy_of(np.sqrt([0.5, 0.5])), np.log(2))
    assert np.isclose(entropy_of(np.sqrt([0.25] * 4)), np.log(4))
