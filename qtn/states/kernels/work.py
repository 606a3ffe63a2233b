"""How far a gate list has been applied to a chain, what it has cost, and where to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtn._checks import positive_int
from qtn.errors import ArgumentError

STEP_WORK = 1.2e5
"""Operations in the time that Python takes around one fused gate (25 µs at 5 Gflop/s)."""


def pair_work(shape: tuple[float, ...], behind: float, rank: int, limit: int | None) -> float:
    """Return about how many operations `apply_pair` takes: products and one factorisation.

    Weights of the terms fitted to processor times of 12 circuits at bonds 1 to 256.
    """
    before, phys, middle = shape
    rows, columns, inner = before * phys, phys * behind, rank * middle
    small = min(rows, columns, inner)
    kept = limit if limit is not None and 3 * limit <= 2 * small else small
    products = small * (rows + columns) * min(inner, max(rows, columns))
    split = 650.0 * small**2 + 5.0 * small * kept * min(rows, columns)
    return STEP_WORK + 0.8 * products + split


def move_work(before: float, phys: float, behind: float) -> float:
    """Return about how many operations it takes to move the centre over a site."""
    return 0.2 * STEP_WORK + 4.0 * before * phys * behind * min(before * phys, behind)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a gate list has been applied.

    Args:
        done: fused gates applied so far.
        of: fused gates in all.
        bond: bond where the last one acted, between sites `bond` and `bond + 1`.
        size: dimension of that bond now.
        rank: operator Schmidt rank of the gate.
        work: floating-point operations so far, about; Python's share counted as `STEP_WORK` each.
        numbers: numbers that the chain's tensors hold now.
    """

    done: int
    of: int
    bond: int
    size: int
    rank: int
    work: float
    numbers: int


Watch = Callable[[Step], None]


def refuse_above(max_bond: int) -> Watch:
    """Return a watch that refuses a bond above `max_bond` instead of cutting it.

    Raises (when watching):
        ArgumentError: naming the bond needed and the way out.

    Example:
        >>> watch = refuse_above(2)
        >>> watch(Step(done=1, of=3, bond=0, size=2, rank=2, work=0.0, numbers=8))
    """
    limit = positive_int("max_bond", max_bond)

    def refuse(step: Step) -> None:
        if step.size > limit:
            raise ArgumentError(
                f"The circuit needs a bond dimension of {step.size} at site {step.bond}, above "
                f"max_bond={limit}. Allow more, raise `cutoff`, or take its first part only."
            )

    return refuse
