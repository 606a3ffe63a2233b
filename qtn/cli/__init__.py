"""The command line `qtn`: every command calls the public door of the same name.

An error that names its way out is one line on stderr and exit code 2; anything unexpected is one
line and exit code 1; `--debug` shows the traceback of either. `qtn.cli.exits` has all codes.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import NoReturn

from qtn._secrets import without_known
from qtn.cli.exits import Code
from qtn.cli.root import app
from qtn.cli.supervision import supervised
from qtn.errors import FidelityError, QtnError, VerificationError

__all__ = ["app", "main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code (the entry point of `qtn`).

    Args:
        arguments: the words after `qtn`; None takes those of the process, which then works in a
            child, so that Ctrl-C is obeyed also while a library does not look at signals.
    """
    if arguments is None:
        _open_streams()
        supervised(sys.argv[1:], lambda: _run(sys.argv[1:]))
    else:
        _run(arguments)
    sys.exit(0)


def _open_streams() -> None:
    """Let streams take every letter; what the shell closed (`>&-`) goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        getattr(sys, name).reconfigure(errors="replace")


def _run(arguments: Sequence[str]) -> None:
    """Run one command; whatever it raises becomes one line and an exit code."""
    debug = "--debug" in arguments
    given = [argument for argument in arguments if argument != "--debug"]
    with warnings.catch_warnings():
        warnings.showwarning = _one_line  # type: ignore[assignment]
        try:
            app(args=given, prog_name="qtn")
        except VerificationError as error:
            _leave(f"Not certified: {error}", Code.NOT_CERTIFIED, debug)
        except FidelityError as error:
            _leave(f"Below the goal: {error}", Code.BELOW_GOAL, debug)
        except QtnError as error:
            _leave(f"Error: {error}", Code.BAD_INPUT, debug)
        except KeyboardInterrupt:
            _leave("Interrupted.", Code.INTERRUPTED, debug)
        except SystemExit as leave:
            # typer turns Ctrl-C into this code without a word
            if leave.code == Code.INTERRUPTED:
                _leave("Interrupted.", Code.INTERRUPTED, debug)
            raise
        except Exception as error:
            text = f"Unexpected {type(error).__name__}: {error} (--debug shows where)"
            _leave(text, Code.UNEXPECTED, debug)


def _one_line(message: Warning | str, category: type[Warning], *_where: object) -> None:
    """Show a warning to people who did not write the code."""
    print(f"{category.__name__}: {' '.join(str(message).split())}", file=sys.stderr)


def _leave(text: str, code: Code, debug: bool) -> NoReturn:
    if debug:
        print(without_known(traceback.format_exc()), file=sys.stderr, end="")
    print(" ".join(without_known(text).split()), file=sys.stderr)
    sys.exit(int(code))
