from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.models.training import losses

A = torch.tensor([[0.5, -2.0, 1.0], [0.0, 1e-3, 0.0]], dtype=torch.float64)
S = torch.tensor([0.3, -1.0], dtype=torch.float64)


def test_born_probabilities_are_normalised_squares() -> None:
    p = losses.log_probabilities(A, S, "born").exp().numpy()
    assert p.sum(axis=1) == pytest.approx(1.0)
    assert p[0] == pytest.approx(np.array([0.25, 4.0, 1.0]) / 5.25, abs=1e-5)


def test_softmax_probabilities() -> None:
    f = (A * S.exp()[:, None]).numpy()
    wanted = np.exp(f) / np.exp(f).sum(axis=1, keepdims=True)
    assert losses.log_probabilities(A, S, "softmax").exp().numpy() == pytest.approx(wanted)


def test_amplitudes_of_zero_leave_everything_finite() -> None:
    zero = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0, 1])
    total = losses.log_probabilities(zero, S, "born").sum()
    total = total + losses.log_likelihood(zero, S, torch.tensor(0.0), y).sum()
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(zero.grad).all()


def test_joint_likelihood() -> None:
    y = torch.tensor([1, 1])
    got = losses.log_likelihood(A, S, torch.tensor(0.7), y).numpy()
    wanted = np.log(np.array([4.0, 1e-6])) + 2 * S.numpy() - 0.7
    assert got == pytest.approx(wanted, abs=1e-4)
