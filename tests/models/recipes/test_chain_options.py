"""What chains share beside the recipe: bond, start, noise, ridge, copies."""

from __future__ import annotations

import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.models.recipes.chain_options import MOST_COPIES, chain_settings, check_chain_settings


def test_settings_are_checked_and_become_a_start() -> None:
    model = qtn.MPSRegressor(ridge=0.5, noise=0.1)
    check_chain_settings(model, ("linear",))
    start = chain_settings(model, 3)
    assert (start.kind, start.noise, start.seed, start.ridge) == ("linear", 0.1, 3, 0.5)
    for wrong in ({"ridge": 0.0}, {"copies": 0}, {"copies": MOST_COPIES + 1}, {"bond": "wide"}):
        with pytest.raises(ArgumentError, match=f"`{next(iter(wrong))}` must be"):
            check_chain_settings(qtn.MPSRegressor(**wrong), ("linear",))
