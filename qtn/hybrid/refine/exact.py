"""Refinement by exact gradients: L-BFGS on losses of contracted circuits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qtn._random import generator
from qtn.aqc.shape.blocks import Blocks
from qtn.hybrid.refine.gates import Gates, Matrices, stays_real
from qtn.hybrid.refine.gradients import Overlaps
from qtn.hybrid.refine.losses import Floats, Loss
from qtn.hybrid.refine.optimise import minimise
from qtn.hybrid.refine.task import Found, Rows, Task, probabilities

TURN = 0.3  # radian
PATIENCE = 25  # steps without a better judgement


@dataclass(frozen=True, slots=True)
class ExactGradients:
    """All gates of all circuits move along the gradient of the loss, contracted without error."""

    def refined(self, task: Task) -> Found:
        """Return the circuits that the rows which judge find best.

        Of a loss with several ways the one that ends best counts, and none that ends worse than it
        began; all but the first begin from gates that are turned at random.
        """
        search = _Search(task)
        best: list[Blocks] = list(task.blocks)
        first, ways = search.ways()
        losses: tuple[float, ...] = (first,)
        for number, way in enumerate(ways):
            begun = _turned(task, number) if number else list(task.blocks)
            blocks, found = _followed(search, task, way, begun)
            if (way is ways[0] and len(way) == 1) or search.better(blocks, best):
                best, losses = blocks, (found if len(way) == 1 else (first, *found))
        moved = any(new is not old for new, old in zip(best, task.blocks))
        weights = search.weights(_matrices(best)) if moved else task.weights
        return Found(best, weights, losses)


def _followed(
    search: _Search, task: Task, way: Sequence[Loss], begun: list[Blocks]
) -> tuple[list[Blocks], tuple[float, ...]]:
    """Return where losses one after another lead, and the values of the last."""
    *before, last = way
    share, blocks = max(1, task.steps // len(way)), begun
    for loss in before:
        search.loss = loss
        ended = _watched(task, [])
        blocks = minimise(blocks, search.value_and_gradient, steps=share, watch=ended)
    search.loss = last
    losses: list[float] = []
    blocks = minimise(
        blocks,
        search.value_and_gradient,
        steps=max(1, task.steps - len(before) * share),
        watch=_watched(task, losses),
        judge=search.judge if len(task.valid) else None,
        patience=PATIENCE if len(task.valid) else task.steps,
    )
    return blocks, tuple(losses)


def _turned(task: Task, number: int) -> list[Blocks]:
    """Return the circuits with all gates turned a little, off the saddles of symmetric circuits."""
    gates = Gates.of(task.blocks)
    rng = generator(task.seed, "refine", "turned", number)
    return gates.moved(TURN * rng.normal(size=gates.size)).circuits()


def _watched(task: Task, losses: list[float]) -> Callable[[int, float, Matrices], bool]:
    """Return what writes losses down and says whether to stop."""

    def watch(step: int, value: float, _: Matrices) -> bool:
        losses.append(value)
        return task.watch(step, value)

    return watch


class _Search:
    """The loss as a function of the matrices of all blocks."""

    def __init__(self, task: Task) -> None:
        self._task, self._begun, self.loss = task, False, task.loss
        self._train = self._overlaps(task.train)
        self._valid = self._overlaps(task.valid) if len(task.valid) else None
        self._last = task.weights

    def _overlaps(self, rows: Rows) -> Overlaps:
        products = [(p.number, p.vectors) for p in self._task.products(rows)]
        return Overlaps(self._task.blocks, products)

    def weights(self, matrices: Matrices) -> Floats:
        """Return the best weights of the scores for given matrices."""
        p = probabilities(self._train.values(matrices))
        return self._task.loss.weights(p, self._task.train.y, self._task.weights)

    def value_and_gradient(self, matrices: Matrices) -> tuple[float, Matrices]:
        """Return the loss on the rows to learn from, and its derivatives by every block."""
        loss, y = self.loss, self._task.train.y
        values = self._train.values(matrices)
        p = probabilities(values)
        self._last = loss.weights(p, y, self._task.weights)
        value, slopes = loss.value(p, y, self._last)
        # p = |f|²: ∂p/∂f = conj(f) with conj(f) held, and as much again through it.
        by_values = [slopes[:, k] * f.conj() for k, f in enumerate(values)]
        return value, by_conjugate(self._train.gradients(by_values), matrices)

    def ways(self) -> tuple[float, Sequence[Sequence[Loss]]]:
        """Return the loss at the start of the task, and the ways to make it small from there."""
        task = self._task
        p = probabilities(self._train.values(_matrices(task.blocks)))
        value, _ = task.loss.value(p, task.train.y, task.weights)
        return value, task.loss.ways(p, task.weights)

    def better(self, blocks: Sequence[Blocks], than: Sequence[Blocks]) -> bool:
        """Say which circuits have the lower loss: on the rows that judge, if there are any."""
        return self._judged(_matrices(blocks)) < self._judged(_matrices(than))

    def _judged(self, matrices: Matrices) -> float:
        task = self._task
        values = (self._train if self._valid is None else self._valid).values(matrices)
        y = task.train.y if self._valid is None else task.valid.y
        return task.loss.strict().value(probabilities(values), y, task.weights)[0]

    def judge(self, matrices: Matrices) -> float:
        """Return the loss on the rows that judge; at the start with the weights as they were."""
        assert self._valid is not None
        weights = self._last if self._begun else self._task.weights
        self._begun = True
        p = probabilities(self._valid.values(matrices))
        return self._task.loss.value(p, self._task.valid.y, weights)[0]


def by_conjugate(slopes: Matrices, matrices: Matrices) -> Matrices:
    """Return what `minimise` takes from ∂L/∂G with conj(G) held, L real: ∂L/∂conj(G), or ∂L/∂G."""
    found: Matrices = []
    for part, gates in zip(slopes, matrices):
        pairs = zip(part, gates)
        found.append([2.0 * s.real if stays_real(g) else np.conj(s) for s, g in pairs])
    return found


def _matrices(blocks: Sequence[Blocks]) -> Matrices:
    return [[matrix for _, matrix in circuit.gates] for circuit in blocks]
