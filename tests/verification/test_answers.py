"""Intervals of two engines must overlap."""

from __future__ import annotations

import pytest

from qtn.errors import VerificationError
from qtn.verification.answers import Answer, compare
from qtn.verification.engines.fidelity import Interval


def answer(engine: str, low: float, high: float, fidelity: Interval | None = None) -> Answer:
    value = Interval((low + high) / 2, low, high, True)
    return Answer(engine, "", fidelity, (value,), 0, 0.0)


def test_overlapping_intervals_pass() -> None:
    compare(answer("a", 0.1, 0.3), answer("b", 0.2, 0.4))
    compare(answer("a", 0.1, 0.4), answer("b", 0.2, 0.3))
    compare(answer("a", 0.2, 0.2), answer("b", 0.2 + 1e-13, 0.2 + 1e-13))


@pytest.mark.parametrize("swap", [False, True])
def test_a_gap_is_a_loud_failure(swap: bool) -> None:
    pair = answer("a", 0.1, 0.2), answer("b", 0.21, 0.4)
    with pytest.raises(VerificationError, match=r"Two engines disagree: . gives 0.* Trust neither"):
        compare(*(pair[::-1] if swap else pair))


def test_fidelities_are_compared_where_both_have_one() -> None:
    one, other = Interval(0.9, 0.9, 0.9, True), Interval(0.8, 0.8, 0.8, True)
    compare(answer("a", 0, 1, one), answer("b", 0, 1))
    with pytest.raises(VerificationError, match=r"gives 0\.9 in"):
        compare(answer("a", 0, 1, one), answer("b", 0, 1, other))
