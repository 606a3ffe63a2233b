r"""Two models on the same rows: what one gains over the other, with an interval and a test.

**Hits.** Of n rows, b are hit by the second model alone, c by the first alone; the others say
nothing of a difference. The difference of the accuracies is :math:`d = (b - c) / n`, and its error
is not that of two independent proportions: models that mostly agree are told apart by few rows.

*McNemar.* If neither is better, a row on which they differ falls to either side like a fair coin:
:math:`b \sim \mathrm{Binomial}(b + c, 1/2)`. The p-value is the exact two-sided one,
:math:`\min(1, 2 P(K \le \min(b, c)))`; without such rows it is 1.

*Paired bootstrap.* Drawing rows with replacement draws (b, c, n − b − c) from a multinomial
distribution with the observed shares. With few rows that differ these shares are too certain: at
b = c = 0 the interval would be the point 0, and with one such row expected in fifty it holds the
truth in 64 % of all cases instead of 95 %. Each of the three counts is therefore raised by one half
(Jeffreys' prior of a multinomial) before drawing: coverage is then at least .951 in nine cases with
n from 50 to 1000 and one such row or more expected, computed exactly by `make bench-quantum`, with
shorter intervals than Newcombe's, Tango's and Bonett and Price's.

**Errors.** For targets that are numbers the columns are the squared errors of both models; their
mean difference is resampled row by row (`qtn.statistics.resampling`), and tested by flipping signs:
if neither is better, the difference of a row is as likely :math:`+\delta` as :math:`-\delta`
(Fisher's test by randomisation, here with random flips: :math:`p = (1 + \#\{|\bar\delta_{flipped}|
\ge |\bar\delta|\}) / (1 + draws)`).

Reference: McNemar, Psychometrika 12, 153 (1947), exact as in Fagerland, Lydersen and Laake, BMC
Med. Res. Methodol. 13, 91 (2013); Dietterich, Neural Comput. 10, 1895 (1998), for models on one
test set; Fisher, The Design of Experiments, §21 (1935). What differs: the raised counts of the
bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from qtn._checks import bounded_int, finite_array
from qtn._display import Fields
from qtn.errors import ArgumentError
from qtn.statistics.resampling import DRAWS, Floats, interval_of, resampled_means

RAISED = 0.5
HIT_DRAWS = 20_000  # three counts a draw


@dataclass(frozen=True, slots=True, repr=False)
class Difference(Fields):
    """What the second of two models gains over the first on the same rows.

    Args:
        value: of accuracies, or of whatever is compared; positive where the second has more.
        low, high: interval of the paired bootstrap.
        p_value: of the test that neither is better; two-sided.
        wins: rows on which the second alone is right (for errors: is closer).
        losses: rows on which the first alone is.
        confidence: of the interval.
    """

    value: float
    low: float
    high: float
    p_value: float
    wins: int
    losses: int
    confidence: float = 0.95


def mcnemar(wins: int, losses: int) -> float:
    """Return the exact two-sided p-value of McNemar's test.

    Args:
        wins: rows on which one of two models alone is right.
        losses: rows on which the other alone is.

    Raises:
        ArgumentError: a count is none.

    Example:
        >>> round(mcnemar(8, 1), 4)
        0.0391
    """
    b, c = bounded_int("wins", wins, 0), bounded_int("losses", losses, 0)
    return float(stats.binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0


def compare_hits(
    first: ArrayLike, second: ArrayLike, confidence: float = 0.95, seed: int = 0
) -> Difference:
    """Compare two models by which rows they got right.

    Args:
        first: whether the first model is right, shape (rows,), True or False.
        second: the same of the second.
        confidence: of the interval.
        seed: of the resampling.

    Returns:
        The difference of the accuracies, second minus first.

    Raises:
        ArgumentError: shapes differ, or the confidence cannot be one.

    Cost: some milliseconds, whatever the number of rows.

    Example:
        >>> found = compare_hits([True, False, True, False], [True, True, True, True])
        >>> found.value, found.wins, found.losses, found.p_value
        (0.5, 2, 0, 0.5)
    """
    a, b = _pair("first", first, "second", second)
    before, after = a != 0, b != 0
    rows, wins, losses = len(a), int(np.sum(after & ~before)), int(np.sum(before & ~after))
    shares = np.array([wins, losses, rows - wins - losses]) + RAISED
    rng = np.random.default_rng(bounded_int("seed", seed, 0))
    drawn = rng.multinomial(rows, shares / shares.sum(), size=HIT_DRAWS)
    value = (wins - losses) / rows
    low, high = interval_of((drawn[:, 0] - drawn[:, 1]) / rows, confidence)
    low, high = min(low, value), max(high, value)
    return Difference(value, low, high, mcnemar(wins, losses), wins, losses, confidence)


def compare_errors(
    first: ArrayLike,
    second: ArrayLike,
    confidence: float = 0.95,
    seed: int = 0,
    figure: Callable[[Floats], Floats] = np.sqrt,
) -> Difference:
    """Compare two models by their squared errors on the same rows.

    Args:
        first: squared errors of the first model, shape (rows,).
        second: the same of the second.
        confidence: of the interval.
        seed: of the resampling and of the flips.
        figure: what is compared, as a function of mean squared errors; the root by default.

    Returns:
        The difference figure(second) − figure(first): negative where the second is closer, if the
        figure grows with the error.

    Raises:
        ArgumentError: shapes differ, or the confidence cannot be one.

    Cost: O(rows · 2000).

    Example:
        >>> found = compare_errors(np.full(9, 4.0), np.full(9, 1.0))
        >>> found.value, found.wins
        (-1.0, 9)
    """
    a, b = _pair("first", first, "second", second)
    means = figure(resampled_means(np.stack([a, b], axis=1), DRAWS, seed))
    exact = figure(np.array([a.mean(), b.mean()]))
    low, high = interval_of(means[:, 1] - means[:, 0], confidence)
    flips = np.random.default_rng([seed, 1]).choice([-1.0, 1.0], size=(DRAWS, len(a)))
    distance = abs(np.mean(b - a))
    as_far = np.abs(flips @ (b - a)) / len(a) >= distance * (1 - 1e-12)
    p_value = (1 + int(np.sum(as_far))) / (1 + DRAWS)
    wins, losses = int(np.sum(b < a)), int(np.sum(a < b))
    return Difference(float(exact[1] - exact[0]), low, high, p_value, wins, losses, confidence)


def _pair(one: str, first: ArrayLike, other: str, second: ArrayLike) -> tuple[Floats, Floats]:
    a = finite_array(one, first, ndim=1, dtype=np.float64)
    b = finite_array(other, second, ndim=1, dtype=np.float64)
    if a.shape != b.shape:
        raise ArgumentError(
            f"Arguments `{one}` and `{other}` must be of the same rows, but have {len(a)} and "
            f"{len(b)}."
        )
    return a, b
