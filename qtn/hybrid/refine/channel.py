r"""What noise makes of the probabilities of a model, fitted on a few rows that a device measures.

.. math:: q_l(x) \approx \mathrm{keep}_l\; p_l(x) + \mathrm{floor}_l

by least squares over the rows. Errors that leave a state of the same circuit behind lower all its
probabilities by a factor; those near the end move neighbours of the all-zero outcome into it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from qtn._random import generator
from qtn.hybrid.refine.losses import Channel, Floats
from qtn.hybrid.refine.task import Rows

EACH, SHOTS = 2, 20_000  # rows of every class, and shots of every row
LEAST = 0.01  # of keep


def measured_channel(model: Any, noise: Any, rows: Rows, seed: int) -> Channel:
    """Return what the noise of a device makes of the probabilities of a model.

    Args:
        model: the deployed model.
        noise: a device as `qtn.run` takes it.
        rows: to choose from.
        seed: of the choice.

    Raises:
        DeviceError: the device cannot take the circuits.

    Cost: `EACH` rows per class on the device.
    """
    rng = generator(seed, "refine", "channel")
    numbers = np.zeros(len(rows), dtype=np.int64) if rows.y is None else rows.y
    picked = [rng.permutation(np.flatnonzero(numbers == k))[:EACH] for k in np.unique(numbers)]
    some = rows.at(np.concatenate(picked))
    there = replace(model, device=noise, shots=SHOTS, mitigation=(), progress=False)
    weights = np.array([p.weight for p in model.form.products(model, some.x)])
    exact = model.form.ideal_scores(model, some.x) / weights
    work = there.form.circuits(there, some.x)
    outcomes = [there._measure(number, part) for number, part in enumerate(work)]
    seen = np.asarray(there.form.scores(there, outcomes).value) / weights
    return fitted_channel(exact, seen)


def fitted_channel(exact: Floats, seen: Floats) -> Channel:
    """Return the channel between probabilities (rows, scores) without noise and with it."""
    away = exact - exact.mean(axis=0)
    spread = np.maximum((away**2).sum(axis=0), 1e-300)
    keep = np.clip((away * seen).sum(axis=0) / spread, LEAST, 1.0)
    floor = np.clip(seen.mean(axis=0) - keep * exact.mean(axis=0), 0.0, 1.0)
    return Channel(keep, floor)
