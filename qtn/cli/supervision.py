"""Ctrl-C that is obeyed within seconds, also while a library holds Python's lock.

Aer simulates, and some compiled kernels run, for minutes without giving Python a chance to look at
signals. So the command works in a child process, and its parent only waits. At Ctrl-C the child is
asked first: it ends as Python ends, `compile` and `train` with the best so far. If it has not
after some seconds, or after a second Ctrl-C for those two, the parent ends it.

The child has a process group of its own, so that a terminal's Ctrl-C and Ctrl-Z reach the parent
alone, which hands them on.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from qtn.cli.exits import Code

PATIENCE = 3.0  # seconds from Ctrl-C to the end of a command that does not end by itself
# Commands that keep the best so far; they are given the time for it until Ctrl-C comes again.
KEEPING = ("compile", "train")
# Commands that only look: no second process for them.
QUICK = ("about", "doctor", "jobs", "circuits")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl
HANDLED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGALRM")


def supervised(words: Sequence[str], work: Callable[[], Any]) -> None:
    """Do the work in a child process and leave with its exit code; does not return in the parent.

    Where processes cannot be forked, or the command is quick, the work is done here.
    """
    command = next((word for word in words if not word.startswith("-")), "")
    quick = command in ("", *QUICK) or any(word in ("-h", "--help") for word in words)
    if quick or not hasattr(os, "fork"):
        work()
        return
    sys.stdout.flush()
    sys.stderr.flush()
    parent, numbers = os.getpid(), [getattr(signal, n) for n in HANDLED if hasattr(signal, n)]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _die_with(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _work(work)
    waiting = _Parent(child, command in KEEPING)
    for number in numbers:
        signal.signal(number, waiting.told)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    raise SystemExit(waiting.code())


def _work(work: Callable[[], Any]) -> None:
    """Do the work in the child and end it, after Ctrl-C without waiting for threads."""
    try:
        work()
    except SystemExit as leave:
        if leave.code == Code.INTERRUPTED:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(Code.INTERRUPTED))
        raise
    sys.exit(0)


def _die_with(parent: int) -> None:
    """Let the system end this process should its parent be killed (Linux only)."""
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        except (OSError, AttributeError):
            return
        if os.getppid() != parent:  # it was, meanwhile
            os._exit(int(Code.UNEXPECTED))


class _Parent:
    """Waits for the child, hands signals on, and ends it where it does not obey."""

    def __init__(self, child: int, keeping: bool) -> None:
        self.child, self.keeping = child, keeping
        self.asked = 0

    def code(self) -> int:
        """Return the exit code for the shell, once the child has ended."""
        status = os.waitpid(self.child, 0)[1]
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        number = os.WTERMSIG(status)
        if self.asked:
            print("Interrupted.", file=sys.stderr)
            return int(Code.INTERRUPTED)
        why = " (out of memory?)" if number == signal.SIGKILL else ""
        print(f"Ended by {signal.Signals(number).name}{why}.", file=sys.stderr)
        return 128 + number

    def told(self, number: int, frame: FrameType | None) -> None:
        """Hand a signal on; after Ctrl-C, end the child when its time is over."""
        if number == signal.SIGALRM:
            os.kill(self.child, signal.SIGKILL)
        elif number == signal.SIGTSTP:
            os.kill(self.child, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.kill(self.child, signal.SIGCONT)  # once this process goes on, too
        else:
            os.kill(self.child, number)
        if number == signal.SIGINT:
            self.asked += 1
            if self.asked == (2 if self.keeping else 1):
                signal.setitimer(signal.ITIMER_REAL, PATIENCE)
