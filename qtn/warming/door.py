"""`qtn.warm_up()`: compiles what doors compile on their first call, and says what was warm."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any

from qtn._display import Display, Displayed, Fields, Table
from qtn._kernels import COMPILED, KERNELS
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar, spoken
from qtn.errors import MissingExtraError
from qtn.warming.calls import CALLS

__all__ = ["WarmUp", "WarmedDoor", "warm_up"]


@dataclass(frozen=True, slots=True, repr=False)
class WarmedDoor(Fields):
    """What a door needed.

    Args:
        name: the door, or several that share kernels.
        kernels: names of the kernels that were compiled now.
        compiling: CPU seconds of their compilation.
        seconds: CPU seconds of the whole call, with what it imports.
        missing: what keeps the door from being called, else empty.
    """

    name: str
    kernels: tuple[str, ...]
    compiling: float
    seconds: float
    missing: str = ""

    @property
    def state(self) -> str:
        """What became of it, in a few words."""
        if self.missing:
            return self.missing
        return f"{_counted(len(self.kernels))} compiled" if self.kernels else "already warm"


@dataclass(frozen=True, slots=True, repr=False)
class WarmUp(Displayed):
    """What `warm_up` compiled, door by door.

    Args:
        doors: in the order of their calls.
        folder: where the kernels are kept; None where no folder can be written, so that every
            process compiles them again.
    """

    doors: tuple[WarmedDoor, ...]
    folder: str | None

    @property
    def seconds(self) -> float:
        """CPU seconds of all compilations."""
        return sum(door.compiling for door in self.doors)

    @property
    def compiled(self) -> int:
        """How many kernels were compiled; 0 where all was warm."""
        return sum(len(door.kernels) for door in self.doors)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in plain values."""
        doors = [
            {
                "door": door.name,
                "kernels": list(door.kernels),
                "seconds": door.compiling,
                "state": door.state,
            }
            for door in self.doors
        ]
        return {
            "compiled": self.compiled,
            "seconds": self.seconds,
            "folder": self.folder,
            "doors": doors,
        }

    def _brief(self) -> str:
        return f"{_counted(self.compiled)} compiled in {spoken(self.seconds)}"

    def _display(self) -> Display:
        rows = [(door.name, door.state, round(door.compiling, 2)) for door in self.doors]
        kept = self.folder or "nowhere: no folder can be written (NUMBA_CACHE_DIR names one)"
        summary = [("compiled", self._brief()), ("kept in", kept)]
        return Display("Warm-up", summary, [Table(("door", "state", "CPU s"), rows, most=99)])


@few_threads(1)
def warm_up(progress: bool | None = None) -> WarmUp:
    """Compile the kernels that doors compile on their first call; later sessions load them.

    Every door with kernels is called once on something small. What has been compiled before, by
    this or by another process, is loaded and counts as warm.

    Args:
        progress: show a bar; None shows it where someone can watch.

    Returns:
        What was compiled, door by door, with its CPU seconds, and where it is kept.

    Raises:
        ArgumentError: `progress` is neither True, False nor None.

    Cost: some twenty seconds of CPU on a new machine, and what imports take where all is warm.

    Example:
        >>> import qtn
        >>> found = qtn.warm_up()
        >>> qtn.warm_up().compiled
        0
    """
    checked_progress(progress)
    doors = []
    with progress_bar(len(CALLS), "warm-up", progress, word="") as bar:
        bar.announces = False
        for name in CALLS:
            bar.set_postfix_str(name)
            doors.append(_called(name))
            bar.update()
    return WarmUp(tuple(doors), _folder())


def _called(name: str) -> WarmedDoor:
    """Call a door on something small and count what it compiles."""
    before, start, missing = len(COMPILED), time.process_time(), ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            CALLS[name]()
    except MissingExtraError as error:
        missing = str(error).partition(". Install")[0]
    found = COMPILED[before:]
    seconds = time.process_time() - start
    names = tuple(one.name for one in found)
    return WarmedDoor(name, names, sum(one.seconds for one in found), seconds, missing)


def _counted(kernels: int) -> str:
    return "1 kernel" if kernels == 1 else f"{kernels} kernels"


def _folder() -> str | None:
    """Return where numba keeps the kernels: the folder of the first one."""
    paths = (kernel.stats.cache_path for kernel in KERNELS)
    return next((path for path in paths if path), None)
