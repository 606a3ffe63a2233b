"""Long simulations shot by shot, in portions: Ctrl-C ends one between two of them, with its shots.

Trajectories take as long as they have shots, and inside one call of Aer nothing can be interrupted.
A simulation that is expected to take longer than `PATIENCE` is therefore asked for in portions of
some seconds, each with a random stream of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from qiskit.primitives import BitArray

from qtn._progress import inner_bar

__all__ = ["PATIENCE", "PartialShots", "in_portions"]

PATIENCE = 10.0  # seconds that nobody minds to wait for
PORTION = 4.0  # seconds of a portion

Sampled = Callable[[int, int], Sequence[BitArray]]


class PartialShots(KeyboardInterrupt):
    """Ctrl-C with what was measured before it.

    Args:
        bits: per circuit.
        shots: of each.
    """

    def __init__(self, bits: list[BitArray], shots: int) -> None:
        super().__init__(f"interrupted after {shots} shots")
        self.bits, self.shots = bits, shots
        self.how = ""  # what ran it, and why


def in_portions(sample: Sampled, shots: int, seed: int, seconds: float) -> list[BitArray]:
    """Return the bits of all shots, taken in portions where that takes long.

    Args:
        sample: gives the bits of each circuit for a number of shots and a seed.
        shots: of each circuit.
        seed: of the first portion; the others have seeds that follow from it.
        seconds: what all shots are expected to take.

    Raises:
        PartialShots: Ctrl-C between or in portions after the first.
    """
    if not seconds > PATIENCE:
        return list(sample(shots, seed))
    size = max(1, math.floor(shots * PORTION / seconds))
    starts = range(0, shots, size)
    found: list[list[BitArray]] = []
    with inner_bar(shots, "shots", seconds) as bar:
        try:
            for start in starts:
                here = min(size, shots - start)
                found.append(list(sample(here, (seed + start) % 2**31)))
                bar.update(here)
        except KeyboardInterrupt:
            if not found:
                raise
            raise PartialShots(_joined(found), len(found) * size) from None
    return _joined(found)


def _joined(portions: Sequence[Sequence[BitArray]]) -> list[BitArray]:
    return [BitArray.concatenate_shots(list(bits)) for bits in zip(*portions, strict=True)]
