"""The command line: `qtn demo|train|compile|run|jobs|verify|compare|about`.

An error that names its way out is one line on stderr and exit code 2; anything unexpected is one
line and exit code 1; `--debug` shows the traceback of either.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Sequence
from itertools import takewhile
from typing import NoReturn

from qtn._secrets import without_known
from qtn.cli.commands import app
from qtn.errors import QtnError

__all__ = ["app", "main"]

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code (the entry point of `qtn`)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = _join_classes([argument for argument in given if argument != "--debug"])
    try:
        app(args=given, prog_name="qtn")
    except QtnError as error:
        _leave(f"Error: {error}", 2, debug)
    except KeyboardInterrupt:
        _leave("Interrupted.", INTERRUPTED, debug)
    except SystemExit as leave:
        if leave.code == INTERRUPTED:  # typer turns Ctrl-C into this code without a word
            _leave("Interrupted.", INTERRUPTED, debug)
        raise
    except Exception as error:
        _leave(f"Unexpected {type(error).__name__}: {error} (--debug shows where)", 1, debug)
    sys.exit(0)


def _leave(text: str, code: int, debug: bool) -> NoReturn:
    if debug:
        print(without_known(traceback.format_exc()), file=sys.stderr, end="")
    print(" ".join(without_known(text).split()), file=sys.stderr)
    sys.exit(code)


def _join_classes(arguments: Sequence[str]) -> list[str]:
    """Turn `--classes 3 8` into `--classes "3 8"`, one value as option parsers want it."""
    rest, joined = list(arguments), []
    while rest:
        joined.append(rest.pop(0))
        if joined[-1] == "--classes":
            values = list(takewhile(re.compile(r"all|[\d,]+").fullmatch, rest))
            del rest[: len(values)]
            joined += [" ".join(values)] if values else []
    return joined
