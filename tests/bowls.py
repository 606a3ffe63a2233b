"""Losses with a known minimum, as a device would measure them."""

from __future__ import annotations

import numpy as np

from qtn.devices.costs import RunPlan
from qtn.hybrid.refine.descents.base import Floats, Ints, Job


def bowl(angles: Floats, noise: float = 0.0, scale: float = 1.0) -> Job:
    """Return Σ_j scale (1 - cos θ_j) with Gaussian noise, one row."""

    def outputs(settings: Floats, rows: Ints, seed: int) -> tuple[Floats, Floats]:
        values = scale * (1.0 - np.cos(settings)).sum(axis=1)
        values = np.repeat(values[:, None, None], len(rows), axis=1)
        rng = np.random.default_rng(seed)
        return values + noise * rng.normal(size=values.shape), np.full(values.shape, noise)

    def plan(settings: int, rows: int) -> RunPlan:
        count = settings * rows
        return RunPlan("aer", count, 1, 100 * count, 1, 1, 1, None, None)

    alone, again = np.zeros(1, dtype=np.int64), np.zeros(8, dtype=np.int64)
    return Job(angles, outputs, lambda values, _: values[..., 0], alone, again, plan)
