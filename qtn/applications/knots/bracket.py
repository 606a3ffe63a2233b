r"""The Jones polynomial by the state sum of Kauffman, in whole numbers.

Every crossing is opened in two ways, :math:`\langle σ_i \rangle = A \cdot 1 + A^{-1} E_i` with
the cup and cap :math:`E_i`, and a closed curve counts :math:`δ = -A^2 - A^{-2}`. Instead of summing
over :math:`2^{\text{crossings}}` pictures, the ones that join the open ends alike are added up as
soon as they meet: after every crossing there is one Laurent polynomial in A for each planar
matching of the 2n ends (n strands), at most the n-th Catalan number of them. The writhe w makes it
an invariant,

.. math:: V(t) = \frac{(-A^3)^{-w} \langle L \rangle}{δ}, \quad t = A^{-4}.

Reference: Kauffman, Topology 26, 395 (1987), equations of section 2. What differs: the sum over
pictures is done crossing by crossing in the Temperley–Lieb algebra.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TypeAlias

from qtn.applications.knots.braid import Braid
from qtn.applications.knots.opened import Matching, capped, loops_of, straight
from qtn.applications.knots.polynomial import Polynomial
from qtn.errors import ArgumentError

Laurent: TypeAlias = "Counter[int]"  # power of A -> coefficient

MAX_STRANDS = 9  # 4,862 matchings


def bracket_polynomial(braid: Braid) -> Polynomial:
    """Return the Jones polynomial of a closed braid.

    Raises:
        ArgumentError: more than nine strands.

    Cost: crossings × Catalan(strands) × span.
    """
    n = braid.strands
    if n > MAX_STRANDS:
        count = math.comb(2 * n, n) // (n + 1)
        raise ArgumentError(
            f'Argument `method`: "bracket" holds up to Catalan({n}) = {count:,} matchings of the '
            f"ends of {n} strands, and takes at most {MAX_STRANDS} strands. Take "
            'method="tensor".'
        )
    sums: dict[Matching, Laurent] = {straight(n): Counter({0: 1})}
    for letter in braid.word:
        sums = _crossed(sums, abs(letter) - 1, 1 if letter > 0 else -1, n)
    total: Laurent = Counter()
    for matching, factor in sums.items():
        _add(total, _times_loops(factor, loops_of(matching, braid) - 1), 0, 1)
    # (-A³)^(-w): a sign, and a shift of the powers of A; t^(1/2) is A^(-2).
    w = braid.writhe
    sign = -1 if w % 2 else 1
    return Polynomial.of({-(k - 3 * w) // 2: sign * a for k, a in total.items()})


def _crossed(sums: dict[Matching, Laurent], i: int, sign: int, n: int) -> dict[Matching, Laurent]:
    """Return the sums after a crossing of the upper ends i and i + 1 was opened both ways."""
    out: dict[Matching, Laurent] = defaultdict(Counter)
    for matching, factor in sums.items():
        _add(out[matching], factor, sign, 1)
        joined, loop = capped(matching, n + i, n + i + 1)
        for power, coefficient in ((0, 1),) if not loop else ((2, -1), (-2, -1)):
            _add(out[joined], factor, power - sign, coefficient)
    return out


def _times_loops(factor: Laurent, loops: int) -> Laurent:
    for _ in range(loops):
        out: Laurent = Counter()
        _add(out, factor, 2, -1)
        _add(out, factor, -2, -1)
        factor = out
    return factor


def _add(total: Laurent, factor: Laurent, shift: int, times: int) -> None:
    for power, coefficient in factor.items():
        total[power + shift] += times * coefficient
