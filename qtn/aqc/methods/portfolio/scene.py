"""What a choice of method may look at: the target, the limits, and what was seen so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from qtn.aqc.methods.base import described
from qtn.aqc.points import Limits, Point
from qtn.aqc.result import Record, Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.starts.survey import correlation_reach, largest_entropy
from qtn.aqc.starts.trotter import from_quench

TRIAL = 4  # layers of the brickwall that is tried
ENDED = (Status.INTERRUPTED, Status.TIME)


@dataclass
class Scene:
    """One choice under way: properties of the target, computed when first asked, and what was seen.

    Args:
        job: the target and the goal.
        limit: largest number of two-qubit gates; None for no limit.
        max_layers: staircases grow to so many layers, brickwalls to twice as many.
        steps: quasi-Newton steps per size.
        max_depth: largest two-qubit depth; None for no limit.
        tried: what each candidate found, by its name, in the order in which they were tried.
        notes: what the provenance of the result says of the target.
        hurried: whether something was left out that would have taken longer than is left.
    """

    job: Job
    limit: int | None = None
    max_layers: int = 12
    steps: int = 100
    max_depth: int | None = None
    tried: dict[str, Solution] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    hurried: bool = False

    @cached_property
    def quench(self) -> bool:
        """Whether the target is a product state after real time, neighbours coupled."""
        return from_quench(self.job.state)

    @cached_property
    def reach(self) -> int:
        """Distance at which the target's correlations end."""
        self.notes["correlation reach"] = found = correlation_reach(self.job.chain)
        _ = self.depth  # which the notes of a survey name as well
        return found

    @cached_property
    def depth(self) -> int:
        """Layers of a brickwall that the target's entropy needs at least."""
        self.notes["largest entropy"] = entropy = largest_entropy(self.job.chain)
        return math.ceil(entropy / math.log(2.0) - 1e-9)

    @property
    def local(self) -> bool:
        """Whether a brickwall of `TRIAL` layers may hold correlations and entropy of the target."""
        return self.job.n >= 4 and self.reach < 2 * TRIAL and self.depth <= TRIAL

    @property
    def noise_alone(self) -> bool:
        """Whether the noise of a device decides between circuits, and no infidelity was asked."""
        return self.job.rating is not None and not self.job.limits.infidelity

    @property
    def points(self) -> list[Point]:
        """All circuits seen."""
        return [point for found in self.tried.values() for point in found.pareto]

    @property
    def ended(self) -> bool:
        """Whether the time is up, or the user wants to end."""
        return any(found.status in ENDED for found in self.tried.values())

    def solved(self, *names: str) -> bool:
        """Whether one of these candidates, or any without names, reached the goal."""
        seen = [self.tried[name] for name in names or self.tried if name in self.tried]
        goal = self.job.target_infidelity
        return any(p.infidelity <= goal and self.within(p) for found in seen for p in found.pareto)

    def within(self, point: Point) -> bool:
        """Whether a circuit keeps the budgets."""
        return Limits(two_qubit_gates=self.limit, two_qubit_depth=self.max_depth).kept(point)

    def best(self, name: str) -> float:
        """Return the least infidelity within the depth allowed that a candidate reached, else 1."""
        depths = Limits(two_qubit_depth=self.max_depth)
        return min((p.infidelity for p in self.tried[name].pareto if depths.kept(p)), default=1.0)

    @property
    def shallow(self) -> bool:
        """Whether the depth allowed is less than that of two CX on every bond in turn."""
        return self.max_depth is not None and self.max_depth < 2 * self.job.n - 3

    @property
    def budget(self) -> int | None:
        """Gates above which a circuit is of no use: the limit, or those of one at the goal."""
        goal = self.job.target_infidelity
        depths = Limits(two_qubit_depth=self.max_depth)
        solved = [p for p in self.points if p.infidelity <= goal and depths.kept(p)]
        sizes = [p.two_qubit_gates for p in solved]
        return min([*sizes, *([] if self.limit is None else [self.limit])], default=None)

    def has_time(self, seconds: float) -> bool:
        """Whether so many CPU seconds are left; where they lack, the result's status says so."""
        left = self.job.has_time(seconds)
        self.hurried |= not left
        return left

    def seen(self, name: str, found: Solution) -> None:
        """Remember what a candidate found; a circuit on its own becomes a point of the front."""
        self.tried[name] = found if found.pareto else alone(self.job, name, found)

    def solution(self) -> Solution:
        """Return the best of all circuits seen; the status is that of the search that came last."""
        parts = list(self.tried.values())
        history: list[Record] = [record for part in parts for record in part.history]
        for part in parts:
            self.notes |= part.notes
        searches = [part.status for part in parts if part.history]
        last = (searches or [Status.EXACT])[-1]
        if self.hurried and not self.solved():
            last = Status.TIME
        status = next((s for s in searches if s in ENDED), last)
        found = Solution.of(self.points, status, history, self.limit)
        return replace(found, notes=self.notes)


def alone(job: Job, name: object, found: Solution) -> Solution:
    """Return a solution as the one point of its front, under the name of a method or a given one.

    Its infidelity is the least that its search saw.
    """
    label = name if isinstance(name, str) else described(name)
    least = min((record.infidelity for record in found.history), default=0.0)
    return replace(found, pareto=(job.point(label, found.blocks, least),))
