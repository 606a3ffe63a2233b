"""What a mitigation technique is: a frozen set of options with a place in the pipeline.

A pipeline runs circuits along four axes: programs (the target, and training circuits of learned
maps), measurement bases, noise settings (one per noise factor) and randomisations. Techniques take
part in one or more of three steps: they change or multiply circuits (plan), they correct the
outcomes of one circuit (readout, post-selection), or they combine values over an axis (estimate).
The order in the caller's list does not matter; it is always the order of `stage`, because readout
correction has to come before extrapolation and folding before twirling.
"""

from __future__ import annotations

from abc import ABC
from typing import ClassVar


class Technique(ABC):
    """Base of all techniques; each is a frozen dataclass of its options."""

    stage: ClassVar[str]  # "noise", "insert", "idle", "readout", "select", "learn", "measure"

    @property
    def label(self) -> str:
        """Short name for `Estimate.method` and the plan."""
        return type(self).__name__.lower()
