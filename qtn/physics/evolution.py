"""Methods of time evolution and their options."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtn._checks import choice, positive_int, real
from qtn.errors import ArgumentError
from qtn.physics.suzuki import ORDERS

__all__ = ["TDVP", "TEBD"]


MAX_STEPS = 10_000_000


@dataclass(frozen=True, slots=True)
class TEBD:
    """Time-evolving block decimation: for Hamiltonians of neighbours, the fastest choice.

    Args:
        order: 1, 2 or 4 of the product formula. Its error falls as step^order.
        step: time step in units of inverse energy; None chooses one from the Hamiltonian and the
            cutoff.
    """

    order: int = 4
    step: float | None = None

    def __post_init__(self) -> None:
        choice("order", self.order, ORDERS)
        if self.step is not None:
            real("step", self.step, 0.0, open_low=True)


@dataclass(frozen=True, slots=True)
class TDVP:
    """Two-site time-dependent variational principle: any `SparsePauliOp`, long range included.

    Args:
        step: time step in units of inverse energy; None chooses one from the Hamiltonian.
        krylov: largest Krylov dimension of a local exponential.
        tolerance: error allowed in a local exponential.
    """

    step: float | None = None
    krylov: int = 25
    tolerance: float = 1e-12

    def __post_init__(self) -> None:
        positive_int("krylov", self.krylov)
        real("tolerance", self.tolerance, 0.0, 1.0, open_low=True)
        if self.step is not None:
            real("step", self.step, 0.0, open_low=True)


def step_count(time: float, step: float) -> int:
    """Return how many steps a time takes; refuse what would run for years."""
    count = time / step
    if count > MAX_STEPS:
        raise ArgumentError(
            f"Argument `time` of {time:g} takes {count:.3g} steps of {step:.3g}, more than "
            f"{MAX_STEPS:,}. Give a shorter time, or a longer step "
            "by method=TEBD(step=...) or TDVP(step=...)."
        )
    return max(1, math.ceil(count - 1e-9))
