"""Budgets at the command line."""

from __future__ import annotations

import pytest

from qtn.cli.budget import budget_of
from qtn.errors import ArgumentError


def test_no_option_is_no_budget() -> None:
    assert budget_of(None, None, None) is None


def test_each_option_limits_its_own() -> None:
    for values in ((10, None, None), (None, 2.5, None), (None, None, 1.0), (10, 2.5, 1.0)):
        budget = budget_of(*values)
        assert budget is not None
        assert (budget.shots, budget.seconds, budget.money) == values


def test_a_budget_below_nothing_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`shots`"):
        budget_of(-1, None, None)
