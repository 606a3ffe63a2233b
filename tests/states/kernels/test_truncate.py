"""The one rule by which bonds are cut, and chains cut by it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qtn.states.kernels.gauge import canonicalise
from qtn.states.kernels.overlap import log_overlap
from qtn.states.kernels.truncate import kept_rank, svd, truncate_chain


def chain(n: int = 6, bond: int = 5, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    sizes = [1, *[bond] * (n - 1), 1]
    return [rng.normal(size=(a, 2, b)) for a, b in itertools.pairwise(sizes)]


def test_kept_rank() -> None:
    weights = np.array([0.9, 0.09, 0.009, 0.001])
    assert kept_rank(weights, None, 0.0)[0] == 4
    assert kept_rank(weights, None, 0.005)[:2] == (3, pytest.approx(0.001))
    assert kept_rank(weights, 2, 0.0)[:2] == (2, pytest.approx(0.01))
    assert kept_rank(np.zeros(3), None, 1e-3)[0] == 1
    assert kept_rank(np.array([1.0, 0.0]), None, 0.0) == (1, 0.0, 1.0)


def test_nothing_is_lost_without_a_limit() -> None:
    short, lost = truncate_chain(chain())
    assert np.allclose(lost, 0.0, atol=1e-28)
    assert [t.shape[2] for t in short] == [2, 4, 5, 4, 2, 1]


@pytest.mark.parametrize("bond", [1, 2, 3])
def test_the_fidelity_is_the_product_of_the_kept_weights(bond: int) -> None:
    whole = canonicalise(chain(), 0)
    whole[0] = whole[0] / np.linalg.norm(whole[0])
    short, lost = truncate_chain(whole, max_bond=bond)
    assert max(t.shape[2] for t in short) <= bond
    _, overlap = log_overlap(whole, short)
    _, size = log_overlap(short, short)
    assert np.isclose(np.exp(2 * overlap - size), np.prod(1.0 - lost))


def test_the_cutoff_bounds_what_one_cut_loses() -> None:
    _, lost = truncate_chain(chain(bond=8), cutoff=0.05)
    assert 0.0 < lost.max() <= 0.05


def test_svd_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError

    matrix = np.random.default_rng(1).normal(size=(4, 3))
    expected = np.linalg.svd(matrix, full_matrices=False)[1]
    monkeypatch.setattr(np.linalg, "svd", fails)
    u, s, vh = svd(matrix)
    assert np.allclose(s, expected)
    assert np.allclose((u * s) @ vh, matrix)
