"""The blocks of a chain on a GPU, computed on the CPU, against the compiled kernels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.models.networks import chain_blocks
from qtn.models.networks.chain import ChainNetwork


def network(sites: int, bond: int, phys: int, classes: int = 3) -> ChainNetwork:
    rng = np.random.default_rng(sites)
    cores = rng.normal(size=(sites, bond, phys, bond)) / bond**0.5
    return ChainNetwork.from_cores(cores, rng.normal(size=(bond, classes, bond)))


@pytest.mark.parametrize(
    ("sites", "phys"), [(1, 2), (2, 2), (7, 2), (20, 2), (9, 3), (11, 4), (5, 6)]
)
def test_blocks_give_the_values_and_derivatives_of_the_compiled_kernels(
    sites: int, phys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(sites, 5, phys)
    features = np.random.default_rng(1).normal(size=(sites, phys, 6))
    found = []
    for blocked in (False, True):
        if blocked:
            monkeypatch.setattr(net, "_vectors", net._block_vectors)
            monkeypatch.setattr(net, "_environments", net._block_environments)
        x = torch.from_numpy(features).requires_grad_()
        amplitude, log_scale = net(x)
        f = amplitude * (log_scale - log_scale.detach().mean()).exp()[:, None]
        value = f.tanh().sum() + 0.3 * net.log_norm()
        net.zero_grad()
        value.backward()
        slopes = [net.left.grad, net.label.grad, net.right.grad, x.grad]
        found.append((value.detach(), log_scale + amplitude[:, 0].abs().log(), *slopes))
    for a, b in zip(*found, strict=True):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-12)


def test_blocks_hold_some_sixteen_values_and_no_more_sites_than_there_are() -> None:
    assert [chain_blocks.sites_per_block(98, d) for d in (2, 3, 4, 5, 17)] == [4, 2, 2, 1, 1]
    assert [chain_blocks.sites_per_block(n, 2) for n in (1, 2, 3, 4)] == [1, 2, 2, 4]


def test_long_chains_stay_finite_in_single_precision() -> None:
    for factor in (0.05, 20.0):
        net = network(400, 6, 2).float()
        with torch.no_grad():
            net.left *= factor
            net.right *= factor
        v = chain_blocks.blocks(net.left, net.right)
        x = torch.rand(400, 2, 3)
        h, scale = chain_blocks.carried(v, chain_blocks.block_values(x[:200], x[200:].flip(0)))
        e, norm = chain_blocks.environments(v)
        (h.sum() + e.sum()).backward()
        assert all(torch.isfinite(t).all() for t in (h, scale, e, norm, net.left.grad))
