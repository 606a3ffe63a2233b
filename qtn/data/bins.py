"""Real columns as small integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from qtn._checks import bounded_int, fail, finite_array
from qtn.errors import ArgumentError

_MOST = 64


class QuantileBins(TransformerMixin, BaseEstimator):
    """Cuts every column at its quantiles into bins numbered from 0.

    A value that most rows share (the zero of a counter) gets a bin of its own instead of swallowing
    its neighbours, so that rare values stay visible; equal quantiles give fewer bins.

    Args:
        bins: largest number of bins per column, 2 … 64.

    Attributes:
        edges_: per column, the largest value of every bin but the last.

    Example:
        >>> rows = [[0.0], [0.0], [0.0], [7.0]]
        >>> QuantileBins(4).fit_transform(rows).ravel()
        array([0, 0, 0, 1])
    """

    def __init__(self, bins: int = 4) -> None:
        self.bins = bins

    @classmethod
    def of(cls, edges: Sequence[NDArray[np.float64]]) -> Self:
        """Return bins with known edges, one array per column."""
        out = cls(min(max(2, *(len(e) + 1 for e in edges)), _MOST))
        out.edges_, out.n_features_in_ = list(edges), len(edges)
        return out

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the edges of the columns of `X`, shape (rows, columns).

        Args:
            X: rows of numbers.
            y: ignored.
            sample_weight: how often every row counts, at least 0, shape (rows,); None: once.

        Raises:
            ArgumentError: the number of bins or the rows cannot be used.
        """
        bounded_int("bins", self.bins, 2, _MOST)
        rows = self._checked(X, reset=True)
        weights = None
        if sample_weight is not None:
            weights = finite_array("sample_weight", sample_weight, ndim=1, dtype=np.float64)
            if len(weights) != len(rows) or weights.min() < 0 or not weights.any():
                expected = "one non-negative weight per row, not all zero"
                raise fail("sample_weight", expected, sample_weight)
            rows, weights = rows[weights > 0], weights[weights > 0]
        self.edges_ = [_edges(column, self.bins, weights) for column in rows.T]
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the numbers of the bins, shape (rows, columns).

        Raises:
            ArgumentError: the rows cannot be used.
        """
        check_is_fitted(self)
        rows = self._checked(X, reset=False)
        columns = zip(self.edges_, rows.T, strict=True)
        return np.stack([np.searchsorted(e, column) for e, column in columns], axis=1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _checked(self, X: ArrayLike, reset: bool) -> NDArray[np.float64]:
        try:
            return np.asarray(validate_data(self, X, reset=reset, dtype=np.float64))
        except ValueError as error:
            raise ArgumentError(f"Argument `X` cannot be used: {error}") from error


def _edges(
    column: NDArray[np.float64], bins: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    places = np.linspace(0, 1, bins + 1)[1:-1]
    if weights is None:
        edges = np.quantile(column, places, method="lower")
    else:
        # The same quantiles of the rows repeated as often as they weigh.
        order = np.argsort(column, kind="stable")
        total = np.cumsum(weights[order])
        found = np.searchsorted(total, np.floor(places * max(total[-1] - 1, 0)), side="right")
        edges = column[order][np.minimum(found, len(column) - 1)]
    edges = np.unique(edges)
    below = column[column < column.max()]
    if len(below):
        # An edge at the largest value would leave nothing above it.
        edges = np.minimum(edges, below.max())
    return np.unique(edges[edges < column.max()])
