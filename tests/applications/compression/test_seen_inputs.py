"""Moments of the inputs of layers: exact, also of convolutions and in parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from qtn.applications.compression import seen_inputs
from qtn.applications.compression.seen_inputs import evaluated, input_moments


def test_moments_are_those_of_the_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_inputs, "ROWS", 7)
    network = nn.Sequential(nn.Linear(5, 4), nn.Dropout(0.5), nn.Linear(4, 3)).double()
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(20, 5)))
    found = input_moments(network, x, ["0", "2"])
    seen = network[0](x).detach().numpy()
    np.testing.assert_allclose(found["2"].mean, seen.mean(0), atol=1e-13)
    covariance = np.cov(seen.T, bias=True)
    np.testing.assert_allclose(found["2"].covariance(True), covariance, atol=1e-12)
    np.testing.assert_allclose(found["2"].covariance(False), seen.T @ seen / 20, atol=1e-12)
    assert found["0"].count == 20
    assert network[1].training
    assert not network[0]._forward_pre_hooks


def test_a_convolution_sees_its_windows() -> None:
    network = nn.Sequential(nn.Conv2d(2, 3, 2, padding=1)).double()
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 2, 3, 3)))
    found = input_moments(network, x, ["0"])["0"]
    assert found.count == 4 * 16
    assert found.first.shape == (8,)


def test_layers_that_the_network_does_not_reach_have_no_moments() -> None:
    network = nn.Linear(2, 2)
    network.unused = nn.Linear(2, 2)
    assert input_moments(network, torch.ones(3, 2), ["unused"]) == {}


def test_evaluation_leaves_the_mode_alone() -> None:
    network = nn.Sequential(nn.Dropout(0.9), nn.Linear(2, 2))
    network[0].eval()
    evaluated(network, torch.ones(3, 2))
    assert network.training
    assert not network[0].training
    assert network[1].training


class _Unusual(nn.Module):
    """Calls one layer by name and one image after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv1d(2, 4, 3, padding=1)
        self.judge = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = [self.look(image) for image in x]
        return torch.stack([self.judge(input=row) for image in seen for row in image])


def test_single_inputs_and_inputs_by_name_are_seen() -> None:
    """The moments are those of a network that takes them all at once."""
    torch.manual_seed(0)
    network, x = _Unusual(), torch.randn(6, 2, 5)
    found = input_moments(network, x, ("look", "judge"))
    usual = input_moments(nn.Sequential(network.look, network.judge), x, ("0", "1"))
    for one, other in (("look", "0"), ("judge", "1")):
        assert found[one].count == usual[other].count
        np.testing.assert_allclose(found[one].second, usual[other].second, rtol=1e-5)
