"""What a model learns about its columns: from rows to what the sites hold, and on to features."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, finite_array, positive_int
from qtn.data.dataset import EDGE
from qtn.data.features import feature_map, one_hot
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]

# How far outside the training range is "far", in ranges.
_FAR = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Columns to [0, 1], and how many sites hold a column.

    Args:
        low: of every column, what becomes 0; None takes rows in [0, 1] only, as they are.
        width: of every column, from what becomes 0 to what becomes 1; None as `low` is.
        copies: sites per column.
    """

    low: Floats | None
    width: Floats | None
    copies: int = 1

    @classmethod
    def restored(cls, low: Floats, width: Floats, copies: int, columns: int) -> Scaling:
        """Return the scaling that a file holds.

        Raises:
            ArgumentError: its numbers are no ranges of that many columns.
        """
        finite_array("scaling.low", low, ndim=1)
        if low.shape != (columns,) or width.shape != (columns,) or not (width > 0).all():
            raise fail("scaling.width", f"a positive width for each of {columns} columns", width)
        return cls(low, width, positive_int("copies", copies, maximum=64))

    @classmethod
    def learn(cls, rows: Floats, rescale: bool | str = "auto", copies: int = 1) -> Scaling:
        """Learn the ranges of the columns; constant columns become 0, whatever comes.

        Args:
            rows: training rows.
            rescale: True scales every column by its minimum and maximum, False none, and "auto"
                none either where all rows lie in [0, 1] already.
            copies: sites per column.
        """
        if rescale is False:
            return cls(None, None, copies)
        low, high = rows.min(axis=0), rows.max(axis=0)
        if rescale == "auto" and low.min() >= 0 and high.max() <= 1 + EDGE:
            return cls(np.zeros(rows.shape[1]), np.ones(rows.shape[1]), copies)
        with np.errstate(over="ignore"):
            width = high - low
        if not np.isfinite(width).all():
            raise ArgumentError(
                "Argument `X` must hold columns whose range is a finite number, but column "
                f"{int(np.argmin(np.isfinite(width)))} reaches from {low.min():g} to "
                f"{high.max():g}. Scale it first."
            )
        return cls(low, np.where(width > 0, width, np.inf), copies)

    def apply(self, rows: Floats, name: str = "X") -> Floats:
        """Return what the sites hold, in [0, 1]: shape (rows, columns · copies).

        Values beyond the training range become its ends; a warning names those far beyond it.

        Raises:
            ArgumentError: nothing was learnt and a value lies outside [0, 1].
        """
        if self.low is None or self.width is None:
            self._refuse_outside(rows, name)
            scaled = rows
        else:
            with np.errstate(over="ignore"):
                scaled = (rows - self.low) / self.width
            self._warn_far(rows, scaled, name)
        return np.repeat(np.clip(scaled, 0.0, 1.0), self.copies, axis=1)

    def mapped(self, sites: Floats, features: str) -> Floats:
        """Return the features of what the sites hold, shape (rows, sites, phys)."""
        return feature_map("legendre" if features == "learned" else features)(sites)

    def inside(self, columns: int) -> Floats:
        """Return one row within the ranges of the columns."""
        return np.zeros((1, columns)) if self.low is None else self.low[None]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file keeps."""
        if self.low is None or self.width is None:
            return {}
        return {"scaling.low": self.low, "scaling.width": self.width}

    def _refuse_outside(self, rows: Floats, name: str) -> None:
        low, high = float(rows.min()), float(rows.max())
        if low < -EDGE or high > 1 + EDGE:
            raise ArgumentError(
                f"Argument `{name}` must hold features in [0, 1], but holds "
                f"{low if low < 0 else high:g}. Scale the columns first, or make the model with "
                "rescale=True."
            )

    def _warn_far(self, rows: Floats, scaled: Floats, name: str) -> None:
        far = (scaled < -_FAR) | (scaled > 1 + _FAR)
        if far.any() and self.low is not None and self.width is not None:
            row, column = (int(i) for i in np.argwhere(far)[0])
            low, width = float(self.low[column]), float(self.width[column])
            warnings.warn(
                f"{int(far.any(axis=1).sum())} of {len(rows)} rows of `{name}` lie far outside the "
                f"training range, such as {rows[row, column]:g} in column {column} (trained on "
                f"{low:g} … {low + width:g}); they are taken as its ends.",
                stacklevel=4,
            )


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Columns of categories as integers from 0, for one-hot features.

    Args:
        levels: number of categories of every column.
    """

    levels: NDArray[np.int64]

    @property
    def copies(self) -> int:
        """Sites per column."""
        return 1

    @classmethod
    def restored(cls, levels: NDArray[np.int64], columns: int) -> Codes:
        """Return the codes that a file holds.

        Raises:
            ArgumentError: its numbers are no levels of that many columns.
        """
        if levels.shape != (columns,) or levels.dtype != np.int64 or levels.min() < 1:
            raise fail("codes.levels", f"a number of levels for each of {columns} columns", levels)
        return cls(levels)

    @classmethod
    def learn(cls, rows: Floats) -> Codes:
        """Learn how many categories every column has.

        Raises:
            ArgumentError: a value is no integer from 0.
        """
        if (rows != np.floor(rows)).any() or rows.min() < 0:
            raise ArgumentError(
                "Argument `X` must hold integers from 0 for one-hot features, but holds other "
                "numbers. Encode the categories with sklearn.preprocessing.OrdinalEncoder."
            )
        return cls(rows.max(axis=0).astype(np.int64) + 1)

    def apply(self, rows: Floats, name: str = "X") -> Floats:
        """Return the rows themselves.

        Raises:
            ArgumentError: a category that was never seen in training.
        """
        strange = (rows >= self.levels) | (rows < 0) | (rows != np.floor(rows))
        if strange.any():
            row, column = (int(i) for i in np.argwhere(strange)[0])
            raise ArgumentError(
                f"Argument `{name}` must hold categories seen in training (0 … "
                f"{self.levels[column] - 1} in column {column}), but row {row} holds "
                f"{rows[row, column]:g}. Group rare categories before training, for instance with "
                "OrdinalEncoder(max_categories=...)."
            )
        return rows

    def mapped(self, sites: Floats, features: str) -> Floats:
        """Return unit vectors of the categories, shape (rows, sites, most levels)."""
        return one_hot(sites, int(self.levels.max()))

    def inside(self, columns: int) -> Floats:
        """Return one row of known categories."""
        return np.zeros((1, columns))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file keeps."""
        return {"codes.levels": self.levels}


Columns = Scaling | Codes


def learned_columns(rows: Floats, features: str, rescale: bool | str, copies: int) -> Columns:
    """Return what training rows say about their columns.

    Raises:
        ArgumentError: rows that such features cannot take.
    """
    if features == "one_hot":
        return Codes.learn(rows)
    return Scaling.learn(rows, rescale, copies)


def restored_columns(arrays: dict[str, NDArray[Any]], copies: int, columns: int) -> Columns:
    """Return what a file says about the columns.

    Raises:
        ArgumentError: its arrays do not belong to that many columns.
    """
    if "codes.levels" in arrays:
        return Codes.restored(arrays["codes.levels"], columns)
    if "scaling.low" in arrays:
        return Scaling.restored(arrays["scaling.low"], arrays["scaling.width"], copies, columns)
    return Scaling(None, None, copies)
