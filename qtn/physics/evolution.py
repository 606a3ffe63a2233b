"""Methods of time evolution and their options."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from qtn._checks import choice, positive_int, real
from qtn._display import Settings
from qtn.errors import ArgumentError
from qtn.physics.suzuki import ORDERS
from qtn.physics.terms import Terms, read_terms
from qtn.states.origin import Evolved

__all__ = ["BUG", "TDVP", "TEBD", "ParallelBUG"]


MAX_STEPS = 10_000_000
# Fourth-order steps of this size (in inverse energy) leave an infidelity near 1e-12 per site.
_STEP_AT_1E12 = {1: 1e-6, 2: 1e-3, 4: 0.22}


@dataclass(frozen=True, slots=True, repr=False)
class TEBD(Settings):
    """Time-evolving block decimation: gates of a product formula, the fastest choice.

    On a chain for Hamiltonians of neighbours, on a tree for terms on one or two sites anywhere.

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


@dataclass(frozen=True, slots=True, repr=False)
class TDVP(Settings):
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
        _check_local(self)


@dataclass(frozen=True, slots=True, repr=False)
class BUG(Settings):
    """Rank-adaptive basis update & Galerkin integrator: trees and chains, terms on any sites.

    First order at worst, about second order in practice; keeps norm and energy up to the cuts. The
    square root of the cutoff is the tolerance of a bond.

    Args:
        step: time step in units of inverse energy; None chooses one from the Hamiltonian.
        krylov: largest Krylov dimension of a node's exponential.
        tolerance: error allowed in a node's exponential.

    Reference: Ceruti, Lubich and Sulz, SIAM J. Numer. Anal. 61, 194 (2023).
    """

    step: float | None = None
    krylov: int = 25
    tolerance: float = 1e-12

    def __post_init__(self) -> None:
        _check_local(self)


@dataclass(frozen=True, slots=True, repr=False)
class ParallelBUG(Settings):
    """Parallel basis update & Galerkin integrator: all nodes of a tree at once, less accurate.

    For comparison, and for machines with a thread per node: a step of `BUG` of the same size is
    some hundred times as accurate. Needs `max_bond`.

    Args:
        step: time step in units of inverse energy; None chooses one from the Hamiltonian.
        workers: threads over the nodes; the result is the same for any number.
        krylov: largest Krylov dimension of a node's exponential.
        tolerance: error allowed in a node's exponential.

    Reference: Ceruti, Kusch, Lubich and Sulz, arXiv:2412.00858.
    """

    step: float | None = None
    workers: int = 1
    krylov: int = 25
    tolerance: float = 1e-12

    def __post_init__(self) -> None:
        positive_int("workers", self.workers)
        _check_local(self)


def _check_local(method: TDVP | BUG | ParallelBUG) -> None:
    positive_int("krylov", method.krylov)
    real("tolerance", method.tolerance, 0.0, 1.0, open_low=True)
    if method.step is not None:
        real("step", method.step, 0.0, open_low=True)


def default_step(strength: float, order: int, cutoff: float) -> float:
    """Return the step of a product formula whose error suits the cutoff.

    Args:
        strength: largest sum of |coefficient| that touches one site.
        order: 1, 2 or 4.
        cutoff: relative squared weight that one truncation may discard.
    """
    scale = max(cutoff, 1e-15) / 1e-12
    # The infidelity of a formula of order p grows as step^(2 p).
    return float(_STEP_AT_1E12[order] * scale ** (0.5 / order) / max(strength / 1.5, 1e-12))


def step_count(time: float, step: float) -> int:
    """Return how many steps a time takes; refuse what would run for years."""
    count = time / step
    if count > MAX_STEPS:
        raise ArgumentError(
            f"Argument `time` of {time:g} takes {count:.3g} steps of {step:.3g}, more than "
            f"{MAX_STEPS:,}. Give a shorter time, or a longer step "
            "by method=TEBD(step=...), TDVP(step=...) or BUG(step=...)."
        )
    return max(1, math.ceil(count - 1e-9))


def error_so_far(before: Any, terms: Terms, method: TEBD, step: complex) -> float | None:
    """Return the estimated error per step of an evolution that goes on with the same steps.

    Args:
        before: the origin of the state.
        terms: the Hamiltonian of what follows.
        method: its method.
        step: its step, complex.

    Returns:
        None where the state did not come from such steps, so that the error is not known.
    """
    if not isinstance(before, Evolved) or not before.verified or before.method != method:
        return None
    past = complex(before.time) / max(abs(before.time), 1e-300) * before.step
    if abs(past - step) > 1e-9 * abs(step) or read_terms(before.hamiltonian) != terms:
        return None
    return before.step_error * before.step / abs(before.time)
