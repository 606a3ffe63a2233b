"""What a compilation has found so far, and whether it should end.

The door makes one `Keeper` per compilation. Searches note every circuit there as they find it, so
that the best so far is at hand however a method ends, and ask there whether to go on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qtn.aqc.kernels.gates import plain, unitary
from qtn.aqc.result import Record, Status
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.nodes import Nodes

GRACE = 5.0  # CPU seconds that a method has to end by itself
SHARE = 0.5  # and this share of the time it had


class Stop(KeyboardInterrupt):
    """Ends a method that does not end by itself; the door catches it, methods need not."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.value)
        self.status = status


@dataclass(frozen=True, slots=True)
class Kept:
    """A circuit that was found on the way, as a search holds it."""

    infidelity: float
    size: int
    made: Callable[[], Blocks]


class Keeper:
    """The best circuits so far, one of each shape, and the reasons to end.

    Args:
        show: called with every record of the history.
        asked: whether the user asked to end (Ctrl-C).
        deadline: `time.process_time()` at which to end.
    """

    def __init__(
        self,
        show: Callable[[Record], None] | None = None,
        asked: Callable[[], bool] | None = None,
        deadline: float = math.inf,
    ) -> None:
        self.started = time.process_time()
        self.deadline = deadline
        self.history: list[Record] = []
        self.cut_short = False  # whether a search was told to end for the user
        self._show, self._asked = show, asked
        self._kept: dict[int, tuple[object, Kept]] = {}
        self._told = math.inf

    @property
    def interrupted(self) -> bool:
        """Whether the user asked to end."""
        if self._asked is None or not self._asked():
            return False
        self.cut_short = True
        return True

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.process_time() > self.deadline

    def keep(self, shape: Ansatz | Nodes, gates: np.ndarray, infidelity: float) -> None:
        """Keep a shape with its gates in parts, if they are the best of that shape."""
        self._keep(shape, Kept(infidelity, shape.size, lambda: _made(shape, gates)))

    def keep_blocks(self, blocks: Blocks, infidelity: float) -> None:
        """Keep blocks on any sites, if they are the best of that many."""
        self._keep(blocks.size, Kept(infidelity, blocks.size, lambda: blocks))

    def _keep(self, shape: Ansatz | Nodes | int, found: Kept) -> None:
        # A search keeps its shape object: two searches may end in two entries, which does no harm.
        key = shape if isinstance(shape, int) else id(shape)
        before = self._kept.get(key)
        if before is None or found.infidelity < before[1].infidelity:
            self._kept[key] = (shape, found)

    def record(self, record: Record) -> None:
        """Add a line, made just now, to the history and show it.

        Raises:
            Stop: the method should have ended `GRACE` seconds ago.
        """
        self.history.append(record)
        if self._show is not None:
            self._show(record)
        now = self.started + record.seconds
        if self.interrupted:
            self._told = min(self._told, now)
            if now > self._told + GRACE:
                raise Stop(Status.INTERRUPTED)
        if now > self.deadline + GRACE + SHARE * (self.deadline - self.started):
            raise Stop(Status.TIME)

    def circuits(self) -> list[tuple[Blocks, float]]:
        """Return the circuits kept with their infidelities: those that no shorter one beats."""
        found: list[Kept] = []
        kept = [one for _, one in self._kept.values()]
        for one in sorted(kept, key=lambda k: (k.size, k.infidelity)):
            if not found or one.infidelity < found[-1].infidelity:
                found.append(one)
        return [(one.made(), one.infidelity) for one in found]

    def aside(self) -> Keeper:
        """Return one for a search on another target: nothing kept, the same reasons to end."""
        other = Keeper(self._show, self._asked, self.deadline)
        other.started = self.started
        return other


def _made(shape: Ansatz | Nodes, gates: np.ndarray) -> Blocks:
    whole = plain(unitary(gates), not gates[:, 1].any())
    return shape.blocks(whole) if isinstance(shape, Nodes) else Blocks.of(shape, whole)
