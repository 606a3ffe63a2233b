from __future__ import annotations

import numpy as np
import torch

from qtn.models.networks.base import Network
from qtn.models.training.fit import Schedule, train


class Line(Network):
    """One parameter, pulled to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.value = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor, unit: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        return x * self.value, torch.zeros_like(x)

    def log_norm(self) -> torch.Tensor:
        return self.value.square().log()

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        assert self.value.shape == (1,)


def run(epochs: int, **settings: object) -> tuple[Line, list[list[int]], object]:
    line, batches = Line(), []

    def loss(batch: torch.Tensor, step: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        batches.append(batch.tolist())
        value = (line.value - 1).square().sum()
        return value, {"loss": value.detach()}

    outcome = train(line, loss, 10, Schedule(epochs, 4, 0.1, 3, 0), **settings)
    return line, batches, outcome


def test_every_epoch_visits_every_row_once_in_its_own_order() -> None:
    _, batches, _ = run(2)
    assert [len(b) for b in batches] == [4, 4, 2] * 2
    first, second = ([row for b in part for row in b] for part in (batches[:3], batches[3:]))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert run(2)[1] == batches


def test_loss_is_averaged_over_the_rows_and_falls() -> None:
    line, _, outcome = run(60)
    losses = [record["loss"] for record in outcome.history]
    assert losses[-1] < 1e-2 < losses[0]
    assert abs(line.value.item() - 1) < 0.1
    assert outcome.status == "completed"


def test_best_validation_epoch_is_put_back() -> None:
    figures = iter([{"validation_loss": v} for v in (3.0, 1.0, 2.0, 2.0, 2.0, 0.0)])
    line, _, outcome = run(6, validate=lambda: next(figures))
    assert outcome.status == "stopped early"
    assert outcome.best_epoch == 2
    assert len(outcome.history) == 5
    # The kept value is the one after two epochs of three steps, short of where it went on to.
    two = run(6)[2].history
    assert np.isfinite(line.value.item())
    assert two[1]["loss"] > (line.value.item() - 1) ** 2
