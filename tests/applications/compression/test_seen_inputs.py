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
