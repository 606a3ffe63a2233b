"""Contraction of two labelled arrays, and of a network pair by pair, there and back.

What is summed over becomes a matrix product where no batch label stands in both arrays, else a
product for every entry of the batch. Arrays keep their batch labels last, rows at the very end,
so that products run along rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn.hybrid.refine.contraction.paths import Pair

Names = tuple[int, ...]  # the labels of an array, one per axis


@dataclass(frozen=True, slots=True)
class Product:
    """The contraction of two arrays, prepared.

    Args:
        first, second: the order of axes: free, summed, batch; and summed, free, batch.
        counts: of free axes of the first, summed, free of the second, batch.
        out: the order of axes of the result that (free, free, batch) become; None if it is that.
        names: labels of the result.
    """

    first: Names
    second: Names
    counts: tuple[int, int, int, int]
    out: Names | None
    names: Names

    @classmethod
    def of(cls, x: Names, y: Names, out: Sequence[int] | None, stays: frozenset[int]) -> Product:
        """Prepare the contraction of arrays with labels x and y.

        Args:
            x, y: their labels.
            out: labels of the result in order; None for the natural order.
            stays: labels that stay although both have them.
        """
        batch = [name for name in y if name in x and name in stays]
        summed = [name for name in y if name in x and name not in stays]
        left = [name for name in x if name not in y]
        right = [name for name in y if name not in x]
        natural = (*left, *right, *batch)
        order = None
        if out is not None and tuple(out) != natural:
            order = tuple(natural.index(name) for name in out)
        return cls(
            first=tuple(x.index(name) for name in (*left, *summed, *batch)),
            second=tuple(y.index(name) for name in (*summed, *right, *batch)),
            counts=(len(left), len(summed), len(right), len(batch)),
            out=order,
            names=natural if out is None else tuple(out),
        )

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the contraction."""
        left, summed, right, batch = self.counts
        x, y = x.transpose(self.first), y.transpose(self.second)
        rows, columns = x.shape[:left], y.shape[summed : summed + right]
        inner = math.prod(y.shape[:summed])
        if batch:
            ends = y.shape[summed + right :]
            depth = math.prod(ends)
            found = np.einsum(
                "mkb,knb->mnb",
                x.reshape(-1, inner, depth),
                y.reshape(inner, -1, depth),
            )
            found = found.reshape(rows + columns + ends)
        else:
            found = x.reshape(-1, inner) @ y.reshape(inner, -1)
            found = found.reshape(rows + columns)
        return found if self.out is None else found.transpose(self.out)


@dataclass(frozen=True, slots=True)
class _Step:
    """One pair: the arrays, the contraction, and those that give the slopes of either."""

    a: int
    b: int
    there: Product
    back_a: Product | None
    back_b: Product | None


class Program:
    """A network contracted in a given order.

    Args:
        names: the labels of every array, batch labels last.
        pairs: the order; see `qtn.hybrid.refine.contraction.paths`.
        batch: batch labels, ascending; those of them that the result has come in this order.
        wanted: how many of the arrays, the first ones, slopes are wanted of.
    """

    def __init__(
        self, names: Sequence[Names], pairs: Sequence[Pair], batch: Names, wanted: int
    ) -> None:
        known, moving = list(names), [k < wanted for k in range(len(names))]
        self.steps: list[_Step] = []
        self._wanted = wanted
        for number, (a, b) in enumerate(pairs):
            if [n for n in known[a] if n in batch] > [n for n in known[b] if n in batch]:
                a, b = b, a  # rows behind
            x, y = known[a], known[b]
            stays = frozenset(batch)
            last = number == len(pairs) - 1
            held = [n for n in batch if n in x or n in y] if last else None
            there = Product.of(x, y, held, stays)
            self.steps.append(
                _Step(
                    a,
                    b,
                    there,
                    Product.of(there.names, y, x, frozenset(x)) if moving[a] else None,
                    Product.of(there.names, x, y, frozenset(y)) if moving[b] else None,
                )
            )
            known.append(there.names)
            moving.append(moving[a] or moving[b])
        self.names = known[-1]

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return all arrays with those that the steps make; the last one is the result."""
        tape = list(arrays)
        for step in self.steps:
            tape.append(step.there(tape[step.a], tape[step.b]))
        return tape

    def slopes(self, tape: list[np.ndarray], slope: np.ndarray) -> list[np.ndarray]:
        """Return the slopes of the first arrays, given that of the result and what `run` gave."""
        found: dict[int, np.ndarray] = {len(tape) - 1: slope}
        first = len(tape) - len(self.steps)
        for number in range(len(self.steps) - 1, -1, -1):
            step = self.steps[number]
            after = found.pop(first + number, None)
            if after is None:
                continue
            if step.back_a is not None:
                found[step.a] = step.back_a(after, tape[step.b])
            if step.back_b is not None:
                found[step.b] = step.back_b(after, tape[step.a])
        return [found[k] for k in range(self._wanted)]
