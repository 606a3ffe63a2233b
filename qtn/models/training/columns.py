"""What a model learns about its columns: from rows to what the sites hold, and on to features."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, finite_array, permutation, positive_int
from qtn._display import Fields
from qtn.data.dataset import EDGE
from qtn.data.features import feature_map, one_hot
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]

RESCALES = ("auto", True, False, "quantiles")
# How far outside the training range is "far", in ranges.
_FAR = 0.5
# Knots of the distribution of a column at most.
_KNOTS = 100


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scaling(Fields):
    """Columns to [0, 1], and how many sites hold a column.

    Args:
        low: of every column, what becomes 0; None takes rows in [0, 1] only, as they are.
        width: of every column, from what becomes 0 to what becomes 1; None as `low` is.
        copies: sites per column.
        order: the column that every site holds, in turn; None: as they come.
    """

    low: Floats | None
    width: Floats | None
    copies: int = 1
    order: NDArray[np.int64] | None = None

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
        scaled = _ordered(np.clip(self._scaled(rows, name), 0.0, 1.0), self.order)
        return np.repeat(scaled, self.copies, axis=1)

    def _scaled(self, rows: Floats, name: str) -> Floats:
        if self.low is None or self.width is None:
            self._refuse_outside(rows, name)
            return rows
        with np.errstate(over="ignore"):
            scaled = (rows - self.low) / self.width
        self._warn_far(rows, scaled, name)
        return np.asarray(scaled)

    def mapped(self, sites: Floats, features: str) -> Floats:
        """Return the features of what the sites hold, shape (rows, sites, phys)."""
        return feature_map("legendre" if features == "learned" else features)(sites)

    def inside(self, columns: int) -> Floats:
        """Return one row within the ranges of the columns."""
        return np.zeros((1, columns)) if self.low is None else self.low[None]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file keeps."""
        kept = {} if self.order is None else {"columns.order": self.order}
        if self.low is None or self.width is None:
            return kept
        return kept | {"scaling.low": self.low, "scaling.width": self.width}

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
                stacklevel=5,
            )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Quantiles(Scaling):
    """Columns to [0, 1] by their distribution: what is as likely exceeded as not becomes ½.

        u(v) = (F(v-) + F(v)) / 2,     F the share of the training rows up to v,

    stretched so that the least value becomes 0 and the largest 1; straight lines between at most a
    hundred knots. Columns of long tails and of clusters become uniform, on which Legendre
    polynomials are uncorrelated; columns of two values become what any scaling makes of them.
    Weights count as copies of a row do.

    Args:
        low, width, copies, order: as in `Scaling`, for what lies beyond the training rows.
        knots: values of every column, rising, shape (columns, knots); the last is repeated.
        places: what the knots become, of the same shape.
    """

    knots: Floats | None = None
    places: Floats | None = None

    @classmethod
    def learned(
        cls, rows: Floats, weights: Floats | None, copies: int, order: NDArray[np.int64] | None
    ) -> Quantiles:
        """Learn the distributions of the columns from weighted rows.

        Cost: a sort of every column.
        """
        outer = Scaling.learn(rows, True, copies)
        share = np.ones(len(rows)) if weights is None else weights
        found = [_knots(column, share) for column in rows.T]
        most = max(len(knots) for knots, _ in found)
        packed = [[np.pad(a, (0, most - len(a)), mode="edge") for a in pair] for pair in found]
        knots, places = (np.array([pair[i] for pair in packed]) for i in (0, 1))
        return cls(outer.low, outer.width, copies, order, knots, places)

    @classmethod
    def restored_from(
        cls,
        arrays: dict[str, NDArray[Any]],
        copies: int,
        columns: int,
        order: NDArray[np.int64] | None,
    ) -> Quantiles:
        """Return the quantiles that a file holds.

        Raises:
            ArgumentError: its numbers are no quantiles of that many columns.
        """
        outer = Scaling.restored(arrays["scaling.low"], arrays["scaling.width"], copies, columns)
        knots, places = arrays["scaling.knots"], arrays["scaling.places"]
        for name, table in (("scaling.knots", knots), ("scaling.places", places)):
            finite_array(name, table, ndim=2)
            if table.shape != knots.shape or len(table) != columns or (np.diff(table) < 0).any():
                raise fail(name, f"rising numbers for each of {columns} columns", table)
        if places.min() < 0 or places.max() > 1:
            raise fail("scaling.places", "numbers in [0, 1]", places)
        return cls(outer.low, outer.width, positive_int("copies", copies), order, knots, places)

    def _scaled(self, rows: Floats, name: str) -> Floats:
        assert self.knots is not None
        assert self.places is not None
        Scaling._scaled(self, rows, name)  # warns of what lies far outside
        tables = zip(rows.T, self.knots, self.places, strict=True)
        return np.stack([np.interp(column, knots, places) for column, knots, places in tables], 1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file keeps."""
        assert self.knots is not None
        assert self.places is not None
        own = {"scaling.knots": self.knots, "scaling.places": self.places}
        return Scaling.arrays(self) | own


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Columns of categories as integers from 0, for one-hot features.

    Args:
        levels: number of categories of every column.
        order: the column that every site holds, in turn; None: as they come.
    """

    levels: NDArray[np.int64]
    order: NDArray[np.int64] | None = None

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
        """Return the rows themselves, their columns in the order of the sites.

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
        return _ordered(rows, self.order)

    def mapped(self, sites: Floats, features: str) -> Floats:
        """Return unit vectors of the categories, shape (rows, sites, most levels)."""
        return one_hot(sites, int(self.levels.max()))

    def inside(self, columns: int) -> Floats:
        """Return one row of known categories."""
        return np.zeros((1, columns))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file keeps."""
        kept = {} if self.order is None else {"columns.order": self.order}
        return kept | {"codes.levels": self.levels}


Columns = Scaling | Codes


def learned_columns(
    rows: Floats,
    features: str,
    rescale: bool | str,
    copies: int,
    order: NDArray[np.int64] | None = None,
    weights: Floats | None = None,
) -> Columns:
    """Return what training rows say about their columns.

    Args:
        rows: training rows.
        features: what the sites hold; "one_hot" takes categories.
        rescale: "quantiles", or as `Scaling.learn` takes it.
        copies: sites per column.
        order: the column that every site holds; None: as they come.
        weights: of the rows, which count for quantiles only.

    Raises:
        ArgumentError: rows that such features cannot take.
    """
    if features == "one_hot":
        return replace(Codes.learn(rows), order=order)
    if rescale == "quantiles":
        return Quantiles.learned(rows, weights, copies, order)
    return replace(Scaling.learn(rows, rescale, copies), order=order)


def restored_columns(arrays: dict[str, NDArray[Any]], copies: int, columns: int) -> Columns:
    """Return what a file says about the columns.

    Raises:
        ArgumentError: its arrays do not belong to that many columns.
    """
    order = arrays.get("columns.order")
    if order is not None:
        permutation("columns.order", order, columns)
    if "codes.levels" in arrays:
        return replace(Codes.restored(arrays["codes.levels"], columns), order=order)
    if "scaling.knots" in arrays:
        return Quantiles.restored_from(arrays, copies, columns, order)
    if "scaling.low" in arrays:
        found = Scaling.restored(arrays["scaling.low"], arrays["scaling.width"], copies, columns)
        return replace(found, order=order)
    return Scaling(None, None, copies, order)


def _ordered(rows: Floats, order: NDArray[np.int64] | None) -> Floats:
    return rows if order is None else rows[:, order]


def _knots(column: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return at most `_KNOTS` rising values of a column and what they become."""
    values, numbers = np.unique(column, return_inverse=True)
    share = np.bincount(numbers, weights, len(values))
    up_to = share.cumsum()
    middle = (up_to - share / 2) / up_to[-1]
    if len(values) < 2:
        return values, np.zeros(1)
    if len(values) > _KNOTS:
        wanted = np.linspace(middle[0], middle[-1], _KNOTS)
        kept = np.unique(np.searchsorted(middle, wanted - 1e-12).clip(max=len(values) - 1))
        kept[0], kept[-1] = 0, len(values) - 1
        values, middle = values[kept], middle[kept]
    places = (middle - middle[0]) / (middle[-1] - middle[0])
    return values, np.clip(places, 0.0, 1.0)
