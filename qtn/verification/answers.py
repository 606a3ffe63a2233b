"""The answers of one engine after the other, compared, and the verdict.

A failure of the second engine is a note on the answer of the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qtn.errors import QtnError, VerificationError
from qtn.estimate import Estimate
from qtn.verification.check import Check, Cost
from qtn.verification.engines.base import ROUNDING, Answer, Question, Verifier

__all__ = ["ask_in_turn", "compare", "explained", "verdict"]

SHOWN = 120
"""Characters of another library's message that a note repeats."""


def ask_in_turn(verifiers: Sequence[Verifier], question: Question) -> tuple[list[Answer], str]:
    """Return the answers of the engines that could speak, and what is to be noted of the others.

    Libraries behind an engine may fail in any way. Where the first engine fails so, the second
    speaks alone; a refusal of the first, which names limits or arguments, stands.

    Args:
        verifiers: engines in the order in which they are trusted.
        question: what they are asked.

    Returns:
        At least one answer, and a text to be added to its reason.

    Raises:
        VerificationError: if no engine could answer.
    """
    answers: list[Answer] = []
    notes: list[str] = []
    failure: Exception | None = None
    for verifier in verifiers:
        name = verifier.name
        try:
            answers.append(verifier.ask(question))
        except QtnError as error:
            if not answers and not notes:
                raise
            notes.append(f"; {name} could not answer ({_short(str(error))})")
            failure = error
        except Exception as error:  # whatever quimb, cotengra, numpy or Aer may raise
            notes.append(f"; {name} failed ({_short(f'{type(error).__name__}: {error}')})")
            failure = error
    if not answers:
        raise VerificationError(
            f"No engine could answer{''.join(notes)}. Try another `method`, or other `limits`."
        ) from failure
    return answers, "".join(notes)


def verdict(answers: Sequence[Answer], seconds: float, note: str = "") -> Check:
    """Return the first answer as a `Check`, after all others were compared with it.

    Args:
        answers: at least one.
        seconds: processor time of all.
        note: what is to be said of engines that could not answer.

    Raises:
        VerificationError: two engines disagree.
    """
    for other in answers[1:]:
        compare(answers[0], other)
    best = answers[0]
    two = len(answers) > 1 or best.confirmed
    spoken = "two independent engines agree" if two else "one engine"
    bond, memory = max(a.max_bond for a in answers), max(a.memory for a in answers)
    fidelity = best.fidelity
    return Check(
        None if fidelity is None else fidelity.value,
        None if fidelity is None else fidelity.low,
        None if fidelity is None else fidelity.high,
        " + ".join(a.engine for a in answers),
        Cost(seconds, bond, int(memory)),
        f"{best.why}; {spoken}{note}",
        tuple(
            Estimate(v.value, v.high - v.value, 0, f"{best.engine}, half-width of the interval")
            for v in best.values
        ),
        all(i.rigorous for i in best.intervals),
    )


def compare(first: Answer, second: Answer) -> None:
    """Raise `VerificationError` unless the intervals of two engines overlap."""
    pairs = list(zip(first.values, second.values, strict=True))
    if first.fidelity is not None and second.fidelity is not None:
        pairs.insert(0, (first.fidelity, second.fidelity))
    for a, b in pairs:
        slack = ROUNDING * max(1.0, abs(a.value))
        if not (a.low - slack <= b.high and b.low - slack <= a.high):
            raise VerificationError(
                f"Two engines disagree: {first.engine} gives {a.value:.12g} in "
                f"[{a.low:.12g}, {a.high:.12g}], {second.engine} gives {b.value:.12g} in "
                f"[{b.low:.12g}, {b.high:.12g}]. Trust neither; report the circuit."
            )


@contextmanager
def explained() -> Iterator[None]:
    """Let no raw exception of quimb, cotengra, numpy or Aer pass a door.

    Raises:
        VerificationError: in place of whatever another library raises inside the block.

    Example:
        >>> with explained():
        ...     1 / 0
        Traceback (most recent call last):
        qtn.errors.VerificationError: The engine failed (ZeroDivisionError: division by zero)...
    """
    try:
        yield
    except QtnError:
        raise
    except Exception as error:
        reason = _short(f"{type(error).__name__}: {error}")
        raise VerificationError(
            f"The engine failed ({reason}). Try another `method`, or other `limits`."
        ) from error


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
