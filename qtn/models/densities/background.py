"""What is mixed into a density so that no value is impossible.

    p(v) = (1 - w) |ψ(v)|² + w Π_c q_c(v_c),        q_c(s) = (n_cs + a) / Σ_s (n_cs + a)

with n_cs the number of rows whose column c shows the value s, a a pseudo-count, and w the weight.
A row that a network gives next to nothing, be it that one of its values was never seen, then has
the density of independent columns, times w, instead of one that ruins every mean.

The likelihood of rows held out is concave in w, so that its best value is found by bisection of
the derivative Σ (q - p) / ((1 - w) p + w q).

A mixture is no pure state. The state nearest in kind is the sum of amplitudes

    φ(v) = (√(1 - u) ψ(v) + √u √q(v)) / N,        N² = 1 + 2 √(u (1 - u)) ⟨ψ|√q⟩

whose squares hold the interference of both terms too, of first order in √u: its best weight u is
another one than w, smaller, and is found on a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn._checks import fail, finite_array
from qtn.models.densities.counted import Counted, Floats, Ints

# Bounds of a weight that is chosen: no value is impossible, and the network takes part.
LEAST, MOST = 1e-6, 0.99
_HALVINGS, _GRID = 40, 80
# A ratio of probabilities beyond e to this power is as good as infinite.
_HUGE = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """The product of the columns' distributions, and its weight in a density.

    Args:
        probabilities: of the values of every column, shape (levels,) each.
        weight: w above; 0 leaves the density as it is.
        coherent: u above; None: w.
    """

    probabilities: tuple[Floats, ...]
    weight: float = 0.0
    coherent: float | None = None

    @classmethod
    def of(cls, data: Counted, levels: Sequence[int], pseudo: float) -> Background:
        """Return the background of some rows, of weight 0.

        Args:
            data: the rows.
            levels: number of values of every column.
            pseudo: the pseudo-count a, at least 0.

        Example:
            >>> data = Counted.of(np.array([[0], [0], [0]]))
            >>> Background.of(data, (2,), 1.0).probabilities[0].tolist()
            [0.8, 0.2]
        """
        found = []
        for column, count in zip(data.rows.T, levels, strict=True):
            counts = np.bincount(column, data.counts, count) + pseudo
            found.append(counts / counts.sum())
        return cls(tuple(found))

    def log_p(self, rows: Ints) -> Floats:
        """Return log q of rows within the levels."""
        out = np.zeros(len(rows))
        with np.errstate(divide="ignore"):
            for column, found in zip(rows.T, self.probabilities, strict=True):
                out += np.log(found)[column]
        return out

    def mixed(self, log_p: Floats, rows: Ints) -> Floats:
        """Return the logarithm of the mixture, given log |ψ|² of the rows."""
        return mixture(log_p, self.log_p(rows), self.weight) if self.weight else log_p

    def draw(self, count: int, rng: np.random.Generator) -> Ints:
        """Draw rows of independent columns, shape (count, columns)."""
        columns = [rng.choice(len(p), size=count, p=p) for p in self.probabilities]
        return np.stack(columns, axis=1).astype(np.int64)

    @property
    def amplitudes(self) -> list[Floats]:
        """Square roots of the probabilities of every column."""
        return [np.sqrt(p) for p in self.probabilities]

    @property
    def added(self) -> list[Floats]:
        """What is added to ψ, a vector per column whose product is √(u / (1 - u)) √q."""
        weight = self.weight if self.coherent is None else self.coherent
        first, *others = self.amplitudes
        return [first * np.sqrt(weight / (1 - weight)), *others]

    def check(self, levels: Sequence[int]) -> None:
        """Raise `ArgumentError` unless it is a distribution over so many levels per column."""
        if not self.probabilities and not self.weight:
            return  # a file of a version without backgrounds
        if len(self.probabilities) != len(levels):
            raise fail("background", "one distribution per column", len(self.probabilities))
        for found, count in zip(self.probabilities, levels, strict=True):
            p = finite_array("background", found, ndim=1, dtype=np.float64)
            if p.shape != (count,) or p.min() < 0 or abs(p.sum() - 1) > 1e-6:
                raise fail("background", f"a distribution of {count} values", found)


def mixture(log_p: Floats, log_q: Floats, weight: float) -> Floats:
    """Return log((1 - w) p + w q) for 0 <= w < 1."""
    if not weight:
        return log_p
    return np.asarray(np.logaddexp(np.log1p(-weight) + log_p, np.log(weight) + log_q))


def best_weight(log_p: Floats, log_q: Floats, shares: Floats) -> float:
    """Return the weight of the largest mean of the mixture's logarithm, within its bounds.

    Args:
        log_p: of the network for rows held out; -inf is allowed.
        log_q: of the background.
        shares: of the rows.

    Example:
        >>> best_weight(np.array([-0.1, -np.inf]), np.log([0.5, 0.5]), np.full(2, 0.5)) > 0.9
        True
    """
    ratio = np.exp(np.minimum(log_q - np.maximum(log_p, log_q - _HUGE), _HUGE)) - 1.0

    def slope(weight: float) -> float:
        return float(shares @ (ratio / (1.0 + weight * ratio)))

    low, high = LEAST, MOST
    if slope(low) <= 0:
        return low
    if slope(high) >= 0:
        return high
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return low


def best_coherent(
    log_p: Floats, signs: Floats, log_q: Floats, overlap: float, shares: Floats
) -> float:
    """Return the weight u of the largest mean of log φ², see the module, on a grid within bounds.

    Args:
        log_p: log ψ² of rows held out; -inf is allowed.
        signs: of ψ, 1 or -1.
        log_q: of the background.
        overlap: ⟨ψ|√q⟩.
        shares: of the rows.
    """
    weights = np.geomspace(LEAST, 0.5, _GRID)
    ratio = signs * np.exp(np.clip((log_p - log_q) / 2, -_HUGE, _HUGE))  # ψ / √q
    means = []
    for u in weights:
        size = np.maximum(np.abs(np.sqrt(1 - u) * ratio + np.sqrt(u)), 1e-300)
        norm = 1 + 2 * np.sqrt(u * (1 - u)) * overlap
        means.append(2 * float(shares @ np.log(size)) - np.log(norm))
    return float(weights[int(np.argmax(means))])
