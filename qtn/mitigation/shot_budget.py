"""How a number of shots is shared out among the circuits of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn._checks import positive_int, real
from qtn._display import Settings
from qtn.errors import ArgumentError
from qtn.states.operators import Observable

PLAIN_CALIBRATION = 0.08
MIN_SHOTS = 4  # per circuit; fewer give no usable variance


@dataclass(frozen=True, slots=True, repr=False)
class ShotBudget(Settings):
    """A total number of shots per measurement basis, calibration and training included.

    Args:
        per_basis: total number of shots, divided by the number of measurement bases.
        calibration: part spent on the readout calibration, if the plan has one; None is 0.08, and
            with techniques "auto" the part of least expected error.
        training: part spent on training circuits, if the plan has a learned map.
    """

    per_basis: int
    calibration: float | None = None
    training: float = 0.5

    def __post_init__(self) -> None:
        positive_int("per_basis", self.per_basis)
        if self.calibration is not None:
            real("calibration", self.calibration, 0.0, 0.9)
        real("training", self.training, 0.0, 0.9)

    @property
    def calibrating(self) -> float:
        """Part spent on the readout calibration."""
        return PLAIN_CALIBRATION if self.calibration is None else self.calibration


@dataclass(frozen=True, slots=True)
class Split:
    """Shots of the target and of every training circuit per setting, and of the calibration."""

    target: tuple[int, ...]
    training: tuple[int, ...]
    calibration: int

    @classmethod
    def equal(cls, shots: int, shares: tuple[float, ...]) -> Split:
        """The same shots for every circuit, shared out among its settings; as many per calibration.

        Args:
            shots: executions of every circuit at every setting, on average.
            shares: relative shots per setting.
        """
        per_setting = share(shots * len(shares), shares)
        return cls(per_setting, per_setting, 2 * shots)

    @classmethod
    def of(
        cls,
        budget: ShotBudget,
        shares: tuple[float, ...],
        training: int,
        calibrating: int,
        calibration_shots: int | None = None,
    ) -> Split:
        """Split a total.

        Args:
            budget: the total of one basis, and its parts.
            shares: relative shots per setting.
            training: number of training circuits.
            calibrating: number of calibration circuits.
            calibration_shots: executions of each of them; None takes the budget's part.
        """
        calibration = int(budget.per_basis * budget.calibrating) if calibrating else 0
        if calibrating and calibration_shots:
            calibration = calibrating * calibration_shots
        rest = budget.per_basis - calibration
        learned = int(rest * budget.training) if training else 0
        per_training = share(learned // max(training, 1), shares)
        return cls(share(rest - learned, shares), per_training, calibration)


def share(total: int, weights: Sequence[float]) -> tuple[int, ...]:
    """Split `total` shots in proportion to `weights`, rounding down.

    Example:
        >>> share(100, [3, 1])
        (75, 25)
    """
    parts = np.asarray(weights, dtype=float)
    return tuple(int(s) for s in np.floor(total * parts / parts.sum() + 1e-9))


def checked_shots(shots: int, what: str) -> int:
    """Check that a circuit gets at least `MIN_SHOTS` shots.

    Raises:
        ArgumentError: fewer; the message says how much is missing.
    """
    if shots < MIN_SHOTS:
        factor = MIN_SHOTS / max(shots, 1)
        raise ArgumentError(
            f"Argument `shots` leaves {shots} shots for {what}, but at least {MIN_SHOTS} are "
            f"needed. Give about {factor:.0f} times as many, or use fewer circuits (noise factors, "
            "copies, training circuits)."
        )
    return shots


def basis_weights(observable: Observable) -> NDArray[np.float64]:
    """Shots per basis in proportion to the spread that its terms contribute, summing to 1."""
    c = observable.coefficients
    spread = np.array([np.linalg.norm(c[list(b.terms)]) for b in observable.bases])
    if not spread.any():
        return np.full(len(spread), 1 / max(len(spread), 1))
    weights = np.maximum(spread / spread.sum(), 0.2 / len(spread))
    return np.asarray(weights / weights.sum())
