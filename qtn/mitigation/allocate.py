r"""Adaptive shots: a pilot run tells where the remaining shots lower the error the most.

The variance of the final value is a sum over measured cells (a basis at a noise factor),
V = Σ_k v_k / N_k with v_k the variance that one shot of cell k contributes through the fit. For a
given total it is least for N_k in proportion to √v_k (Neyman). The pilot estimates v_k; no cell
gets less than its pilot, nor more than the pilot can justify.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.mitigation.plans import Plan, PlannedCircuit
from qtn.mitigation.values.combination import Combined, Values

PILOT = 0.2  # part of the shots in the pilot
MOST = 4.0  # a cell gets at most this many times its equal share


def pilot_shots(jobs: Sequence[PlannedCircuit], minimum: int) -> list[int]:
    """Return the shots of every job in the pilot: a part of its cell's equal share."""
    members = _members(jobs)
    equal = sum(j.shots for j in jobs) / len(members)
    return [max(minimum, int(PILOT * equal / len(members[j.place]))) for j in jobs]


def remaining_shots(
    prepared: Plan, pilot: Sequence[int], values: Values, combined: Sequence[Combined]
) -> list[int]:
    """Return the shots that every job gets after the pilot.

    Args:
        prepared: the plan.
        pilot: shots of every job in the pilot.
        values: of the target, from the pilot.
        combined: from the same values, one per observable; their variances are added.

    Cost: negligible.
    """
    jobs = prepared.planned
    members = _members(jobs)
    total = sum(j.shots for j in jobs)
    spread = {}
    for cell, own in members.items():
        _, basis, setting = cell
        terms = list(prepared.observable.bases[basis].terms)
        block = values.covariance[setting][:, terms][:, :, terms]
        slopes = [one.jacobian[setting][:, terms] for one in combined]
        variance = sum(np.einsum("bt,btu,bu->b", s, block, s).mean() for s in slopes)
        spread[cell] = np.sqrt(max(variance, 0.0) * sum(pilot[k] for k in own))
    wanted = np.array([spread[cell] for cell in members])
    least = np.array([sum(pilot[k] for k in own) for own in members.values()], dtype=float)
    share = _bounded(wanted, least, MOST * total / len(members), total)
    extra = [0] * len(jobs)
    for (_, own), goal in zip(members.items(), share, strict=True):
        weights = np.array([jobs[k].shots for k in own], dtype=float)
        for k, part in zip(own, goal * weights / weights.sum(), strict=True):
            extra[k] = max(0, int(part) - pilot[k])
    return extra


def _members(jobs: Sequence[PlannedCircuit]) -> dict[tuple[int, int, int], list[int]]:
    found: dict[tuple[int, int, int], list[int]] = {}
    for k, job in enumerate(jobs):
        found.setdefault(job.place, []).append(k)
    return found


def _bounded(wanted: np.ndarray, least: np.ndarray, most: float, total: float) -> np.ndarray:
    """Split `total` in proportion to `wanted` between bounds, by bisection of the scale."""
    wanted = np.maximum(wanted, 1e-6 * max(float(wanted.max()), 1e-300))
    low, high = 0.0, total / float(wanted.min())
    for _ in range(60):
        middle = (low + high) / 2
        share = np.clip(middle * wanted, least, most)
        low, high = (middle, high) if share.sum() < total else (low, middle)
    share = np.clip(low * wanted, least, most)
    return np.asarray(share * min(1.0, total / share.sum()))
