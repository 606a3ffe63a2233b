"""Columns of a table as small integers: taken as they are, or cut into bins at their quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._display import Fields
from qtn.data.bins import QuantileBins
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LEVELS = 64
AUTO_BINS = 8


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Levels(Fields):
    """How rows become integers.

    Args:
        coded: which columns are integers already, shape (columns,).
        bins: what cuts the others; None where there are none.
    """

    coded: NDArray[np.bool_]
    bins: QuantileBins | None = None

    @classmethod
    def of(cls, rows: Floats, weights: Floats | None, bins: Any) -> Levels:
        """Decide which columns are integers already, and where to cut the others.

        Args:
            rows: shape (rows, columns).
            weights: of the rows; None: all alike.
            bins: as in `MPSBornMachine`.
        """
        codes = (rows == np.floor(rows)) & (rows >= 0) & (rows < MOST_LEVELS)
        auto = isinstance(bins, str)
        coded = codes.all(axis=0) if auto else np.full(rows.shape[1], not bins)
        if coded.all():
            return cls(coded)
        cut = QuantileBins(AUTO_BINS if auto else bins)
        return cls(coded, cut.fit(rows[:, ~coded], sample_weight=weights))

    def apply(self, rows: Floats, name: str = "X", known: bool = False) -> Ints:
        """Return rows as integers.

        Args:
            rows: shape (rows, columns).
            name: of the rows in an error.
            known: whether integers above those of training are let through, as 64.

        Raises:
            ArgumentError: values that must be integers are none.
        """
        most = np.inf if known else MOST_LEVELS
        levels = as_levels(np.where(self.coded, rows, 0.0), most, name)
        if self.bins is not None:
            levels[:, ~self.coded] = self.bins.transform(rows[:, ~self.coded])
        return levels

    @property
    def edges(self) -> list[Floats]:
        """Edges of the bins of every column that is cut."""
        return [] if self.bins is None else self.bins.edges_

    @classmethod
    def restored(cls, coded: Any, edges: Sequence[Floats], counts: Sequence[int]) -> Levels:
        """Return the levels of a file.

        Args:
            coded: which columns are integers; None where the file is of a version in which all
                were, or none.
            edges: of the bins.
            counts: number of values of every column.

        Raises:
            ArgumentError: they do not belong together.
        """
        found = np.array([not edges] * len(counts) if coded is None else coded, dtype=bool)
        if found.shape != (len(counts),):
            raise fail("coded", "one flag per column", coded)
        for levels, edge in zip(np.array(counts)[~found], edges, strict=True):
            good = edge.ndim == 1 and np.isfinite(edge).all() and (np.diff(edge) > 0).all()
            if not good or levels > len(edge) + 1:
                raise fail("edges", f"ascending edges of {levels} bins", edge)
        return cls(found, QuantileBins.of(edges) if edges else None)


def as_levels(rows: Floats, most: float = MOST_LEVELS, name: str = "X") -> Ints:
    """Return rows as integers.

    Raises:
        ArgumentError: a value is no integer from 0 to below `most`.
    """
    bad = (rows != np.floor(rows)) | (rows < 0) | (rows >= most)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ArgumentError(
            f"Argument `{name}` must hold integers of 0 … {MOST_LEVELS - 1}, but is "
            f"{rows[where]:g} at index {where}. Set bins= for real numbers, or encode such a "
            "column first, for instance with sklearn.preprocessing.OrdinalEncoder."
        )
    return np.minimum(rows, MOST_LEVELS).astype(np.int64)
