"""Rows of a table, each once, with how often it occurs; and how some of them are held out.

Rows that are alike are merged. A row that weighs twice is then the same as one that stands twice,
and the order of the rows leaves no trace; few columns of few values make many rows alike, and
every sweep costs as much less.

Of a row that occurs c times some are held out and the others are not, as if all c stood in the
table: numbers drawn from the multinomial distribution. Holding out whole patterns instead would
judge a density by what it says about rows that training never showed, which is another question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Rows and how often each occurs.

    Args:
        rows: values of the columns, shape (rows, columns).
        counts: positive, shape (rows,).
    """

    rows: Ints
    counts: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: Any) -> Counted:
        return Counted(self.rows[chosen], self.counts[chosen])

    @property
    def total(self) -> float:
        """How many rows there are, each as often as it occurs."""
        return float(self.counts.sum())

    @property
    def shares(self) -> Floats:
        """The counts as parts of their sum."""
        return self.counts / self.counts.sum()

    @classmethod
    def of(cls, rows: Ints, weights: Floats | None = None) -> Counted:
        """Merge rows that are alike.

        Args:
            rows: values below 128, shape (rows, columns).
            weights: of the rows; if they are no integers, a row of the mean weight counts once.

        Example:
            >>> Counted.of(np.array([[1, 0], [0, 0], [1, 0]])).counts
            array([1., 2.])
        """
        if weights is None:
            weights = np.ones(len(rows))
        elif (weights != np.floor(weights)).any():
            weights = weights / weights.mean()
        different, number = np.unique(rows.astype(np.int8), axis=0, return_inverse=True)
        counts = np.bincount(number.ravel(), weights, len(different)).astype(np.float64)
        return cls(different.astype(np.int64), counts)[counts > 0]

    def columns(self, order: Ints) -> Counted:
        """Return the rows with their columns in another order."""
        return Counted(np.ascontiguousarray(self.rows[:, order]), self.counts)

    def parts(self, dealt: int, wanted: int, rng: np.random.Generator) -> list[Split]:
        """Deal the rows into `dealt` parts of equal expected size.

        Returns:
            For each of the first `wanted` parts that is not empty and does not hold everything, the
            rows outside of it and those inside.
        """
        whole = np.floor(self.counts)
        dealt_out = rng.multinomial(whole.astype(np.int64), [1 / dealt] * dealt).astype(np.float64)
        # The rest of a count that is no integer goes to one part as it is.
        dealt_out[np.arange(len(self)), rng.integers(0, dealt, len(self))] += self.counts - whole
        found = []
        for held in dealt_out.T[:wanted]:
            kept = self.counts - held
            inside, outside = held > 0, kept > 1e-9
            if inside.any() and outside.any():
                pair = Counted(self.rows, kept)[outside], Counted(self.rows, held)[inside]
                found.append(Split(*pair))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows to train on, and rows held out to judge by.

    Args:
        kept: to train on.
        held: to judge by.
    """

    kept: Counted
    held: Counted
