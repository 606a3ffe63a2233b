"""The plan and the budget that a run was recorded with."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

import pytest

import qtn
from qtn.devices import Budget, RunPlan
from qtn.devices.record.entries import Run
from qtn.devices.record.terms import stored_budget, stored_plan

PLAN = RunPlan("desk", 3, 1, 300, 5, 2, 2, 4.5, 0.25, "USD", True)


def recorded(**changes: Any) -> Any:
    plan = asdict(PLAN) | changes
    return Run("one", "intent", time.time(), "desk", 10, 0, 64, "work", plan, {})


def test_plan_and_budget_come_back() -> None:
    assert stored_plan(recorded(options="x")) == PLAN
    assert stored_budget(recorded()) is None
    assert stored_budget(recorded(budget=asdict(Budget(shots=9)))) == Budget(shots=9)


def test_a_plan_of_before_has_no_word_on_payment() -> None:
    run = recorded()
    del run.plan["paid"], run.plan["money"]
    assert stored_plan(run) == replace(PLAN, money=None, paid=True)


@pytest.mark.parametrize("change", [{"shots": -1}, {"jobs": "3"}, {"money": "x"}, {"device": 1}])
def test_a_damaged_plan_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(qtn.FileError, match=r"plan of run one in the ledger is damaged"):
        stored_plan(recorded(**change))


def test_a_damaged_budget_is_refused() -> None:
    with pytest.raises(qtn.FileError, match=r"budget of run one in the ledger is damaged"):
        stored_budget(recorded(budget={"shots": "many"}))
