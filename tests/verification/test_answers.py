"""Engines are asked in turn, their intervals must overlap, and a verdict says who spoke."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from qtn.errors import VerificationError
from qtn.interop.circuits import GateList
from qtn.verification.answers import ask_in_turn, compare, explained, verdict
from qtn.verification.engines.base import Answer, Interval, Question
from qtn.verification.limits import Limits


def answer(engine: str, low: float, high: float, fidelity: Interval | None = None) -> Answer:
    value = Interval((low + high) / 2, low, high, True)
    return Answer(engine, "because", fidelity, (value,))


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


QUESTION = Question(GateList(1, ()), None, [], Limits())


@dataclass
class Told:
    """An engine that says what it is told to say."""

    name: str
    outcome: Answer | Exception

    def ask(self, question: Question) -> Answer:
        assert question is QUESTION
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def test_failures_are_notes() -> None:
    one, two = Told("a", answer("a", 0, 1)), Told("b", answer("b", 0, 1))
    assert ask_in_turn([one, two], QUESTION) == ([one.outcome, two.outcome], "")
    bad = Told("b", ValueError("too many\nsubscripts"))
    note = "; b failed (ValueError: too many subscripts)"
    assert ask_in_turn([one, bad], QUESTION) == ([one.outcome], note)
    assert ask_in_turn([bad, one], QUESTION) == ([one.outcome], note)
    refused = Told("b", VerificationError("beyond the limits"))
    note = "; b could not answer (beyond the limits)"
    assert ask_in_turn([one, refused], QUESTION) == ([one.outcome], note)
    with pytest.raises(VerificationError, match="beyond the limits"):
        ask_in_turn([refused, one], QUESTION)
    with pytest.raises(VerificationError, match=r"No engine could answer; a failed \(Memory"):
        ask_in_turn([Told("a", MemoryError())], QUESTION)
    long = ask_in_turn([one, Told("b", ValueError("x" * 500))], QUESTION)[1]
    assert len(long) < 150


def test_the_verdict_is_the_first_answer_and_says_who_spoke() -> None:
    first = replace(answer("a", 0.1, 0.3), max_bond=4, memory=1e3)
    alone = verdict([first], 0.5, "; b failed")
    assert (alone.method, alone.why) == ("a", "because; one engine; b failed")
    assert (alone.cost.seconds, alone.cost.max_bond, alone.cost.memory) == (0.5, 4, 1000)
    two = verdict([first, answer("b", 0.2, 0.4)], 0.5)
    assert (two.method, two.why) == ("a + b", "because; two independent engines agree")
    assert two.values[0].value == pytest.approx(0.2)
    assert two.rigorous
    assert verdict([replace(first, confirmed=True)], 0.5).why.endswith("engines agree")
    with pytest.raises(VerificationError, match="Two engines disagree"):
        verdict([first, answer("b", 0.5, 0.6)], 0.5)


def test_raw_errors_are_explained() -> None:
    failed = r"The engine failed \(KeyError: 'x'\)"
    with pytest.raises(VerificationError, match=failed), explained():
        raise KeyError("x")
    with pytest.raises(VerificationError, match="as it is"), explained():
        raise VerificationError("as it is")
