"""Healing: a compressed network trained for a few epochs, as its original was.

AdamW with one cycle of the rate, up and down again, which needs no choice of a schedule. Losses:
cross-entropy for labels, mean squares for values (outputs of the original network among them).
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np

from qtn._optional import functional, nn, torch
from qtn._progress import progress_bar
from qtn._random import derived_seed, generator


@dataclass(frozen=True, slots=True)
class Training:
    """How a network is trained: passes over the rows, largest rate, rows per step, seed."""

    epochs: int
    rate: float
    batch: int
    seed: int


def loss_of(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy (nats) of labels, or the mean square error of values."""
    if targets.is_floating_point():
        return functional.mse_loss(outputs, targets.reshape(outputs.shape))
    return functional.cross_entropy(outputs, targets)


def retrained(
    network: nn.Module, rows: torch.Tensor, targets: torch.Tensor, how: Training,
    progress: bool | None,
) -> nn.Module:  # fmt: skip
    """Return a copy of a network after training; order and dropout are drawn from the seed."""
    found = copy.deepcopy(network).train()
    optimiser = torch.optim.AdamW(found.parameters(), lr=how.rate, weight_decay=1e-2)
    steps = math.ceil(len(rows) / how.batch)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, how.rate, total_steps=steps * how.epochs + 1
    )
    rng = generator(how.seed, "heal")
    with torch.random.fork_rng(), progress_bar(how.epochs, "heal", progress) as bar:
        torch.manual_seed(derived_seed(how.seed, "heal", "dropout"))
        for _ in range(how.epochs):
            # Parts of nearly one size: a last part of one row would stop batch normalisation.
            for part in np.array_split(rng.permutation(len(rows)), steps):
                chosen = torch.from_numpy(part).to(rows.device)
                loss = loss_of(found(rows[chosen]), targets[chosen])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                cycle.step()
            bar.update()
    return found.train(network.training)
