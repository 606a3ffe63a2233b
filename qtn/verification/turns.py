"""Ask one engine after the other; a failure of the second is a note on the answer of the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from qtn.errors import QtnError, VerificationError
from qtn.verification.answers import Answer

SHOWN = 120
"""Characters of another library's message that a note repeats."""


def ask_in_turn(names: Sequence[str], ask: Callable[[str], Answer]) -> tuple[list[Answer], str]:
    """Return the answers of the engines that could speak, and what is to be noted of the others.

    Libraries behind an engine may fail in any way. Where the first engine fails so, the second
    speaks alone; a refusal of the first, which names limits or arguments, stands.

    Args:
        names: Engines in the order in which they are trusted.
        ask: Returns the answer of an engine.

    Returns:
        At least one answer, and a text to be added to its reason.

    Raises:
        VerificationError: If no engine could answer.

    Example:
        >>> def ask(name):
        ...     return 1 / 0 if name == "quimb" else name
        >>> ask_in_turn(["chain", "quimb"], ask)
        (['chain'], '; quimb failed (ZeroDivisionError: division by zero)')
    """
    answers: list[Answer] = []
    notes: list[str] = []
    failure: Exception | None = None
    for name in names:
        try:
            answers.append(ask(name))
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
            f'No engine could answer{"".join(notes)}. Try another: method="chain", "quimb", '
            '"cone" or "contraction".'
        ) from failure
    return answers, "".join(notes)


@contextmanager
def explained() -> Iterator[None]:
    """Let no raw exception of quimb, cotengra, numpy or Aer pass a door.

    Raises:
        VerificationError: In place of whatever another library raises inside the block.

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
        said = _short(f"{type(error).__name__}: {error}")
        raise VerificationError(
            f"The engine failed ({said}). Try another `method`, or other `limits`."
        ) from error


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
