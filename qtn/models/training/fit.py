"""The training loop shared by all models that are trained by gradients.

Adam, on orthogonal matrices its Riemannian form, with a cosine schedule from the learning rate down
to a hundredth of it. Deterministic for a
seed: the order of the rows in an epoch depends on the seed and the number of the epoch alone, so a
resumed run continues exactly as the uninterrupted one would.

On a GPU rows, order, optimiser and figures stay there until an epoch ends, and the steps are
recorded once and replayed where nothing in them depends on the CPU (`replay`).
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qtn._io import save
from qtn._machine import few_threads
from qtn._optional import Tensor, torch
from qtn._progress import progress_bar, warn_interrupted
from qtn._random import generator
from qtn.models.networks.base import Network
from qtn.models.training import checkpoint as checkpoints
from qtn.models.training.replay import Replay
from qtn.models.training.stiefel import OrthogonalAdam

# Final learning rate of the cosine schedule, relative to the first.
_LAST_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train.

    Args:
        epochs: passes over the rows.
        batch_size: rows per step.
        learning_rate: first step size of Adam.
        patience: epochs without a better validation loss after which to stop.
        seed: orders the rows.
        checkpoint: file to resume from and to write after every epoch, or None.
        progress: show a bar; None shows it where someone can watch it.
        replay: on a GPU, record a step and replay it; not where the CPU has a word in every step.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    seed: int
    checkpoint: str | os.PathLike[str] | None = None
    progress: bool | None = None
    replay: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training run leaves: its records, the epoch kept, and how it ended."""

    history: list[dict[str, float]]
    best_epoch: int
    status: str


# (rows of the batch, step number) -> (mean loss to differentiate, figures for the history)
BatchLoss = Callable[[Tensor, int], tuple[Tensor, dict[str, Tensor]]]
Validate = Callable[[], dict[str, float]]


def train(
    network: Network,
    batch_loss: BatchLoss,
    rows: int,
    schedule: Schedule,
    validate: Validate | None = None,
    fingerprint: str = "",
) -> Outcome:
    """Train `network` in place and leave its best parameters in it.

    Ctrl-C ends the run early and keeps the best parameters so far.

    Args:
        network: the network to train.
        batch_loss: maps row numbers and the step's number to a loss and figures for the history.
        rows: number of rows to train on.
        schedule: epochs, step size, patience, checkpoint.
        validate: returns figures with key "validation_loss"; the epoch with the lowest one is
            kept. Without it the last epoch is.
        fingerprint: identifies settings and data in the checkpoint.

    Raises:
        ArgumentError: the checkpoint belongs to another run.
    """
    run = _Run(network, optimiser_for(network, schedule.learning_rate), schedule)
    if schedule.checkpoint is not None and not run.resume(fingerprint):
        run.write(fingerprint)  # what the start took is not repeated
    status = "completed"
    word = "about" if validate is None else "at most"  # patience may end it
    bar = progress_bar(schedule.epochs, "training", schedule.progress, word=word, done=run.epoch)
    try:
        while run.epoch < schedule.epochs:
            with few_threads(1):  # the products of a batch are small
                record = run.one_epoch(batch_loss, rows)
            record |= validate() if validate is not None else {}
            run.keep(record)
            if schedule.checkpoint is not None:
                run.write(fingerprint)
            bar.update()
            bar.set_postfix(loss=f"{record['loss']:.4f}", refresh=False)
            if validate is not None and run.epoch - run.best_epoch >= schedule.patience:
                status = "stopped early"
                break
    except KeyboardInterrupt:
        if not run.history:
            raise  # nothing was learned yet
        status = "interrupted"
        warn_interrupted(f"epoch {run.epoch}")
    finally:
        bar.close()
        run.put_best()
    return Outcome(run.history, run.best_epoch, status)


def one_pass(
    optimiser: torch.optim.Optimizer,
    batch_loss: BatchLoss,
    rows: int,
    schedule: Schedule,
    number: int,
) -> float:
    """Train once on all rows at constant rate and return the mean loss; pass `number` is seeded."""
    order = torch.from_numpy(generator(schedule.seed, "pass", number).permutation(rows))
    batches = order.to(_device_of(optimiser)).split(min(schedule.batch_size, rows))
    mean = Mean(rows)
    for k, batch in enumerate(batches):
        figures = _step(optimiser, batch_loss, batch, number * len(batches) + k)
        mean.add({"loss": figures["loss"]}, len(batch))
    return mean.found()["loss"]


