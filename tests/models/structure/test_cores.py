"""Networks of cores: contraction, growth, and fits of one core at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from qtn.errors import ArgumentError
from qtn.models.structure.cores import (
    dense,
    edges_of,
    gradient_descent,
    grown,
    least_squares,
    random_cores,
    ranks_of,
    shrunk,
    size_of,
)

Edges = dict[tuple[int, int], int]
CHAIN: Edges = {(0, 1): 2, (1, 2): 4, (2, 3): 3}


def network(edges: Edges, size: int, count: int, seed: int) -> list[np.ndarray]:
    ranks = np.ones((count, count), dtype=np.int64)
    np.fill_diagonal(ranks, size)
    for (i, j), bond in edges.items():
        ranks[i, j] = ranks[j, i] = bond
    return random_cores([size] * count, ranks, np.random.default_rng(seed))


def test_dense_against_einsum() -> None:
    a, b, c = network({(0, 1): 2, (1, 2): 3, (0, 2): 2}, 3, 3, 0)
    assert np.allclose(dense([a, b, c]), np.einsum("iab,ajc,bck->ijk", a, b, c), atol=1e-13)


def test_grown_without_scale_and_shrunk_keep_the_tensor() -> None:
    cores = network(CHAIN, 4, 4, 1)
    wider = grown(cores, (0, 3), np.random.default_rng(0), scale=0.0)
    assert ranks_of(wider)[0, 3] == 2
    assert np.allclose(dense(wider), dense(cores), atol=1e-12)
    assert np.allclose(dense(shrunk(wider, (0, 3))), dense(cores), atol=1e-12)


def test_sweeps_never_raise_the_error() -> None:
    target = np.random.default_rng(0).normal(size=(4, 4, 4))
    cores = network({(0, 1): 2, (1, 2): 2}, 4, 3, 5)
    errors = []
    for _ in range(6):
        cores, error = least_squares(cores, target, None, 1, 0.0)
        errors.append(error)
    assert all(b <= a + 1e-12 for a, b in itertools.pairwise(errors))


def test_what_cores_say_of_themselves() -> None:
    cores = network(CHAIN, 4, 4, 1)
    assert edges_of(cores) == CHAIN
    assert size_of(cores) == 4 * (2 + 2 * 4 + 4 * 3 + 3)
    assert (ranks_of(cores) == ranks_of(cores).T).all()


def test_hidden_entries_take_no_part() -> None:
    cores = network({(0, 1): 2, (1, 2): 2}, 4, 3, 0)
    target = dense(cores)
    seen = np.random.default_rng(0).random(target.shape) < 0.8
    start = network({(0, 1): 2, (1, 2): 2}, 4, 3, 5)
    spoilt = np.where(seen, target, 1e6)
    found, error = least_squares(start, spoilt, seen, 60, 1e-10)
    assert error < 1e-6
    assert np.sum((dense(found) - target)[seen] ** 2) / np.sum(target[seen] ** 2) == pytest.approx(
        error, rel=1e-3, abs=1e-12
    )


def test_any_loss_is_lowered_and_the_best_cores_are_kept() -> None:
    cores = network({(0, 1): 3}, 3, 2, 1)
    target = torch.eye(3, dtype=torch.float64)[:2].T @ torch.eye(3, dtype=torch.float64)[:2]

    def loss(whole: torch.Tensor) -> torch.Tensor:
        return ((whole - target).cosh() - 1).sum()

    found, least = gradient_descent(cores, loss, 200, 1e-6)
    assert least < 1e-3 < float(loss(torch.tensor(dense(cores))))
    assert float(loss(torch.tensor(dense(found)))) == pytest.approx(least, rel=1e-9, abs=1e-12)
    with pytest.raises(ArgumentError, match="`loss` must be differentiable by torch"):
        gradient_descent(cores, lambda whole: 1.0, 1, 0.0)
