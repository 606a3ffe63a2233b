from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.models.networks.transfer_channel import channel, density, entries, pure, readout


def random_gate(size: int, rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


def random_density(d: int, rng: np.random.Generator) -> np.ndarray:
    root = rng.normal(size=(d, d))
    rho = root @ root.T
    return rho / np.trace(rho)


def vector(rho: np.ndarray) -> np.ndarray:
    """Entries of a symmetric matrix, by the larger index."""
    return np.array([rho[a, b] for b in range(len(rho)) for a in range(b + 1)])


@pytest.mark.parametrize(("left", "right", "kept"), [(2, 2, 2), (4, 4, 4), (4, 2, 4), (2, 4, 2)])
def test_channel_equals_the_dense_partial_trace(left: int, right: int, kept: int) -> None:
    rng = np.random.default_rng(0)
    u = random_gate(left * right, rng)
    a, b = random_density(left, rng), random_density(right, rng)
    full = u @ np.kron(a, b) @ u.T
    wanted = np.einsum("ekel->kl", full.reshape(-1, kept, left * right // kept, kept))
    step = channel(torch.from_numpy(u[None]), left, right, kept)[0]
    assert step.shape == (entries(kept), entries(left) * entries(right))
    got = step.numpy() @ np.kron(vector(a), vector(b))
    assert density(torch.from_numpy(got), kept).numpy() == pytest.approx(wanted, abs=1e-13)
    outcomes = readout(torch.from_numpy(u[None]), left, right)[0].numpy()
    assert outcomes @ np.kron(vector(a), vector(b)) == pytest.approx(np.diag(full), abs=1e-13)


def test_noise_mixes_towards_the_uniform_state() -> None:
    rng = np.random.default_rng(1)
    u = torch.from_numpy(random_gate(4, rng)[None])
    rho = np.kron(vector(random_density(2, rng)), vector(random_density(2, rng)))
    plain, noisy = (density(channel(u, 2, 2, 2, p)[0] @ torch.from_numpy(rho), 2) for p in (0, 0.3))
    assert noisy.numpy() == pytest.approx(0.7 * plain.numpy() + 0.15 * np.eye(2), abs=1e-13)
    clean, mixed = (readout(u, 2, 2, p)[0].numpy() @ rho for p in (0, 0.3))
    assert mixed == pytest.approx(0.7 * clean + 0.3 / 4, abs=1e-13)


def test_pure_states() -> None:
    x = torch.tensor([[[0.6], [0.8]]], dtype=torch.float64)
    assert density(pure(x)[0, :, 0], 2).numpy() == pytest.approx(
        np.array([[0.36, 0.48], [0.48, 0.64]])
    )
