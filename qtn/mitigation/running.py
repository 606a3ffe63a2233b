"""The runs of a plan: what they take together, and their outcomes."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit.primitives.containers import BitArray

from qtn.devices.costs import RunPlan
from qtn.mitigation.plans import Plan, run_seed
from qtn.mitigation.values.correct import unflipped

__all__ = ["budget_plans", "calibrated", "held_to_budget", "sampled"]


def budget_plans(prepared: Plan) -> list[RunPlan]:
    """Return what the runs of a plan take on its device, calibration included."""
    return prepared.executor.dry_runs(prepared.parts)


def held_to_budget(prepared: Plan) -> None:
    """Hold all runs of a plan together against its budget.

    Raises:
        BudgetError: they take more than it allows, or need one.
    """
    prepared.executor.check(prepared.parts)


def sampled(prepared: Plan, shots: Sequence[int], stream: str) -> tuple[BitArray, ...]:
    """Run every circuit with these shots; None for those without any."""
    planned, bits = prepared.planned, [None] * len(prepared.planned)
    for each in sorted({s for s in shots if s}):
        chosen = [i for i, s in enumerate(shots) if s == each]
        pubs = [(planned[i].circuit, planned[i].values) for i in chosen]
        seed = run_seed(prepared.seed, stream, each)
        for index, outcome in zip(chosen, prepared.executor.run(pubs, shots=each, seed=seed)):
            bits[index] = unflipped(outcome, planned[index].flips)
    return tuple(bits)


def calibrated(prepared: Plan) -> tuple[BitArray, ...]:
    """Run the calibration circuits."""
    if not prepared.calibration:
        return ()
    found = prepared.executor.run(
        [variant.circuit for variant in prepared.calibration],
        shots=prepared.calibration_shots,
        seed=run_seed(prepared.seed, "readout"),
    )
    return tuple(unflipped(b, v.flips) for b, v in zip(found, prepared.calibration))
