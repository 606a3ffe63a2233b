r"""Parameter shift: the gradient by every angle, without bias, from two settings each.

Every angle turns a Pauli rotation, so that what is measured is A + B cos(θ - φ) in it, and

.. math:: \frac{\partial s}{\partial\theta_j} =
   \frac{s(\theta + \tfrac{\pi}{2} e_j) - s(\theta - \tfrac{\pi}{2} e_j)}{2} .

A loss of several outputs s follows by the chain rule at the values measured at θ. The step goes
along the gradient, its length the minimum of the parabola that two settings beside θ along it show,
an angle of at most half a radian.

Reference: Mitarai et al., Phys. Rev. A 98, 032309 (2018); Schuld et al., Phys. Rev. A 99, 032331
(2019). The length of the step is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qtn.hybrid.refine.descents.base import Descent, Floats, Job, OnDevice

SHIFT = np.pi / 2
PROBE, LONGEST = 0.15, 0.5  # radian of the angle that turns most
SMALL = 1e-4  # of the outputs' change for a derivative


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterShift(OnDevice):
    """Refine by exact gradients: two settings per angle and step.

    Args:
        shots: per circuit, row and setting of the angles.
        most_shots: of the whole search, validation included; None for no limit.
        rows: training rows per step, drawn anew for each.
        validation: how often start and end are measured on the rows held out.
        confidence: with which the end must be below the start there to be taken.
        checkpoint: a file for the state after every step, from which the same call goes on.
        device: where an energy is measured, see `qtn.run`; a deployed model has its own.
        mitigation: techniques of `qtn.mitigate` for an energy; a deployed model has its own.
        budget: the most that all runs for an energy may take; a deployed model has its own.

    Raises:
        ArgumentError: a number outside its range, no technique, or no budget.

    Example:
        >>> ParameterShift(shots=256).settings(10)
        (0, 23)

    Reference: Mitarai et al., Phys. Rev. A 98, 032309 (2018).
    """

    def settings(self, angles: int) -> tuple[int, int]:
        """Return the settings of the calibration, none, and of every step."""
        return 0, 2 * angles + 3

    def begin(self, job: Job, steps: int) -> Descent:
        """Return the state before the first step."""
        return Descent(job.angles, np.zeros(len(job.angles)), fingerprint=self.print_of(job, steps))

    def advance(self, job: Job, state: Descent, steps: int) -> Descent:
        """Move along the gradient."""
        k, count = state.step, len(state.angles)
        rows = job.batch(self.rows, k)
        turns = SHIFT * np.eye(count)
        settings = state.angles + np.concatenate([np.zeros((1, count)), turns, -turns])
        found = job.measured(settings, rows, "shift", k)
        here, (up, down) = found.values[:1], found.values[1:].reshape(2, count, len(rows), -1)
        gradient = _chain(job, here, 0.5 * (up - down), rows)
        loss = float(found.losses[0])
        steepest = float(np.abs(gradient).max(initial=0.0))
        if steepest == 0.0:
            return state.moved(state.angles, loss, steps)
        direction = -gradient / steepest
        probes = state.angles + PROBE * np.stack([direction, -direction])
        ahead, behind = job.measured(probes, rows, "probe", k).losses
        slope = -float(gradient @ gradient) / steepest
        bend = (ahead + behind - 2.0 * loss) / PROBE**2
        length = min(-slope / bend, LONGEST) if bend > 0.0 else LONGEST
        return state.moved(state.angles + length * direction, loss, steps)


def _chain(job: Job, here: Floats, changes: Floats, rows: np.ndarray) -> Floats:
    """Return dL/dθ from ds/dθ, (angles, rows, outputs), at the outputs `here`."""
    largest = max(float(np.abs(changes).max(initial=0.0)), 1e-300)
    small = SMALL * max(float(np.abs(here).max()), 1e-12) / largest
    ahead, behind = (job.losses(here + sign * small * changes, rows) for sign in (1.0, -1.0))
    return np.asarray((ahead - behind).mean(axis=1) / (2.0 * small))
