"""Product formulas: exp(-i(A + B)t) as a merged sequence of exp(-i a_k A t) and exp(-i b_k B t).

Order 1 is Lie's formula, order 2 Strang's, order 4 the six-stage formula of Blanes and Moan, whose
error at equal cost is far below that of Suzuki's fractal formula.
"""

from __future__ import annotations

from functools import cache

from qtn._checks import bounded_int, choice

__all__ = ["ORDERS", "layers", "stages"]

ORDERS = (1, 2, 4)
Layer = tuple[int, float]

_A = (0.0792036964311957, 0.353172906049774, -0.0420650803577195)
_B = (0.209515106613362, -0.143851773179818)


@cache
def stages(order: int) -> tuple[Layer, ...]:
    """Return one step as (part, fraction of the step) pairs; part 0 is A (even bonds), 1 is B.

    Reference: S. Blanes and P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), table 2 (S6).
    """
    choice("order", order, ORDERS, way_out="Higher orders rarely pay; take a smaller step.")
    if order == 1:
        return ((0, 1.0), (1, 1.0))
    if order == 2:
        return ((0, 0.5), (1, 1.0), (0, 0.5))
    a = (*_A, 1.0 - 2.0 * sum(_A))
    b = (*_B, 0.5 - sum(_B))
    outer = [a[0], a[1], a[2], a[3], a[2], a[1], a[0]]
    inner = [b[0], b[1], b[2], b[2], b[1], b[0]]
    merged: list[Layer] = []
    for k, fraction in enumerate(outer):
        merged.append((0, fraction))
        if k < len(inner):
            merged.append((1, inner[k]))
    return tuple(merged)


def layers(order: int, steps: int) -> list[Layer]:
    """Return `steps` steps of the formula with equal neighbouring parts merged into one layer."""
    sequence: list[Layer] = []
    for _ in range(bounded_int("steps", steps, 1)):
        for part, fraction in stages(order):
            if sequence and sequence[-1][0] == part:
                sequence[-1] = (part, sequence[-1][1] + fraction)
            else:
                sequence.append((part, fraction))
    return sequence
