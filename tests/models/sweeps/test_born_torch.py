"""Sweeps in torch against the compiled ones, on the CPU and, where there is one, on a GPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.models.sweeps.born_sweeps import BornSweeper
from qtn.models.sweeps.born_torch import TorchBornSweeper
from qtn.states import MPS

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("levels", [[2] * 7, [3, 1, 2, 4, 1, 2], [2]])
def test_it_goes_the_way_of_the_compiled_sweeps(device: str, levels: list[int]) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    rng = np.random.default_rng(0)
    rows = np.stack([rng.integers(0, d, 60) for d in levels], axis=1)
    rows[:, -1] = rows[:, 0] % levels[-1]
    bonds = [1, *[2] * (len(levels) - 1), 1]
    start = [1 + 0.1 * rng.random((bonds[i], d, bonds[i + 1])) for i, d in enumerate(levels)]
    weights = rng.random(60)
    weights /= weights.sum()
    ours = BornSweeper(start, rows, weights)
    theirs = TorchBornSweeper(start, rows, weights, device)
    for _ in range(3):
        for sweeper in (ours, theirs):
            if len(levels) > 1:
                sweeper.two_site(5, 1e-6, 0.5)
            sweeper.one_site()
        assert theirs.log_likelihoods() == pytest.approx(ours.log_likelihoods(), abs=1e-8)
    one, other = (MPS(tuple(s.tensors)) for s in (ours, theirs))
    assert other.phys == one.phys == tuple(levels)
    assert abs(one.normalised().overlap(other.normalised())) == pytest.approx(1.0, abs=1e-10)


def test_a_hard_start_does_not_abort() -> None:
    # Orthogonal to every row: all amplitudes are zero at first.
    one = np.array([[[0.0], [1.0]]])
    rows, weights = np.zeros((3, 4), dtype=np.int64), np.full(3, 1 / 3)
    sweeper = TorchBornSweeper([one] * 4, rows, weights, "cpu")
    for _ in range(20):
        sweeper.two_site(4, 1e-9, 1.0)
    assert sweeper.log_likelihoods() == pytest.approx(0.0, abs=1e-3)
