"""What a refinement works on: circuits, a loss, rows to learn from and rows to judge by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit
from qtn.hybrid.forms.products import Product
from qtn.hybrid.refine.losses import Floats, Loss, Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows as the circuits bind them, and the numbers of their right scores if they have labels."""

    x: Floats
    y: Numbers | None = None

    def __len__(self) -> int:
        return len(self.x)

    def at(self, places: Numbers) -> Rows:
        """Return some of the rows."""
        return Rows(self.x[places], None if self.y is None else self.y[places])


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One refinement.

    Args:
        model: the deployed model.
        blocks: its circuits where the search begins.
        loss: what is made small.
        train: rows to learn from.
        valid: rows that judge; may be empty.
        weights: of the scores, as they are.
        steps: how many at most.
        seed: of whatever a method draws.
        watch: told the steps done and the loss; returns whether to stop.
    """

    model: Any
    blocks: tuple[Blocks, ...]
    loss: Loss
    train: Rows
    valid: Rows
    weights: Floats
    steps: int
    seed: int
    watch: Callable[[int, float], bool]

    def products(self, rows: Rows) -> Sequence[Product]:
        """Return the scores of rows as overlaps with product vectors."""
        found: Sequence[Product] = self.model.form.products(self.model, rows.x)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a method found.

    Args:
        blocks: the circuits.
        weights: of the scores.
        losses: on the rows to learn from, at the start and after every step.
    """

    blocks: list[Blocks]
    weights: Floats
    losses: tuple[float, ...] = ()


class Method(Protocol):
    """A way to refine: by exact gradients, or on a device."""

    def refined(self, task: Task) -> Found:
        """Return circuits that the rows which judge find no worse than those of the task."""
        ...


def placed(model: Any, blocks: Sequence[Blocks]) -> Any:
    """Return a model with other gates, for a device to measure.

    Its fidelities are those of the model before: nothing is contracted.
    """
    pairs = zip(model.compiled, blocks, strict=True)
    compiled = [
        replace(old, circuit=to_circuit(new, old.basis), sequence=new) for old, new in pairs
    ]
    return replace(model, compiled=tuple(compiled))


def probabilities(values: Sequence[np.ndarray]) -> Floats:
    """Return |f|² of several products, (rows, products)."""
    return np.stack([np.abs(f) ** 2 for f in values], axis=1)
