"""Training of a Born machine by hand: at the bond wanted, and at half of it, a quarter, …

A network of a larger bond contains those of smaller ones, but its search can end in a poorer
optimum; the best of all is kept, so that a larger bond never ends worse than its half.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._progress import progress_bar, warn_interrupted
from qtn.models.densities.counted import Floats, Ints
from qtn.models.recipes.growth import LEAST_LOG_P, Sweeper

# A Born machine: it stands above this wing.
Machine = Any


@dataclass(slots=True)
class Run:
    """One search: its best tensors by `judged`, how it went, and the largest bond met."""

    tensors: tuple[Floats, ...]
    judged: float
    history: dict[str, list[float]]
    status: str
    widest: int


def halved(machine: Machine, rows: Ints, weights: Floats, held: Ints) -> Run:
    """Train at the machine's bond, and at half of it, … while a bond was too small.

    Args:
        machine: whose `_training` says what is swept.
        rows: to train on.
        weights: of the rows.
        held: rows by which sweeps are judged; none: by the loss on the others.
    """
    bond = machine._setting("bond")
    # Rows with a value that the others lack are impossible, whatever the sweep.
    held = held[_shown(rows, held)]
    best = _sweep(machine, rows, weights, held, bond)
    if best.status == "interrupted" and not best.history["loss"]:
        raise KeyboardInterrupt  # nothing was learned yet
    bond, run = bond // 2, best
    while bond > 1 and run.widest > bond and run.status != "interrupted":
        run = _sweep(machine, rows, weights, held, bond)
        best = run if run.judged < best.judged else best
        bond //= 2
    if run.status == "interrupted":
        best.status = "interrupted"
        warn_interrupted(f"sweep {len(best.history['loss'])}")
    return best


def _sweep(machine: Machine, rows: Ints, weights: Floats, held: Ints, bond: int) -> Run:
    sweeper, steps = machine._training(rows, weights, bond)
    share = weights / weights.sum()
    history: dict[str, list[float]] = {"loss": [], "bond": []}
    run = Run(tuple(sweeper.tensors), np.inf, history, "completed", _widest(sweeper))
    previous = np.inf
    bar = progress_bar(len(steps), "fitting", machine.progress, word="at most")
    try:
        for step in steps:
            previous = _step(machine, run, sweeper, step, (share, held), previous)
            bar.update()
            if run.status == "converged":
                break
    except KeyboardInterrupt:
        run.status = "interrupted"
    finally:
        bar.close()
    return run


def _step(
    machine: Machine,
    run: Run,
    sweeper: Sweeper,
    step: Callable[[], None],
    data: tuple[Floats, Ints],
    previous: float,
) -> float:
    """Make a sweep and note how it went; return the loss."""
    share, held = data
    step()
    loss = judged = -float(share @ sweeper.log_likelihoods())
    run.history["loss"].append(loss)
    bond = _widest(sweeper)
    run.history["bond"].append(bond)
    run.widest = max(run.widest, bond)
    if len(held):
        found = machine._log_p(machine._structure(), tuple(sweeper.tensors), held)
        judged = -float(np.maximum(found, LEAST_LOG_P).mean())
        run.history.setdefault("validation_loss", []).append(judged)
    if judged < run.judged:
        run.judged, run.tensors = judged, tuple(sweeper.tensors)
    if abs(previous - loss) < machine.tolerance:
        run.status = "converged"
    return loss


def _widest(sweeper: Sweeper) -> int:
    return max(t.shape[2] for t in sweeper.tensors)


def _shown(rows: Ints, others: Ints) -> NDArray[np.bool_]:
    """Return which of the others hold only values that their columns show in the rows."""
    columns = range(rows.shape[1])
    return np.all([np.isin(others[:, c], rows[:, c]) for c in columns], axis=0)
