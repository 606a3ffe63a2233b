"""Padded states: batches, sizes, and a step from a guess."""

from __future__ import annotations

import numpy as np
import torch

from qtn.aqc.kernels.accelerated.states import Member, Padded, gated, moved, padded, together


def state(n: int, size: int, seed: int) -> Padded:
    generator = torch.manual_seed(seed)
    tensors = torch.rand(n, size, 2, size, generator=generator, dtype=torch.float64)
    rho = torch.eye(size, dtype=torch.float64).repeat(n, 1, 1)
    return Padded(tensors, rho, [size] * n, torch.zeros(1, dtype=torch.float64))


def test_states_lie_together_once() -> None:
    first, second = state(3, 2, 0), state(3, 4, 1)
    both = together([Member(first, 0), Member(second, 0)])
    assert both.bonds == [2] * 3 + [4] * 3
    assert both.size == 4
    assert torch.equal(Member(both, 0).resized(2), first.tensors)
    assert torch.equal(Member(both, 1).resized(4), second.tensors)
    assert together([Member(both, 0), Member(both, 1)]) is both
    assert together([Member(both, 1)]).bonds == [4] * 3


def test_padding_is_zero_and_is_cut_off_again() -> None:
    tensor = torch.ones(2, 3)
    wide = padded(tensor, (2, 5))
    assert wide.sum() == 6.0
    assert torch.equal(padded(wide, (2, 3)), tensor)


def test_a_guess_of_the_whole_space_keeps_everything() -> None:
    one = state(3, 2, 2)
    index, gates = torch.tensor([1, 2, 0]), torch.eye(4, dtype=torch.float64)[None]
    wide = one.resized(4)
    guess = torch.eye(4, dtype=torch.float64)[:, [0, 1, 4 - 1, 2]][None]
    rows = torch.zeros(1, 4, 8, dtype=torch.float64)
    rows[:, :, [0, 1, 4, 5]] = guess
    least = torch.tensor([1 - 1e-12], dtype=torch.float64)
    tensors, rho, weight, held = moved(
        wide.tensors, wide.rho, wide.weight, rows, gates, index, least
    )
    assert bool(held)
    assert abs(float(weight)) < 1e-12
    before = gated(wide.tensors, wide.rho, gates, index)[0]
    after = gated(tensors, rho, gates, index)[0]
    assert torch.allclose(before, after)
    assert np.isclose(float(rho[2].trace()), float((before**2).sum()))
