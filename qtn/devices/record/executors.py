"""A batch of circuits as a piece of work that any executor can do.

Every batch carries its own seed, so it gives the same bits wherever and however often it runs.
Finished batches are in the ledger at once, and the same call takes up the rest after the
allocation of a cluster ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtn.devices.engines.base import Pub, Raw
from qtn.devices.lookup import Device, resolve

__all__ = ["Task"]


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of circuits for a simulated device, complete in itself."""

    device: Device
    pubs: list[Pub]
    shots: int
    seed: int

    def do(self) -> tuple[Sequence[Raw], str]:
        """Run the batch in this process, which resolves the device for itself."""
        return resolve(self.device).execute(self.pubs, self.shots, self.seed)
