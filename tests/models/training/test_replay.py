"""Recorded steps against steps taken one by one."""

from __future__ import annotations

import pytest
import torch

from qtn.models.training.replay import Replay


def sums(batches: list[list[int]], replay: Replay | None, device: str) -> list[float]:
    """Return the running sum of the squares of some numbers after every batch."""
    values = torch.arange(12.0, device=device) ** 2
    total = torch.zeros((), device=device)

    def step(rows: torch.Tensor) -> dict[str, torch.Tensor]:
        total.add_(values[rows].sum())
        return {"total": total + 0.0}

    found = []
    for batch in batches:
        rows = torch.tensor(batch, device=device)
        figures = step(rows) if replay is None else replay.step(step, rows)
        found.append(figures["total"].item())
    return found


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_replayed_steps_do_what_single_ones_do() -> None:
    batches = [[k % 12, (5 * k + 1) % 12] for k in range(9)]
    batches.insert(6, [3])  # of another length
    assert sums(batches, Replay(), "cuda") == sums(batches, None, "cuda")


def test_batches_of_another_length_are_taken_as_they_come() -> None:
    replay = Replay()
    replay._batch = torch.tensor([0, 1])
    assert sums([[3], [4, 5, 6]], replay, "cpu") == [9.0, 86.0]
