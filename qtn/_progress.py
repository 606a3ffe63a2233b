"""One line that says how far a door is: in a terminal or a notebook, silent elsewhere.

At most two updates a second, the first after half a second; bars inside bars share the line, and
nothing stays of them. A thread keeps the clock going while the work says nothing. What a door
compiles on its first call is said once, in a line that stays. Where: `_display/screens.py`.

What the wait will be is said as soon as it is known: by a door that has a model of its costs, else
by its first step. Later steps correct it, since those of growing bonds take longer and longer.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
import warnings
from typing import Any

from tqdm import tqdm

from qtn._checks import flag
from qtn._display.screens import Cell, Screen, Terminal, cell_number

INTERVAL = 0.5  # seconds from one update to the next
LONG = 2.0  # expected seconds from which on they are shown
RECENT = 0.5  # weight of the last step in the seconds of the next
METER = "{desc} {percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
COUNT = "{desc} {n_fmt} [{elapsed}{postfix}]"


def checked_progress(progress: bool | None) -> bool | None:
    """Return `progress` if it is True, False or None; doors ask before they start work."""
    if progress is not None:
        flag("progress", progress, way_out="None shows a bar where someone can watch it.")
    _LINE.manner = progress
    return progress


def warn_interrupted(done: str) -> None:
    """Say that Ctrl-C ended a fit early, so that no half result passes for a whole one."""
    warnings.warn(
        f"Training was interrupted after {done}: the model is the best so far, and its `status_` "
        'is "interrupted".',
        stacklevel=3,
    )


def progress_bar(
    total: int | None,
    description: str,
    progress: bool | None,
    *,
    seconds: float | None = None,
    word: str = "about",
    done: int = 0,
) -> Bar:
    """Return a bar; `progress=None` shows it only where someone can watch it.

    Args:
        total: number of steps; None where nobody knows.
        description: one or two words.
        progress: as doors have it.
        seconds: what the whole is expected to take, shown before the wait. Without them the first
            step tells, and all later ones correct it.
        word: what such a forecast is: "about", "at most", "at least"; "" for steps so uneven that
            one says nothing of the next.
        done: steps of an earlier call.
    """
    return Bar(total, description, watching(checked_progress(progress)), seconds, word, done)


def inner_bar(total: int | None, description: str, seconds: float | None = None) -> Bar:
    """Return a bar for a part of a door's work: shown where the door's own is."""
    return Bar(total, description, bool(_LINE.shown()), seconds)


_SILENT = [False]  # in this process


def silence() -> None:
    """Show nothing in this process from now on: it is one of several workers."""
    _SILENT[0] = True


def watching(progress: bool | None) -> bool:
    """Return whether something is shown: asked for, or in a terminal or a notebook."""
    if _SILENT[0]:
        return False
    if progress is not None:
        return progress
    return "ipykernel" in sys.modules or bool(getattr(sys.stderr, "isatty", bool)())


def say(text: str, progress: bool | None = None) -> None:
    """Write a line that stays, where bars are shown."""
    if watching(progress):
        _LINE.say(text)


def compiling_kernel(name: str) -> None:
    """Show at once, in the bar that is open, that a kernel is being compiled."""
    _LINE.compiling(name)


def compiled_kernel(name: str, seconds: float) -> None:
    """Have said what a first call compiled: when its bar closes, or now where there is none."""
    _LINE.compiled(name, seconds)


def spoken(seconds: float) -> str:
    """Return a time as people say it.

    Example:
        >>> spoken(0.34), spoken(74), spoken(5400)
        ('0.3 s', '74 s', '1.5 hours')
    """
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.2g} hours"


class Bar:
    """How far one piece of work is; a context manager.

    Args:
        total: number of steps; None where nobody knows.
        description: one or two words.
        shown: False draws nothing.
        seconds: what the whole is expected to take.
        word: what a forecast is; a door may change it from step to step.
        done: steps of an earlier call.
    """

    def __init__(
        self,
        total: int | None,
        description: str,
        shown: bool,
        seconds: float | None = None,
        word: str = "about",
        done: int = 0,
    ) -> None:
        self.total, self.description, self.shown, self.seconds = total, description, shown, seconds
        self.word, self.n = word, done
        self.compiling = ""  # the kernel that is being compiled
        self.compiled: list[float] = []  # seconds of kernels compiled under this bar
        self.announces = True
        self._postfix = ""
        self._began = time.monotonic()
        self._due = math.inf if seconds is None else self._began + seconds
        self._pace: float | None = None  # seconds of a step
        self._last = self._began  # end of the last step
        _LINE.opened(self)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def update(self, n: int = 1) -> None:
        """Count steps done; the first one tells what the others are expected to take."""
        self.n += n
        first = self.shown and n > 0 and self.seconds is None and self._timed(n)
        _LINE.draw(at_once=first and self.left() >= LONG)

    def set_description(self, text: str) -> None:
        """Change what is being done."""
        self.description = text
        _LINE.draw()

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """Show a word on the state of the work."""
        self._postfix = text
        if refresh:
            _LINE.draw()

    def set_postfix(self, refresh: bool = True, **words: Any) -> None:
        """Show named values."""
        self.set_postfix_str(", ".join(f"{name}={value}" for name, value in words.items()), refresh)

    def close(self) -> None:
        """Take the bar off the line."""
        _LINE.closed(self)

    def text(self, columns: int | None) -> str:
        """Return the bar in at most so many columns."""
        known = self.total is not None
        postfix = self._postfix
        if self.compiling:
            postfix = f"first call: compiling {self.compiling}, once"
        elif forecast := self._forecast():
            postfix = f"{forecast}, {postfix}" if postfix else forecast
        return str(
            tqdm.format_meter(
                self.n, self.total if known else None, time.monotonic() - self._began,
                ncols=columns, prefix=self.description, postfix=postfix,
                bar_format=METER if known else COUNT,
            )
        )  # fmt: skip

    @property
    def long(self) -> bool:
        """Whether it is expected to take so long that people should know before."""
        return self.seconds is not None and LONG <= self.seconds < math.inf and self.word != ""

    def grown(self, size: int, limit: int | None) -> None:
        """Say of what size a state has become whose steps take longer until it reaches a limit."""
        self.word = "about" if limit and size >= limit else "at least"

    def left(self) -> float:
        """Return the seconds that are expected to be left; 0 where nothing can be said."""
        seconds = self._due - time.monotonic()
        return seconds if 0.0 < seconds < math.inf and self.word else 0.0

    def waited(self, seconds: float) -> None:
        """Take seconds out of the forecast that no later step takes again."""
        self._last += seconds
        self._due += seconds

    def short(self) -> str:
        """Return the bar in a few words, for the line of a bar inside it."""
        return self.description + ("" if self.total is None else f" {self.n}/{self.total}")

    def _timed(self, n: int) -> bool:
        """Let the steps just done correct the forecast; return whether they are the first."""
        now, before = time.monotonic(), self._pace
        pace = max(0.0, now - self._last) / n
        self._pace = pace if before is None else before + RECENT * (pace - before)
        self._last = now
        if self.total is not None:
            self._due = now + self._pace * (self.total - self.n)
        return before is None

    def _forecast(self) -> str:
        if self.n == 0 and self.long:
            return f"{self.word} {spoken(self.seconds or 0.0)} expected"
        left = self.left()
        return f"{self.word} {spoken(left)} left" if left >= LONG else ""


class Line:
    """The one line there is, and the bars that are open, outermost first.

    A bar opened by another thread while the line is taken draws nothing.
    """

    def __init__(self) -> None:
        self.bars: list[Bar] = []
        self.manner: bool | None = None  # `progress` of the last door
        self._lock = threading.RLock()
        self._thread: int | None = None
        self._screen: Screen = Terminal()
        self._cell: tuple[int, Cell] | None = None
        self._drawn = 0.0
        self._done = threading.Event()

    def opened(self, bar: Bar) -> None:
        with self._lock:
            if not self.bars:
                self._thread = threading.get_ident()
            elif threading.get_ident() != self._thread:
                bar.shown = False
            first = bar.shown and not self.shown()
            self.bars.append(bar)
            if first:
                self._screen, self._drawn = self._here(), time.monotonic()
                self._done = threading.Event()
                threading.Thread(target=self._tick, args=(self._done,), daemon=True).start()
            if bar.shown and bar.long and bar.word == "about":
                self.draw(at_once=True)

    def closed(self, bar: Bar) -> None:
        with self._lock:
            if bar not in self.bars:
                return
            self.bars.remove(bar)
            if bar.shown and not self.shown():
                self._done.set()
                self._screen.clear()
                if bar.compiled and bar.announces:
                    self._screen.say(_announcement(bar.description, bar.compiled))

    def draw(self, at_once: bool = False) -> None:
        """Show how far the work is, unless that was done in the last half second."""
        if at_once:
            self._drawn = -math.inf
        if time.monotonic() - self._drawn < INTERVAL:
            return
        with self._lock:
            shown = self.shown()
            if not shown or time.monotonic() - self._drawn < INTERVAL:
                return
            self._drawn = time.monotonic()
            before = "".join(f"{bar.short()} > " for bar in shown[:-1])
            room = self._screen.columns
            left = None if room is None else max(room - len(before), 20)
            self._screen.show(before + shown[-1].text(left))

    def _tick(self, done: threading.Event) -> None:
        while not done.wait(max(INTERVAL, 0.05)):
            with self._lock:
                if not done.is_set():
                    self.draw()

    def say(self, text: str) -> None:
        with self._lock:
            screen = self._screen if self.shown() else self._here()
            screen.clear()
            screen.say(text)

    def compiling(self, name: str) -> None:
        """Have the bar say that a kernel is being compiled."""
        if shown := self.shown():
            shown[-1].compiling = name
            self.draw()

    def compiled(self, name: str, seconds: float) -> None:
        """Keep the seconds of a kernel for the line at the end of a bar, or say them now."""
        if shown := self.shown():
            shown[-1].compiling = ""
            shown[0].compiled.append(seconds)
            for bar in shown:
                bar.waited(seconds)
        elif not self.bars and watching(self.manner):
            self.say(_announcement(name, [seconds]))

    def shown(self) -> list[Bar]:
        return [bar for bar in self.bars if bar.shown]

    def _here(self) -> Screen:
        """Return the screen of this place; in a cell of a notebook always the same one."""
        cell = cell_number()
        if cell is None:
            return Terminal()
        if self._cell is None or self._cell[0] != cell:
            self._cell = cell, Cell()
        return self._cell[1]


def _announcement(name: str, seconds: list[float]) -> str:
    kernels = "1 kernel" if len(seconds) == 1 else f"{len(seconds)} kernels"
    return (
        f"First call of {name}: {kernels} compiled in {spoken(sum(seconds))}, kept for later "
        "sessions; qtn.warm_up() compiles all at once."
    )


_LINE = Line()
if hasattr(os, "register_at_fork"):  # a child has neither the thread nor its locks
    os.register_at_fork(after_in_child=_LINE.__init__)  # type: ignore[misc]
