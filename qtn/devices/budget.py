"""The most that a run may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qtn._checks import fail, real
from qtn._display import Settings

__all__ = ["Budget", "check_budget"]


@dataclass(frozen=True, slots=True, repr=False)
class Budget(Settings):
    """The most that a run may take; None leaves a quantity free.

    Args:
        shots: all executions together.
        seconds: estimated device time.
        circuits: circuits times bindings times measurement bases.
        money: in the currency of the price table.

    Example:
        >>> Budget(shots=10_000).shots
        10000
    """

    shots: float | None = None
    seconds: float | None = None
    circuits: float | None = None
    money: float | None = None

    def __post_init__(self) -> None:
        for name in ("shots", "seconds", "circuits", "money"):
            value = getattr(self, name)
            if value is not None:
                real(name, value, 0.0, way_out="None leaves it free.")


def check_budget(budget: Any) -> None:
    """Refuse what is no budget.

    Raises:
        ArgumentError: `budget` is neither None nor a `Budget`.
    """
    if budget is not None and not isinstance(budget, Budget):
        raise fail("budget", "a qtn.Budget", budget, "For instance Budget(shots=100_000).")
