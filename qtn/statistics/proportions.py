r"""Intervals of a proportion: k hits among n independent rows.

The score :math:`z = (\hat p - p) / \sqrt{p (1 - p) / n}` is about normal at the **true** p. Wilson
takes all p that it does not reject at :math:`|z| \le c`, c the normal quantile of the confidence:

.. math:: (\hat p - p)^2 \le c^2\, p (1 - p) / n \;\Rightarrow\;
    p \in \frac{1}{1 + c^2/n} \left( \hat p + \frac{c^2}{2n}
    \pm c \sqrt{\frac{\hat p (1 - \hat p)}{n} + \frac{c^2}{4 n^2}} \right)

so that no interval leaves [0, 1], and none has the width 0 at k = 0 or k = n, as the interval
:math:`\hat p \pm c\, \hat\sigma` has. Its coverage is the confidence on average over p. Clopper and
Pearson take all p that neither tail of the binomial distribution itself rejects at half the level:

.. math:: P(K \ge k \mid p_{low}) = \alpha/2, \qquad P(K \le k \mid p_{high}) = \alpha/2

which covers at least as often as is said at every p, and is wider for it.

Reference: Wilson, J. Am. Stat. Assoc. 22, 209 (1927); Clopper and Pearson, Biometrika 26, 404
(1934); Brown, Cai and DasGupta, Stat. Sci. 16, 101 (2001), for the comparison.
"""

from __future__ import annotations

import math

from scipy import stats

from qtn._checks import bounded_int, choice, positive_int, real

METHODS = {"wilson": "wilson", "clopper-pearson": "exact"}  # ours and scipy's names


def proportion_interval(
    hits: int, total: int, confidence: float = 0.95, method: str = "wilson"
) -> tuple[float, float]:
    """Return an interval that holds the true proportion with this confidence.

    Args:
        hits: k, at most `total`.
        total: n, independent rows.
        confidence: between 0 and 1.
        method: "wilson", or "clopper-pearson" for coverage that is never below `confidence`.

    Returns:
        Low and high end within [0, 1].

    Raises:
        ArgumentError: a count or the confidence cannot be one, or the method is unknown.

    Example:
        >>> low, high = proportion_interval(200, 200)
        >>> f"[{low:.3f}, {high:.3f}]"
        '[0.981, 1.000]'
    """
    rows = positive_int("total", total)
    count = bounded_int("hits", hits, 0, rows)
    level = real("confidence", confidence, 0.0, 1.0 - 1e-12, open_low=True)
    name = METHODS[choice("method", method, METHODS)]
    found = stats.binomtest(count, rows).proportion_ci(level, method=name)
    # The ends are exact there; rounding must not leave a proportion outside its own interval.
    return (
        0.0 if count == 0 else min(float(found.low), count / rows),
        1.0 if count == rows else max(float(found.high), count / rows),
    )


def proportion_error(hits: int, total: int) -> float:
    """Return the standard error of a proportion after Agresti and Coull: not 0 at 0 or 1.

        p̃ = (k + 2) / (n + 4), error = √(p̃ (1 − p̃) / (n + 4))

    Args:
        hits: k, at most `total`.
        total: n, independent rows.

    Raises:
        ArgumentError: a count cannot be one.

    Example:
        >>> round(proportion_error(10, 10), 3)
        0.094

    Reference: Agresti and Coull, Am. Stat. 52, 119 (1998).
    """
    rows = positive_int("total", total)
    centre = (bounded_int("hits", hits, 0, rows) + 2) / (rows + 4)
    return math.sqrt(centre * (1 - centre) / (rows + 4))
