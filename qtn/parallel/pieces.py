"""Some items of a map as one piece of work, and the manners of the process that does it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qtn import _progress
from qtn._machine import few_threads

__all__ = ["Piece", "cut"]

MOST_PIECES = 1000  # a scheduler takes milliseconds for each
Item = tuple[int, Any, int | None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Items to be done one after the other.

    Args:
        function: called with an item, and with `seed=` where there is one.
        items: number, item and seed of each.
        total: items of the whole map.
        threads: most threads of a numerical library.
        home: process that handed it out.
    """

    function: Callable[..., Any]
    items: tuple[Item, ...]
    total: int
    threads: int
    home: str

    def do(self) -> list[tuple[int, Any]]:
        """Return number and result of each item; an error says which item it was."""
        if self.home != this_process():
            as_worker(self.threads)
        found = []
        with few_threads(self.threads, firm=True):
            for index, item, seed in self.items:
                try:
                    found.append((index, self._one(item, seed)))
                except Exception as error:
                    error.add_note(f"It was item {index} of {self.total}: {_short(item)}")
                    raise
        return found

    def _one(self, item: Any, seed: int | None) -> Any:
        return self.function(item) if seed is None else self.function(item, seed=seed)


def cut(
    function: Callable[..., Any], items: Sequence[Item], total: int, threads: int
) -> dict[int, Piece]:
    """Return the pieces of a map: of one item each while there are not too many."""
    size = -(-len(items) // MOST_PIECES)
    starts = range(0, len(items), max(1, size))
    home = this_process()
    return {k: Piece(function, tuple(items[k : k + size]), total, threads, home) for k in starts}


def this_process() -> str:
    """Return a name that no other process has, on this machine or another."""
    return f"{os.uname().nodename if hasattr(os, 'uname') else ''}:{os.getpid()}"


def as_worker(threads: int) -> None:
    """Have this process, one of several, draw no bars and start no threads beyond its share."""
    _progress.silence()
    for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))  # for libraries that are not loaded yet
    os.environ["QISKIT_IN_PARALLEL"] = "TRUE"
    if numba := sys.modules.get("numba"):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    else:
        os.environ.setdefault("NUMBA_NUM_THREADS", str(threads))


def _short(item: Any) -> str:
    text = " ".join(repr(item).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
