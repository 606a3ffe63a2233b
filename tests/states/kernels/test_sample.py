"""Exact sampling from a chain."""

from __future__ import annotations

import numpy as np

from qtn.states import MPS
from qtn.states.kernels.sample import sample_prefixes


def test_shared_prefixes_have_the_same_distribution() -> None:
    state = MPS.from_dense(np.random.default_rng(3).normal(size=(32, 2)) @ [1, 1j]).normalised()
    p = np.abs(state.to_dense()) ** 2
    shots = 50_000
    for sites in (5, 3):
        rng = np.random.default_rng(7)
        table = sample_prefixes(state.tensors[:sites], shots, rng)
        assert (table.dtype, table.shape) == (np.uint8, (shots, sites))
        found = np.bincount(table @ (1 << np.arange(sites)), minlength=2**sites)
        expected = shots * p.reshape(-1, 2**sites).sum(axis=0)
        assert np.all(np.abs(found - expected) < 5 * np.sqrt(expected) + 1)
        half = table[: shots // 2, 0].mean() - table[shots // 2 :, 0].mean()
        assert abs(half) < 5 / np.sqrt(shots)  # in random order
