from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.data import legendre
from qtn.models.networks.learned import MappedNetwork, orthonormal_rows


def test_maps_start_from_the_leading_components_and_stay_orthonormal() -> None:
    x = torch.from_numpy(legendre(np.random.default_rng(0).random((200, 5)) ** 3))
    maps = MappedNetwork.leading(x, 2)
    network = MappedNetwork(maps, torch.nn.Identity())
    q = network.projections().detach()
    assert q.numpy() == pytest.approx(maps.numpy())
    kept = torch.einsum("idp,rip->rid", q, x).square().sum(dim=2).mean(dim=0)
    best = [np.linalg.eigvalsh((x[:, i].T @ x[:, i] / 200).numpy())[-2:].sum() for i in range(5)]
    assert kept.numpy() == pytest.approx(np.array(best))
    with torch.no_grad():
        network.maps += 0.3 * torch.randn(network.maps.shape, generator=torch.manual_seed(0))
    q = network.projections().detach()
    assert (q @ q.mT).numpy() == pytest.approx(np.tile(np.eye(2), (5, 1, 1)), abs=1e-12)


def test_rows_orthogonalised_without_lapack_are_the_same() -> None:
    maps = torch.randn(6, 3, 5, generator=torch.manual_seed(1), dtype=torch.float64)
    network = MappedNetwork(maps, torch.nn.Identity())
    wanted, found = network.projections(), orthonormal_rows(network.maps)
    assert torch.allclose(found, wanted, atol=1e-12)
    weights = torch.randn(6, 3, 5, generator=torch.manual_seed(2), dtype=torch.float64)
    slopes = [torch.autograd.grad((q * weights).sum(), network.maps)[0] for q in (wanted, found)]
    assert torch.allclose(*slopes, atol=1e-11)
