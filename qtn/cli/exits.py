"""The exit codes, the same for all commands, and how a command leaves with one of its own."""

from __future__ import annotations

from enum import IntEnum

import typer


class Code(IntEnum):
    """What the process returns to the shell."""

    DONE = 0
    UNEXPECTED = 1
    BAD_INPUT = 2
    BELOW_GOAL = 3
    NOT_CERTIFIED = 4
    WARNINGS = 5
    FAULTS = 6
    INTERRUPTED = 130


MEANING = {
    Code.DONE: "done",
    Code.UNEXPECTED: "unexpected error (--debug shows where)",
    Code.BAD_INPUT: "input that cannot be used: one line says what to change",
    Code.BELOW_GOAL: "compile: below --min-fidelity; the best circuit is written all the same",
    Code.NOT_CERTIFIED: "verify: nothing certified, engines disagree, or the card is wrong",
    Code.WARNINGS: "doctor: something is slower or less than it could be",
    Code.FAULTS: "doctor: something does not work or gives wrong results",
    Code.INTERRUPTED: "Ctrl-C; compile and train write the best so far first",
}


def meanings() -> str:
    """Return the table of exit codes as `qtn --help` shows it."""
    return "\n".join(f"  {code.value:>3}  {text}" for code, text in MEANING.items())


def leave(code: Code) -> None:
    """End the command with a code once everything is printed; nothing for `Code.DONE`."""
    if code is not Code.DONE:
        raise typer.Exit(int(code))
