"""Healing: losses of both kinds, the same result for the same seed, the original untouched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from qtn.applications.compression.healing import Training, loss_of, retrained

HOW = Training(epochs=30, rate=0.05, batch=8, seed=3)


def case() -> tuple[nn.Module, torch.Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.1), nn.Linear(6, 2)
        )
    rows = np.random.default_rng(0).normal(size=(17, 4))  # 17: a last part of one row otherwise
    return network, torch.tensor(rows, dtype=torch.float32)


@pytest.mark.parametrize("labels", [True, False])
def test_training_lowers_the_loss(labels: bool) -> None:
    network, x = case()
    y = (x[:, 0] > 0).long() if labels else torch.stack([x[:, 0], x[:, 1] + x[:, 2]], 1)
    before = [p.detach().clone() for p in network.parameters()]
    healed = retrained(network.eval(), x, y, HOW, False)
    assert not healed.training
    losses = [loss_of(module(x), y).detach().item() for module in (healed, network)]
    assert losses[0] < 0.5 * losses[1]
    for old, now in zip(before, network.parameters(), strict=True):
        assert torch.equal(old, now)


def test_a_seed_gives_one_result_and_leaves_the_global_stream() -> None:
    network, x = case()
    y = (x[:, 0] > 0).long()
    torch.manual_seed(5)
    ends = [retrained(network, x, y, HOW, False).state_dict() for _ in range(2)]
    drawn = torch.rand(1)
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))


def test_single_values_may_come_without_an_axis() -> None:
    assert float(loss_of(torch.ones(3, 1), torch.zeros(3))) == 1.0
