r"""Cross interpolation: a tensor train of a function of many indices from few of its values.

At every bond l the function is looked at as a matrix of left against right indices, and
interpolated by r of its rows and columns, :math:`F ≈ F(:, J) F(I, J)^{-1} F(I, :)`. Sweeps over
pairs of sites choose the pivots by Gaussian elimination with full pivoting of the matrix
:math:`F(I_{l-1} ⊗ σ_l, σ_{l+1} ⊗ J_{l+2})`, until the largest residual is below the tolerance times
the largest value seen and the ranks stay. The train is

.. math:: F ≈ \prod_l F(I_{l-1}, σ_l, J_{l+1})\, F(I_l, J_{l+1})^{-1}.

Values at random indices test it; where they are wrong, the worst becomes a new pivot.

Reference: Oseledets and Tyrtyshnikov, Linear Algebra Appl. 432, 70 (2010); Núñez Fernández et al.,
SciPost Phys. 18, 104 (2025), algorithm 2 ("2-site TCI") with global pivots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qtn._random import generator
from qtn.errors import ArgumentError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indexed: TypeAlias = Callable[[Ints], Floats]  # (rows, sites) -> (rows,)

SWEEPS = 12
TESTS = 2048


@dataclass(frozen=True, slots=True)
class Train:
    """A tensor train (left, index, right) and how well it holds values at random indices.

    Args:
        tensors: one per index.
        error: largest error at random indices, relative to the largest value seen.
        evaluations: values of the function that were asked for.
    """

    tensors: tuple[Floats, ...]
    error: float
    evaluations: int


def cross_train(
    function: Indexed, sizes: Sequence[int], tolerance: float, max_rank: int, seed: int = 0
) -> Train:
    """Return a tensor train of a function of indices.

    Args:
        function: takes indices (rows, sites) and returns values (rows,).
        sizes: number of values of every index; at least two indices.
        tolerance: largest error, relative to the largest value.
        max_rank: bonds are cut there; `Train.error` then says what is missed.
        seed: of the random indices.

    Raises:
        ArgumentError: the function is 0 at all indices tried.

    Cost: sweeps × sites × (rank × size)² values.
    """
    walk = _Cross(function, tuple(sizes), tolerance, max_rank, seed)
    ranks: list[int] = []
    for _ in range(SWEEPS):
        walk.sweep()
        train = walk.train()
        missed = walk.worst(train)
        if missed is None and walk.ranks == ranks:
            break
        ranks = walk.ranks
        if missed is not None:
            walk.add(missed)
    return Train(tuple(train), walk.error, walk.evaluations)


class _Cross:
    """Pivots of all bonds: `left[l]` are indices of the sites before l, `right[l]` from l on."""

    def __init__(
        self, function: Indexed, sizes: tuple[int, ...], tolerance: float, rank: int, seed: int
    ) -> None:
        self.function, self.sizes, self.tolerance, self.rank = function, sizes, tolerance, rank
        self.rng, self.evaluations, self.largest = generator(seed, "cross"), 0, 0.0
        self.error = np.inf
        start = self._random(TESTS)
        values = np.abs(self._values(start))
        if not values.any():
            raise ArgumentError(
                f"Argument `function` is 0 at {TESTS:,} places of the domain. Take a domain where "
                "it is not."
            )
        first = start[int(np.argmax(values))]
        n = len(sizes)
        self.left = [first[None, :site] for site in range(n + 1)]
        self.right = [first[None, site:] for site in range(n + 1)]

    @property
    def ranks(self) -> list[int]:
        return [len(rows) for rows in self.left]

    def sweep(self) -> None:
        """Choose the pivots of all bonds anew, there and back."""
        bonds = range(len(self.sizes) - 1)
        for site in (*bonds, *reversed(bonds)):
            rows = _joined(self.left[site], _column(self.sizes[site]))
            columns = _joined(_column(self.sizes[site + 1]), self.right[site + 2])
            matrix = self._table(rows, columns)
            chosen_rows, chosen_columns = _pivots(matrix, self.tolerance * self.largest, self.rank)
            self.left[site + 1] = rows[chosen_rows]
            self.right[site + 1] = columns[chosen_columns]

    def train(self) -> list[Floats]:
        """Return the tensors of the present pivots."""
        out = []
        last = len(self.sizes) - 1
        for site, size in enumerate(self.sizes):
            rows = _joined(self.left[site], _column(size))
            tensor: NDArray[Any] = self._table(rows, self.right[site + 1])
            if site < last:
                pivot = self._table(self.left[site + 1], self.right[site + 1])
                tensor = np.linalg.lstsq(pivot.T, tensor.T, rcond=None)[0].T
            out.append(tensor.reshape(len(self.left[site]), size, -1))
        return out

    def worst(self, train: list[Floats]) -> Ints | None:
        """Return the random index at which the train is wrong by most, None if it is nowhere."""
        places = self._random(TESTS)
        wrong = np.abs(evaluated(train, places) - self._values(places))
        self.error = float(wrong.max()) / self.largest
        if self.error <= self.tolerance:
            return None
        found: Ints = places[int(np.argmax(wrong))]
        return found

    def add(self, place: Ints) -> None:
        """Add an index as a pivot to all bonds."""
        for site in range(1, len(self.sizes)):
            if len(self.left[site]) < self.rank:
                self.left[site] = np.vstack([self.left[site], place[None, :site]])
                self.right[site] = np.vstack([self.right[site], place[None, site:]])

    def _table(self, rows: Ints, columns: Ints) -> Floats:
        return self._values(_joined(rows, columns)).reshape(len(rows), len(columns))

    def _values(self, places: Ints) -> Floats:
        self.evaluations += len(places)
        values = self.function(places)
        self.largest = max(self.largest, float(np.abs(values).max(initial=0.0)))
        return values

    def _random(self, count: int) -> Ints:
        return np.stack([self.rng.integers(0, size, count) for size in self.sizes], axis=1)


def evaluated(train: Sequence[Floats], places: Ints) -> Floats:
    """Return the values of a tensor train at indices (rows, sites)."""
    out = np.ones((len(places), 1))
    for site, tensor in enumerate(train):
        out = np.einsum("bl,lbr->br", out, tensor[:, places[:, site]])
    return out[:, 0]


def _pivots(matrix: Floats, tolerance: float, rank: int) -> tuple[list[int], list[int]]:
    """Return rows and columns chosen by Gaussian elimination with full pivoting."""
    rest = matrix.copy()
    rows: list[int] = []
    columns: list[int] = []
    for _ in range(min(*matrix.shape, rank)):
        row, column = np.unravel_index(int(np.argmax(np.abs(rest))), rest.shape)
        pivot = rest[row, column]
        if rows and abs(pivot) <= tolerance:
            break
        rows.append(int(row))
        columns.append(int(column))
        if pivot == 0.0:
            break
        rest -= np.outer(rest[:, column], rest[row] / pivot)
    return rows, columns


def _column(size: int) -> Ints:
    return np.arange(size, dtype=np.int64)[:, None]


def _joined(first: Ints, second: Ints) -> Ints:
    """Return every row of the first beside every row of the second."""
    return np.hstack([
        np.repeat(first, len(second), axis=0), np.tile(second, (len(first), 1))
    ])  # fmt: skip
