from __future__ import annotations

import numpy as np
import oracles
import pytest
import torch

from qtn.models.networks.chain import ChainNetwork


def network(sites: int, bond: int, classes: int, phys: int = 2, seed: int = 0) -> ChainNetwork:
    rng = np.random.default_rng(seed)
    cores = rng.normal(size=(sites, bond, phys, bond))
    return ChainNetwork.from_cores(cores, rng.normal(size=(bond, classes, bond)))


def features(sites: int, batch: int, phys: int = 2) -> np.ndarray:
    return np.random.default_rng(9).normal(size=(sites, phys, batch))


@pytest.mark.parametrize(("sites", "phys"), [(1, 2), (2, 2), (5, 2), (6, 3)])
def test_amplitudes_and_norm_equal_the_dense_contraction(sites: int, phys: int) -> None:
    net = network(sites, 3, 4, phys)
    x = features(sites, 5, phys)
    amplitude, log_scale = net(torch.from_numpy(x))
    got = (amplitude * log_scale.exp()[:, None]).detach().numpy()
    weights = np.array([oracles.dense_chain(net.weights(c).tensors) for c in range(4)])
    rows = np.array(
        [oracles.dense_chain([v.reshape(1, phys, 1) for v in x[:, :, b]]) for b in range(5)]
    )
    assert got == pytest.approx(rows @ weights.T, rel=1e-10)
    assert net.log_norm().item() == pytest.approx(np.log((weights**2).sum()), rel=1e-12)


def test_derivatives_equal_finite_differences() -> None:
    net = network(5, 3, 2)
    x = torch.from_numpy(features(5, 4)).requires_grad_()

    def value() -> torch.Tensor:
        amplitude, log_scale = net(x)
        f = amplitude * log_scale.exp()[:, None]
        return f.tanh().sum() + 0.3 * net.log_norm()

    value().backward()
    step = 1e-6
    for tensor in (net.left, net.label, net.right, x):
        flat = tensor.detach().view(-1)
        for index in range(0, flat.numel(), 7):
            kept = flat[index].item()
            ends = []
            for sign in (1, -1):
                flat[index] = kept + sign * step
                ends.append(value().item())
            flat[index] = kept
            wanted = (ends[0] - ends[1]) / (2 * step)
            assert tensor.grad.view(-1)[index].item() == pytest.approx(wanted, rel=1e-5, abs=1e-7)


def test_long_chain_stays_finite_in_both_directions() -> None:
    for factor in (0.01, 100.0):
        net = network(784, 6, 2)
        with torch.no_grad():
            net.left *= factor
            net.right *= factor
        amplitude, log_scale = net(torch.from_numpy(features(784, 3)))
        assert torch.isfinite(amplitude).all()
        assert (amplitude != 0).any(dim=1).all()
        assert torch.isfinite(log_scale).all()
        assert torch.isfinite(net.log_norm())
        (amplitude.sum() + net.log_norm()).backward()
        assert torch.isfinite(net.left.grad).all()
