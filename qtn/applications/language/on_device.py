r"""Sentences measured on a device: probabilities from means of projectors, mitigated or not.

With E_c the mean of the projector onto outcome c of the open wires and onto the outcomes that are
post-selected, and E their sum,

.. math:: p_c = E_c / E, \qquad
    σ^2(p_c) = \frac{(E - E_c)^2 σ_c^2 + E_c^2 \sum_{k \neq c} σ_k^2}{E^4};

the means share their shots, where those of exclusive outcomes are anticorrelated, by -E_c E_k / N,
which is small where post-selection leaves little and makes these errors a little too small else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import derived_seed
from qtn.applications.language.batches import Batch
from qtn.devices import Budget
from qtn.estimate import Estimate
from qtn.interop.lambeq import SentenceCircuit
from qtn.mitigation import Technique, mitigate

__all__ = ["Where", "measured"]

# A mean below this is no probability that quotients could be taken of.
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Where:
    """How sentences are measured; the arguments of `qtn.mitigate`.

    Args:
        techniques: of mitigation.
        device: anything that `qtn.run` takes.
        shots: per sentence.
        seed: of simulation and transpilation.
        budget: for each structure of sentences.
        progress: show bars.
    """

    techniques: Technique | Iterable[Technique] | str
    device: Any
    shots: int
    seed: int
    budget: Budget | None
    progress: bool | None


def measured(
    circuits: Sequence[SentenceCircuit],
    batches: Sequence[Batch],
    values: Sequence[NDArray[np.float64]],
    classes: int,
    where: Where,
) -> Estimate:
    """Measure sentences, those of one structure together.

    Args:
        circuits: with free parameters, without resets.
        batches: the same circuits by structure.
        values: of the parameters in the slots of every batch, shape (sentences, slots).
        classes: number of outcomes that are classes.
        where: how.

    Returns:
        Shape (sentences, classes).

    Raises:
        ArgumentError, BudgetError, DeviceError: see `qtn.mitigate`.
    """
    value = np.empty((len(circuits), classes))
    stderr = np.empty_like(value)
    shots, how = 0, "counts"
    for number, (batch, turns) in enumerate(zip(batches, values, strict=True)):
        bare, labels = circuits[batch.rows[0]].projectors()
        slots = [batch.names[0].index(p.name) for p in bare.parameters]
        found = mitigate(
            (bare, turns[:, slots]), labels[:classes], where.techniques,
            device=where.device, shots=where.shots, budget=where.budget,
            seed=derived_seed(where.seed, "sentences", number), progress=where.progress,
        )  # fmt: skip
        rows = list(batch.rows)
        means = np.reshape(found.value, (len(rows), classes))
        value[rows], stderr[rows] = quotients(means, np.reshape(found.stderr, means.shape))
        shots, how = shots + found.shots, found.method
    return Estimate(value, stderr, shots, how)


def quotients(
    means: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shares of the sum with their errors; see the module.

    Args:
        means: shape (sentences, classes); below 0, as mitigation may leave them, they count as 0.
        errors: of the means.
    """
    means = np.maximum(means, 0.0)
    total = np.maximum(means.sum(axis=1, keepdims=True), LEAST)
    variance = errors**2
    others = variance.sum(axis=1, keepdims=True) - variance
    spread = (total - means) ** 2 * variance + means**2 * others
    even = means.sum(axis=1, keepdims=True) < LEAST  # nothing is known
    value = np.where(even, 1.0 / means.shape[1], means / total)
    return value, np.minimum(np.sqrt(spread) / total**2, 1.0)
