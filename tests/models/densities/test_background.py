from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models.densities.background import (
    LEAST,
    MOST,
    Background,
    best_coherent,
    best_weight,
    mixture,
)
from qtn.models.densities.counted import Counted

DATA = Counted.of(np.array([[0, 1], [0, 1], [1, 0]]))


def test_a_background_is_a_distribution_with_pseudo_counts() -> None:
    found = Background.of(DATA, (2, 3), 1.0)
    assert found.probabilities[1] == pytest.approx([2 / 6, 3 / 6, 1 / 6])
    rows = np.array([[a, b] for a in range(2) for b in range(3)])
    assert np.exp(found.log_p(rows)).sum() == pytest.approx(1)
    drawn = found.draw(4000, np.random.default_rng(0))
    assert (drawn[:, 1] == 2).mean() == pytest.approx(1 / 6, abs=0.03)
    assert np.prod([a**2 for a in found.amplitudes[1]]) == pytest.approx(1 / 36)


def test_without_weight_nothing_is_mixed_in() -> None:
    log_p = np.array([-1.0, -np.inf])
    found = Background.of(DATA, (2, 2), 1.0)
    assert found.mixed(log_p, np.zeros((2, 2), dtype=np.int64)) is log_p
    assert mixture(log_p, np.zeros(2), 0.0) is log_p
    assert np.exp(mixture(np.log([0.5]), np.log([0.25]), 0.2)) == pytest.approx([0.45])


def test_the_best_weight_is_the_best() -> None:
    rng = np.random.default_rng(0)
    p, q, shares = rng.random(50), rng.random(50), rng.dirichlet(np.ones(50))
    found = best_weight(np.log(p), np.log(q), shares)
    grid = np.linspace(LEAST, MOST, 2001)
    means = np.log((1 - grid[:, None]) * p + grid[:, None] * q) @ shares
    assert found == pytest.approx(grid[means.argmax()], abs=1e-3)
    assert best_weight(np.log(p), np.log(p / 2), shares) == LEAST
    assert best_weight(np.log(p / 2), np.log(p), shares) == MOST


def test_impossible_rows_get_as_much_as_there_are() -> None:
    log_p = np.array([*[-1.0] * 9, -np.inf])
    found = best_weight(log_p, np.full(10, -1e3), np.full(10, 0.1))
    assert found == pytest.approx(0.1, abs=1e-6)


def test_a_background_of_a_file_is_checked() -> None:
    Background(()).check((2, 2))
    with pytest.raises(ArgumentError, match="`background` must be one distribution per column"):
        Background((np.ones(1),), 0.1).check((1, 1))
    with pytest.raises(ArgumentError, match="`background` must be a distribution of 2 values"):
        Background((np.array([0.5, 0.6]),), 0.1).check((2,))


def test_the_best_coherent_weight_is_the_best_for_the_sum_of_amplitudes() -> None:
    rng = np.random.default_rng(0)
    psi, root = rng.normal(size=40), rng.random(40)
    psi, root = psi / np.linalg.norm(psi), root / np.linalg.norm(root)
    shares = root**2  # rows of the background: much of it is wanted
    given = np.log(psi**2), np.sign(psi), np.log(root**2), float(psi @ root), shares

    def loss(u: float) -> float:
        phi = np.sqrt(1 - u) * psi + np.sqrt(u) * root
        return -float(shares @ np.log((phi / np.linalg.norm(phi)) ** 2))

    found = best_coherent(*given)
    grid = np.geomspace(LEAST, 0.5, 500)
    assert loss(found) <= min(map(loss, grid)) + 1e-2
    assert found > 0.1
    shares = psi**2
    assert best_coherent(*given[:4], shares) < found
    never = np.array([0.0, -np.inf]), np.ones(2), np.log([0.5, 0.5]), 0.7, np.array([0.9, 0.1])
    assert LEAST < best_coherent(*never) < 0.5


def test_what_is_added_has_the_weight_of_its_form() -> None:
    plain = Background.of(DATA, (2, 2), 1.0)
    for background, u in ((replace(plain, weight=0.2), 0.2), (replace(plain, coherent=0.1), 0.1)):
        sizes = [np.sum(vector**2) for vector in background.added]
        assert sizes == pytest.approx([u / (1 - u), 1.0])
