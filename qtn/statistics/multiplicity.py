r"""Several tests at once: p-values that keep the chance of any false alarm.

Of m true hypotheses tested at level α each, :math:`1 - (1 - \alpha)^m` of the tables would show a
difference that is none. Holm orders the p-values and holds the smallest against α/m, the next
against α/(m − 1), and so on until one fails: the chance of any false alarm is at most α, whatever
the dependence between the tests. (If the first true hypothesis in the order is number j, at most
m − j + 1 hypotheses are true, and it fails with probability at least
:math:`1 - \alpha` by Bonferroni's bound over these.) Adjusted p-values say the same without an α:

.. math:: \tilde p_{(j)} = \min\Bigl(1, \max_{i \le j} (m - i + 1)\, p_{(i)}\Bigr)

Reference: Holm, Scand. J. Stat. 6, 65 (1979).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import fail, finite_array


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return Holm's adjusted p-values, in the order given.

    Args:
        p_values: one per test, within [0, 1].

    Raises:
        ArgumentError: a value is no probability.

    Example:
        >>> holm([0.01, 0.04, 0.03]).round(6).tolist()
        [0.03, 0.06, 0.06]
    """
    p = finite_array("p_values", p_values, ndim=1, dtype=np.float64)
    if p.min() < 0 or p.max() > 1:
        raise fail("p_values", "probabilities within [0, 1]", p_values)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted
