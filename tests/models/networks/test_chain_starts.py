from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.data import polynomial, trigonometric
from qtn.errors import ArgumentError
from qtn.models import MPSClassifier, MPSRegressor, TTNBornMachine, TTNClassifier
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.chain_starts import Start, chain_start
from qtn.states import MPS


def rows(sites: int, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = np.arange(count) % 3
    centres = rng.random((3, sites))
    return np.clip(centres[y] + 0.1 * rng.normal(size=(count, sites)), 0, 1), y


def amplitudes(kind: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    cores, label = chain_start(x, y, 4, Start(kind))
    net = ChainNetwork.from_cores(cores, label)
    amplitude, log_scale = net(torch.from_numpy(x).permute(1, 2, 0))
    return (amplitude * log_scale.exp()[:, None]).detach().numpy()


def test_identity_start_passes_every_row_unchanged() -> None:
    x, y = rows(40)
    # The constant feature 1 makes v = (1, 0, 0) exact.
    assert amplitudes("identity", polynomial(x), y) == pytest.approx(1.0, rel=1e-6)
    near = amplitudes("identity", trigonometric(x), y)
    assert 0.2 < near.min() <= near.max() < 5


def test_means_start_is_the_nearest_mean_classifier() -> None:
    x, y = rows(8)
    features = trigonometric(x)
    f = amplitudes("means", features, y)
    for c in range(3):
        mean = features[y == c].mean(axis=0)
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        assert f[:, c] == pytest.approx(np.prod((features * mean).sum(axis=2), axis=1))
    assert (f.argmax(axis=1) == y).mean() > 0.9


def test_linear_start_is_the_least_squares_classifier() -> None:
    x, y = rows(6)
    f = amplitudes("linear", polynomial(x), y)
    # The same ridge regression, written down densely; the start multiplies its scores by 5.
    z, target = polynomial(x).reshape(len(x), -1), np.eye(3)[y]
    z = z - z.mean(axis=0)
    weights = np.linalg.solve(z.T @ z + 1e-2 * len(z) * np.eye(18), z.T @ (target - 1 / 3))
    wanted = 5 * (target.mean(axis=0) + z @ weights)
    assert f == pytest.approx(wanted, abs=1e-3)


def test_linear_start_of_one_site() -> None:
    x, y = np.linspace(0, 1, 60)[:, None], np.arange(60) // 30
    f = amplitudes("linear", polynomial(x), y)
    assert (f.argmax(axis=1) == y).mean() > 0.95


@pytest.mark.parametrize("bond", [2, 7, 30])
def test_linear_start_fits_any_bond(bond: int) -> None:
    x, y = rows(8)
    cores, label = chain_start(trigonometric(x), y, bond, Start("linear"))
    assert cores.shape == (8, bond, 2, bond)
    assert label.shape == (bond, 3, bond)
    f = amplitudes("linear", trigonometric(x), y)
    assert (f.argmax(axis=1) == y).mean() > 0.95


def test_auto_takes_the_means_only_where_they_fit() -> None:
    for sites, bond, same in ((8, 4, "means"), (8, 2, "identity"), (40, 4, "identity")):
        x, y = rows(sites)
        auto = chain_start(trigonometric(x), y, bond, Start("auto", 0.1, 3))
        wanted = chain_start(trigonometric(x), y, bond, Start(same, 0.1, 3))
        assert all((a == b).all() for a, b in zip(auto, wanted))


def test_models_beyond_the_free_memory_are_refused_before_they_are_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = np.random.default_rng(0).random((30, 8)), np.arange(30) % 2
    with pytest.raises(ArgumentError, match=r"chain of 8 sites and bond=9999999 needs .* are free"):
        MPSClassifier(9_999_999, epochs=1).fit(x, y)
    with pytest.raises(ArgumentError, match=r"chain of 8 sites and bond=9999999 needs .* are free"):
        MPSRegressor(9_999_999, epochs=1).fit(x, y)
    monkeypatch.setattr("qtn._memory.free_memory", lambda: 1e3)
    with pytest.raises(ArgumentError, match="tree nodes that join vectors of dimension 2 needs"):
        TTNClassifier(4, epochs=1).fit(x, y)
    with pytest.raises(ArgumentError, match="A tree node of bond 4 needs"):
        TTNBornMachine(4).fit(x.round())
    with pytest.raises(ArgumentError, match=r"dense vector of 20 sites needs .* of memory"):
        MPS.product([[1.0, 0.0]] * 20).to_dense()
    with pytest.raises(ArgumentError, match="factorisation of 1024 amplitudes needs"):
        MPS.from_dense(np.eye(1, 1024)[0])
