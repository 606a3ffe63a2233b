"""Channels of blocks against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.models.networks.pair_blocks.block_channels import node_channels, through_block
from qtn.models.networks.pair_blocks.block_tree import small_rotations
from qtn.models.networks.pair_blocks.patterns import Pattern, node_pattern
from qtn.models.networks.transfer_channel import entries


def mixed(rho: np.ndarray, wire: int, noise: float) -> np.ndarray:
    """Depolarise a pair by the sixteen Paulis."""
    paulis = [np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]
    n, total = len(rho).bit_length() - 1, 0
    for a in paulis:
        for b in paulis:
            pair = np.kron(a, b)
            full = np.kron(np.kron(np.eye(2**wire), pair), np.eye(2 ** (n - wire - 2)))
            total = total + full @ rho @ full.conj().T / 16
    return (1 - noise) * rho + noise * np.real(total)


def dense(blocks: np.ndarray, pattern: Pattern, rho: np.ndarray, noise: float) -> np.ndarray:
    for wire, gate in zip(pattern.blocks, blocks, strict=True):
        full = np.kron(np.kron(np.eye(2**wire), gate), np.eye(2 ** (pattern.wires - wire - 2)))
        rho = mixed(full @ rho @ full.T, wire, noise)
    before, kept = 2**pattern.first, 2**pattern.kept
    parts = rho.reshape(before, kept, -1, before, kept, len(rho) // (before * kept))
    return np.einsum("akbalb->kl", parts)


def random_density(rng: np.random.Generator, size: int) -> np.ndarray:
    a = rng.normal(size=(size, size))
    return a @ a.T / np.trace(a @ a.T)


def vector(rho: np.ndarray) -> np.ndarray:
    return np.array([rho[a, b] for b in range(len(rho)) for a in range(b + 1)])


@pytest.mark.parametrize("noise", [0.0, 0.07])
@pytest.mark.parametrize(
    ("left", "right", "kept", "measured"),
    [(1, 1, 2, False), (2, 2, 2, False), (1, 2, 1, False), (2, 2, 4, True), (2, 1, 3, True)],
)
def test_channels_are_those_of_dense_matrices(
    left: int, right: int, kept: int, measured: bool, noise: float
) -> None:
    rng = np.random.default_rng(1)
    pattern = node_pattern(left, right, kept, 1, measured)
    blocks = small_rotations(2 * len(pattern.blocks), 3, turn=1.0).unflatten(0, (2, -1))
    found = node_channels(blocks, pattern, noise).numpy()
    for node in range(2):
        one, other = random_density(rng, 2**left), random_density(rng, 2**right)
        wanted = dense(blocks[node].numpy(), pattern, np.kron(one, other), noise)
        got = found[node] @ np.kron(vector(one), vector(other))
        wanted = wanted.diagonal() if measured else vector(wanted)
        assert len(got) == (2**kept if measured else entries(2**kept))
        assert got == pytest.approx(wanted, abs=1e-13)


def test_full_noise_forgets_the_pair() -> None:
    rho = torch.from_numpy(random_density(np.random.default_rng(0), 8))[None, None]
    gone = through_block(small_rotations(1, 0), rho, 1, 1.0)[0, 0]
    left = rho[0, 0].reshape(2, 4, 2, 4).diagonal(dim1=1, dim2=3).sum(dim=-1)
    assert torch.allclose(gone, torch.kron(left, torch.eye(4, dtype=rho.dtype) / 4))