class Mean:
    """Means of figures over the rows of an epoch, in double precision where the figures are."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._sums: dict[str, Tensor] = {}

    def add(self, figures: dict[str, Tensor], count: int) -> None:
        """Take the means over `count` rows."""
        for name, value in figures.items():
            part = value.detach().double() * count / self._rows
            self._sums[name] = self._sums[name] + part if name in self._sums else part

    def found(self) -> dict[str, float]:
        """Return the means; a GPU is waited for here alone."""
        return {name: value.item() for name, value in self._sums.items()}


def _step(
    optimiser: torch.optim.Optimizer, batch_loss: BatchLoss, batch: Tensor, number: int
) -> dict[str, Tensor]:
    optimiser.zero_grad(set_to_none=True)
    loss, figures = batch_loss(batch, number)
    loss.backward()
    optimiser.step()
    return figures


def _device_of(optimiser: torch.optim.Optimizer) -> torch.device:
    parameter: Tensor = optimiser.param_groups[0]["params"][0]
    return parameter.device


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)  # where it is: a recorded step reads it there
        else:
            group["lr"] = rate


def optimiser_for(network: Network, rate: float) -> torch.optim.Optimizer:
    """Return Adam, for networks of orthogonal matrices the Riemannian one."""
    if network.orthogonal:
        return OrthogonalAdam(network.parameters(), lr=rate)
    device = next(network.parameters()).device
    if device.type == "cuda":
        place = torch.tensor(rate, device=device)
        return torch.optim.Adam(network.parameters(), lr=place, fused=True, capturable=True)
    return torch.optim.Adam(network.parameters(), lr=rate, fused=True)


class _Run:
    def __init__(
        self, network: Network, optimiser: torch.optim.Optimizer, schedule: Schedule
    ) -> None:
        self.network, self.optimiser, self.schedule = network, optimiser, schedule
        self.epoch = self.step = self.best_epoch = 0
        self.best_loss = math.inf
        self.history: list[dict[str, float]] = []
        self.best = self._copy()
        self.device = _device_of(optimiser)
        self.replay: Replay | None = None
        if self.device.type == "cuda" and network.replayable and schedule.replay:
            self.replay = Replay()

    def _copy(self) -> dict[str, Tensor]:
        return {name: p.detach().clone() for name, p in self.network.named_parameters()}

    def one_epoch(self, batch_loss: BatchLoss, rows: int) -> dict[str, float]:
        schedule, start = self.schedule, time.perf_counter()
        order = torch.from_numpy(generator(schedule.seed, "epoch", self.epoch).permutation(rows))
        size = min(schedule.batch_size, rows)
        batches = list(order.to(self.device).split(size))
        total = schedule.epochs * len(batches)
        mean = Mean(rows)
        for batch in batches:
            _set_rate(self.optimiser, schedule.learning_rate * _cosine(self.step / total))
            mean.add(self._taken(batch_loss, batch), len(batch))
            self.step += 1
        self.epoch += 1
        found = mean.found()  # waits for the device, so that the seconds are the epoch's
        return {"epoch": self.epoch, **found, "seconds": time.perf_counter() - start}

    def _taken(self, batch_loss: BatchLoss, batch: Tensor) -> dict[str, Tensor]:
        """Take one step and return its figures."""
        number = self.step
        if self.replay is None:
            return _step(self.optimiser, batch_loss, batch, number)
        return self.replay.step(lambda rows: _step(self.optimiser, batch_loss, rows, number), batch)

    def keep(self, record: dict[str, float]) -> None:
        self.history.append(record)
        loss = record.get("validation_loss")
        if loss is None or loss < self.best_loss:
            self.best, self.best_epoch = self._copy(), self.epoch
            self.best_loss = math.inf if loss is None else loss

    def put_best(self) -> None:
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(self.best[name])

    def resume(self, fingerprint: str) -> bool:
        assert self.schedule.checkpoint is not None
        found = checkpoints.read(self.schedule.checkpoint, fingerprint)
        if found is None:
            return False
        self.best = checkpoints.restore(found, self.network, self.optimiser)
        self.epoch, self.step, self.history = found.epoch, found.step, list(found.history)
        self.best_loss = math.inf if found.best is None else found.best
        losses = [r.get("validation_loss", -r["epoch"]) for r in self.history]
        self.best_epoch = 1 + losses.index(min(losses)) if losses else 0
        return True

    def write(self, fingerprint: str) -> None:
        assert self.schedule.checkpoint is not None
        arrays: dict[str, Any] = checkpoints.take(self.network, self.optimiser, self.best)
        best = None if math.isinf(self.best_loss) else self.best_loss
        record = checkpoints.Checkpoint(
            arrays, fingerprint, self.epoch, self.step, best, self.history
        )
        save(record, self.schedule.checkpoint)


def _cosine(progress: float) -> float:
    return _LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
