"""Structures found: decomposition, completion, compression."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import qtn
from qtn.models.structure.cores import dense, random_cores

Edges = dict[tuple[int, int], int]
CHAIN: Edges = {(0, 1): 2, (1, 2): 4, (2, 3): 3}
RING: Edges = {(0, 1): 2, (0, 3): 3, (1, 2): 3, (2, 3): 2}
STAR: Edges = {(0, 1): 2, (0, 2): 3, (0, 3): 2}


def network(edges: Edges, size: int, count: int, seed: int) -> list[np.ndarray]:
    ranks = np.ones((count, count), dtype=np.int64)
    np.fill_diagonal(ranks, size)
    for (i, j), bond in edges.items():
        ranks[i, j] = ranks[j, i] = bond
    return random_cores([size] * count, ranks, np.random.default_rng(seed))


@pytest.mark.parametrize("edges", [CHAIN, RING, STAR], ids=["chain", "ring", "star"])
@pytest.mark.parametrize("seed", [0, 2])
def test_the_true_edges_are_found(edges: Edges, seed: int) -> None:
    cores = network(edges, 5, 4, 100 + seed)
    target = dense(cores)
    found = qtn.fit_structure(target, seed=seed)
    assert found.edges == edges
    assert found.loss <= 1e-6
    assert found.parameters == sum(c.size for c in cores)
    error = np.sum((found.to_dense() - target) ** 2) / np.sum(target**2)
    assert error == pytest.approx(found.loss, rel=1e-6, abs=1e-12)
    assert "The goal was reached" in str(found)


def test_same_seed_same_structure() -> None:
    target = dense(network(STAR, 4, 4, 7))
    one, two = (qtn.fit_structure(target, seed=3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.cores, two.cores, strict=True))


def test_completion_predicts_what_it_never_saw() -> None:
    target = dense(network({(0, 1): 2, (1, 2): 2}, 8, 3, 4))
    mask = np.random.default_rng(1).random(target.shape) < 0.5
    found = qtn.fit_structure(np.where(mask, target, 0.0), mask=mask, seed=0)
    unseen = target[~mask]
    assert np.sum((found.to_dense()[~mask] - unseen) ** 2) < 1e-4 * np.sum(unseen**2)
    assert found.held_out is not None
    assert found.held_out < 1e-4


def test_noise_is_not_fitted() -> None:
    rng = np.random.default_rng(0)
    target = dense(network({(0, 1): 2, (1, 2): 2}, 8, 3, 4))
    noisy = target + 0.1 * np.std(target) * rng.normal(size=target.shape)
    found = qtn.fit_structure(noisy, mask=rng.random(target.shape) < 0.7, seed=0)
    assert found.status is qtn.StructureStatus.NO_GAIN
    assert found.parameters < target.size / 3
    assert np.sum((found.to_dense() - target) ** 2) < 0.01 * np.sum(target**2)


def test_compression_by_the_loss_that_counts() -> None:
    """Weights of a linear classifier of digits with two fifths of the parameters."""
    data = qtn.load_digits(size=8, classes=tuple(range(10)), seed=0)
    x = torch.tensor(data.x_train)
    y = torch.tensor(data.y_train, dtype=torch.int64)

    def loss(weights: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(x @ weights.reshape(64, 10), y)

    found = qtn.fit_structure(np.zeros((8, 8, 10)), loss=loss, goal=0.1, max_parameters=400, seed=0)
    scores = data.x_test @ found.to_dense().reshape(64, 10)
    assert found.loss <= 0.1
    assert found.parameters <= 250
    assert np.mean(scores.argmax(axis=1) == data.y_test) > 0.9


def test_the_limit_holds() -> None:
    target = np.random.default_rng(0).normal(size=(4, 4, 4))
    found = qtn.fit_structure(target, max_parameters=20)
    assert found.parameters <= 20
    assert found.status is qtn.StructureStatus.PARAMETERS
    assert "max_parameters" in str(found)


@pytest.mark.parametrize(
    ("target", "options", "text"),
    [
        (np.ones(4), {}, r"2 to 12 axes, but has 1"),
        (np.full((2, 2), np.nan), {}, r"`target`.*finite"),
        (np.ones((2, 2)) * 1j, {}, r"`target`"),
        (np.ones((0, 2)), {}, r"`target`"),
        (np.ones((2, 2)), {"mask": np.ones((2, 2))}, r"`mask` must be boolean of shape \(2, 2\)"),
        (np.ones((2, 2)), {"mask": np.zeros((2, 2), bool)}, r"marks no entry as known"),
        (
            np.ones((2, 2)),
            {"mask": np.ones((2, 2), bool), "loss": torch.sum},
            r"`mask` and `loss` exclude",
        ),
        (np.ones((2, 2)), {"max_parameters": 0}, r"`max_parameters` must be a positive integer"),
    ],
)
def test_bad_input(target: np.ndarray, options: dict[str, object], text: str) -> None:
    with pytest.raises(qtn.ArgumentError, match=text):
        qtn.fit_structure(target, **options)
