"""The terms on which a run was recorded: its plan and its budget, refused when they are damaged."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from qtn.devices.budget import Budget
from qtn.devices.costs import RunPlan, is_amount
from qtn.devices.record.entries import Run
from qtn.errors import FileError

__all__ = ["stored_budget", "stored_plan"]

COUNTS = ("circuits", "jobs", "shots", "depth", "two_qubit_depth", "two_qubit_gates")


def stored_plan(run: Run) -> RunPlan:
    """Return the plan that a run was recorded with.

    Raises:
        FileError: it is damaged.
    """
    told = {f.name: run.plan[f.name] for f in fields(RunPlan) if f.name in run.plan}
    whole = all(isinstance(told.get(name), int) and told[name] >= 0 for name in COUNTS)
    priced = all(told.get(n) is None or is_amount(told[n]) for n in ("seconds", "money", "here"))
    if not whole or not priced or not isinstance(told.get("device"), str):
        raise FileError(
            f"The plan of run {run.id} in the ledger is damaged, so nothing more is submitted "
            "for it. Give another `seed` to make a new request."
        )
    blank: dict[str, Any] = {
        "seconds": None,
        "money": None,
        "paid": told.get("seconds") is not None,
    }
    return RunPlan(**blank | told)


def stored_budget(run: Run) -> Budget | None:
    """Return the budget that a run was recorded with, None without one.

    Raises:
        FileError: it is damaged.
    """
    told = run.plan.get("budget")
    if told is None:
        return None
    try:
        return Budget(**told)
    except (TypeError, ValueError) as error:
        raise FileError(
            f"The budget of run {run.id} in the ledger is damaged ({error}). Give one with "
            "budget=Budget(...)."
        ) from error
