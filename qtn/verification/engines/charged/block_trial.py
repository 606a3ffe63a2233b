r"""What a circuit in blocks will cost, found by its first layers.

It is run for about two seconds' work at the largest bond allowed. If that ends, the cost is known
and the state kept. If not, bonds go on growing as they did in the last layers,

.. math:: \chi(k + i) = \chi(k) \, 2^{r i} ,

with r the median over the bonds of the growth per gate, up to the bond allowed; products and
factorisations of a gate go as χ³ from what its last one took, and Python's share stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from qtn.interop.charged import ChargedCircuit
from qtn.states.blocks.updates import BlockStep, planned
from qtn.states.kernels.work import Step
from qtn.verification.engines.charged.block_state import BlockState
from qtn.verification.limits import SECONDS_PER_FLOP, Forecast, Limits

__all__ = ["LADDER", "Tried", "tried_blocks"]

TRIAL = 2.0
"""Seconds of work that a trial may take."""
LADDER = 1.35
"""What a state with those at a half and a quarter of its bond costs beside itself."""
LEAST = 64
"""Bond below which a truncated state in blocks is not worth trying."""
SAFETY = 1.5
"""A bond is chosen whose forecast is below the limit by this factor."""
BYTES = 2 * 16
"""Of a complex number of a tensor, with one copy."""


class _Enough(Exception):
    """The trial has used up its work."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a trial has found.

    Args:
        forecast: of a run at `bond`.
        bond: the largest bond to be used.
        state: the state, where the trial came to the end.
    """

    forecast: Forecast
    bond: int
    state: BlockState | None = None

    @property
    def capped(self) -> bool:
        """Whether the bond is likely to be cut."""
        return self.state is None and max(self.forecast.bonds, default=0.0) >= np.log2(self.bond)


def tried_blocks(circuit: ChargedCircuit, limits: Limits, seconds: float = TRIAL) -> Tried:
    """Predict what a circuit costs in blocks, by its first layers; choose the bond.

    Args:
        circuit: the circuit.
        limits: `block_bond` is the largest bond, `seconds` and `memory` what may be spent.
        seconds: seconds of work that the trial may take.

    Returns:
        The largest bond of `block_bond`, a half of it, … down to 64, that with its smaller bonds is
        likely to be within the limits, and the forecast for it.

    Cost: at most about `seconds`.
    """
    steps: list[BlockStep] = []
    allowed = seconds / SECONDS_PER_FLOP

    def watch(step: Step) -> None:
        steps.append(cast(BlockStep, step))
        if step.work > allowed and step.done < step.of:
            raise _Enough

    try:
        state = BlockState(circuit, limits.block_bond, limits.cutoff, watch)
    except _Enough:
        return _chosen(circuit, steps, limits)
    return Tried(_found(state, steps, limits.block_bond), limits.block_bond, state)


def _found(state: BlockState, steps: Sequence[BlockStep], bond: int) -> Forecast:
    bonds = tuple(float(np.log2(b)) for b in state.chain().bonds)
    work = steps[-1].work if steps else 0.0
    numbers = max((step.numbers for step in steps), default=0)
    return Forecast(bonds, SECONDS_PER_FLOP * work, float(BYTES * numbers), state.max_bond < bond)


def _chosen(circuit: ChargedCircuit, steps: Sequence[BlockStep], limits: Limits) -> Tried:
    """Return the largest bond whose forecast is within the limits, or the least one's."""
    bond = limits.block_bond
    while True:
        expected = extrapolated(circuit, steps, bond)
        whole = replace(expected, seconds=LADDER * expected.seconds)
        fits = SAFETY * whole.seconds <= limits.seconds and whole.memory <= limits.memory
        if fits or bond // 2 < LEAST:
            return Tried(whole, bond)
        bond //= 2


def extrapolated(circuit: ChargedCircuit, steps: Sequence[BlockStep], bond: int) -> Forecast:
    """Return the forecast at a bond from the steps of a trial, which may be larger or smaller."""
    phys = [len(site.levels) for site in circuit.start.sites]
    plan, order = planned(circuit.gates, phys, 0)
    lefts = [plan[k].gate[0][0] for k, _ in order if len(plan[k].gate[0]) == 2]
    rate = _rate(steps)
    last: dict[int, BlockStep] = {}
    work, sizes = 0.0, dict.fromkeys(lefts, 1.0)
    for step in steps:
        last[step.bond] = step
        sizes[step.bond] = min(float(step.size), float(bond))
        work += _work(step, sizes[step.bond])
    largest = max(steps, key=lambda step: step.products)
    numbers, before = float(steps[-1].numbers), sum(size**2 for size in sizes.values())
    for left in lefts[len(steps) :]:
        sizes[left] = min(sizes[left] * 2.0**rate, float(bond))
        work += _work(last.get(left, largest), sizes[left])
    numbers *= max(1.0, sum(size**2 for size in sizes.values()) / before)
    bonds = tuple(float(np.log2(sizes.get(k, 1.0))) for k in range(len(phys) - 1))
    return Forecast(bonds, SECONDS_PER_FLOP * work, BYTES * numbers, False)


def _work(step: BlockStep, size: float) -> float:
    """Return the operations of a gate at another size of its bond."""
    return step.handling + step.products * (size / step.size) ** 3


def _rate(steps: Sequence[BlockStep]) -> float:
    """Return by how many powers of 2 a bond grows with every gate on it, in the last layers."""
    past: dict[int, list[float]] = {}
    for step in steps:
        past.setdefault(step.bond, []).append(float(np.log2(step.size)))
    recent = [(line[-1] - line[-3]) / 2.0 for line in past.values() if len(line) > 2]
    ends = [line[-1] for line in past.values() if len(line) > 2]
    if not recent:
        return 2.0
    # Bonds at the ends of the chain cannot grow; those in the middle set the cost.
    wide = [r for r, end in zip(recent, ends, strict=True) if end >= float(np.median(ends))]
    return max(0.0, float(np.median(wide)))
