"""Budgets at the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qtn.devices import Budget

__all__ = ["MaxMoney", "MaxSeconds", "MaxShots", "budget_of"]

MaxShots = Annotated[
    int | None, typer.Option("--max-shots", help="Budget: the most executions in all.")
]
MaxSeconds = Annotated[
    float | None, typer.Option("--max-seconds", help="Budget: the most seconds of the device.")
]
MaxMoney = Annotated[
    float | None, typer.Option("--max-money", help="Budget: the most money, by the price table.")
]


def budget_of(shots: int | None, seconds: float | None, money: float | None) -> Budget | None:
    """Return the budget that the options name; None without any."""
    from qtn.devices import Budget

    if shots is None and seconds is None and money is None:
        return None
    return Budget(shots=shots, seconds=seconds, money=money)
