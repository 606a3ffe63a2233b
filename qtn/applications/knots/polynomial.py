r"""Laurent polynomials with whole coefficients, the exact form of a Jones polynomial.

A Jones polynomial is :math:`V(t) = \sum_k a_k t^k` with whole a_k; k is whole for links of an odd
number of components and whole plus one half for an even number, where √t is the principal root.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

# 4 cos(kπ/5) and 2 sin(kπ/5) / sin(π/5) as (p, q) for p + q √5, k = 0 … 9.
_COSINES = ((4, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (-4, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))
_SINES = ((0, 0), (2, 0), (1, 1), (1, 1), (2, 0), (0, 0), (-2, 0), (-1, -1), (-1, -1), (-2, 0))


@dataclass(frozen=True)
class Polynomial:
    """A Laurent polynomial in √t with whole coefficients.

    Args:
        terms: pairs (power of √t, coefficient), rising powers, no coefficient 0.

    Example:
        >>> trefoil = Polynomial.of({2: 1, 6: 1, 8: -1})
        >>> trefoil, trefoil(-1)
        (t + t^3 - t^4, (-3+0j))
    """

    terms: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, terms: Mapping[int, int]) -> Polynomial:
        """Return the polynomial with coefficients by power of √t."""
        return cls(tuple(sorted((int(k), int(a)) for k, a in terms.items() if a)))

    def __call__(self, t: complex) -> complex:
        """Return the value at t; half powers take the principal square root."""
        root = np.sqrt(complex(t))
        return complex(sum(a * root**k for k, a in self.terms))

    def at_fifth_root(self) -> complex:
        r"""Return the value at exp(2πi/5) without rounding on the way.

        Powers of :math:`ζ = e^{iπ/5}`, the principal root of t, have cosines in :math:`ℚ(\sqrt5)`
        and sines that are :math:`\sin(π/5)` times such numbers, so that both parts are
        :math:`p + q \sqrt5` with whole p and q, whatever cancels between large coefficients.
        """
        sums = [sum(a for k, a in self.terms if k % 10 == r) for r in range(10)]
        p = sum(a * c[0] for a, c in zip(sums, _COSINES, strict=True))
        q = sum(a * c[1] for a, c in zip(sums, _COSINES, strict=True))
        r = sum(a * c[0] for a, c in zip(sums, _SINES, strict=True))
        s = sum(a * c[1] for a, c in zip(sums, _SINES, strict=True))
        return complex(_with_root(p, q) / 4, _with_root(r, s) / 2 * math.sin(math.pi / 5))

    def __repr__(self) -> str:
        return "".join(self._shown(i) for i in range(len(self.terms))) or "0"

    def _repr_latex_(self) -> str:
        return "$" + re.sub(r"\^\(?(-?\d+(?:/2)?)\)?", r"^{\1}", repr(self)) + "$"

    @property
    def span(self) -> Fraction:
        """Highest minus lowest power of t."""
        return Fraction(self.terms[-1][0] - self.terms[0][0], 2) if self.terms else Fraction(0)

    def _shown(self, i: int) -> str:
        power, a = self.terms[i]
        sign = ("-" if a < 0 else "") if i == 0 else (" - " if a < 0 else " + ")
        t = "" if power == 0 else "t" if power == 2 else f"t^{_power(power)}"
        size = str(abs(a)) if abs(a) != 1 or not t else ""
        return sign + size + t


def _power(halves: int) -> str:
    return str(halves // 2) if halves % 2 == 0 else f"({halves}/2)"


def _with_root(p: int, q: int) -> float:
    """Return p + q √5 to double precision, also where the two cancel."""
    scale = 10 ** (20 + len(str(abs(p) + abs(q))))
    root = math.isqrt(5 * scale * scale)
    return float(Fraction(p * scale + q * root, scale))
