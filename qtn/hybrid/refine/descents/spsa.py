r"""SPSA: two measurements of the loss per step, whatever the number of angles.

A step moves along a random direction Δ of signs,

.. math:: \theta_{k+1} = \theta_k - a_k\, s_k\, \Delta_k, \quad
   s_k = \frac{L(\theta_k + c_k \Delta_k) - L(\theta_k - c_k \Delta_k)}{2 c_k}.

**Gains.** Along Δ the loss is a parabola of slope s and curvature ΔᵀHΔ, on average κ = tr H: its
minimum is at a = 1/κ. With slopes of variance S² of which σ² is noise (shots, and rows drawn anew),
the expected fall a(S² - σ²) - ½ a² κ S² is largest at

.. math:: a_0 = \frac{1}{\kappa}\,\frac{S^2 - \sigma^2}{S^2}.

κ, S² and σ² are measured at the start from a few directions, θ in the middle. No first step turns
an angle by more than c on average. Later gains follow Spall's
:math:`a_k \propto (k + 1 + A)^{-0.602}`, :math:`c_k \propto (k + 1)^{-0.101}`, A a tenth of the
steps. c itself is 1/√P for P angles, at most .3: all angles turned by c change the state by a
squared angle of P c²/4, a quarter.

Reference: Spall, IEEE Trans. Aerosp. Electron. Syst. 34, 817 (1998), for the decay; the first gain
from the measured curvature is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qtn._checks import positive_int, real
from qtn._random import generator
from qtn.hybrid.refine.descents.base import Descent, Floats, Job, OnDevice

LARGEST_STRIDE = 0.3  # radian
LEAST_SHARE = 0.1  # of the gain that is left where noise is all that was seen
ALPHA, GAMMA = 0.602, 0.101


@dataclass(frozen=True, slots=True, kw_only=True)
class SPSA(OnDevice):
    """Refine by simultaneous perturbation: two settings of the angles per step.

    Args:
        shots: per circuit, row and setting of the angles.
        most_shots: of the whole search, calibration and validation included; None for no limit.
        rows: training rows per step, drawn anew for each.
        validation: how often start and end are measured on the rows held out.
        confidence: with which the end must be below the start there to be taken.
        checkpoint: a file for the state after every step, from which the same call goes on.
        device: where an energy is measured, see `qtn.run`; a deployed model has its own.
        mitigation: techniques of `qtn.mitigate` for an energy; a deployed model has its own.
        budget: the most that all runs for an energy may take; a deployed model has its own.
        directions: averaged per step, each with two settings.
        calibration: directions measured before the first step, from which gains follow.
        stride: the perturbation c in radian; None for 1/√(angles), at most .3.

    Raises:
        ArgumentError: a number outside its range, no technique, or no budget.

    Example:
        >>> SPSA(shots=256).settings(10)
        (13, 2)

    Reference: Spall, IEEE Trans. Aerosp. Electron. Syst. 34, 817 (1998); the first gain is ours.
    """

    directions: int = 1
    calibration: int = 6
    stride: float | None = None

    def __post_init__(self) -> None:
        OnDevice.__post_init__(self)
        positive_int("directions", self.directions)
        positive_int("calibration", self.calibration)
        if self.stride is not None:
            real("stride", self.stride, 0.0, math.pi / 2, open_low=True)

    def settings(self, angles: int) -> tuple[int, int]:
        """Return the settings of the calibration, and of every step."""
        return 2 * self.calibration + 1, 2 * self.directions

    def begin(self, job: Job, steps: int) -> Descent:
        """Measure slope, noise and curvature along a few directions and choose the first gain."""
        count = len(job.angles)
        stride = self.stride or min(LARGEST_STRIDE, count**-0.5)
        signs = _signs(job, self.calibration, "calibration")
        around = [sign * stride * signs for sign in (1.0, -1.0)]
        settings = job.angles + np.concatenate([np.zeros((1, count)), *around])
        rows = job.batch(self.rows, "calibration")
        found = job.measured(settings, rows, "spsa", "calibration")
        slopes, noises, curvatures = [], [], []
        for k in range(1, self.calibration + 1):
            tilt, bend = np.zeros(len(settings)), np.zeros(len(settings))
            tilt[[k, k + self.calibration]] = 0.5 / stride, -0.5 / stride
            bend[[0, k, k + self.calibration]] = np.array([-2.0, 1.0, 1.0]) / stride**2
            slope, noise = found.contrast(tilt)
            slopes.append(slope)
            noises.append(noise)
            curvatures.append(found.contrast(bend)[0])
        gain = _gain(np.array(slopes), np.array(noises), np.array(curvatures), stride)
        return Descent(
            job.angles, np.zeros(count), numbers={"gain": gain, "stride": stride},
            fingerprint=self.print_of(job, steps),
        )  # fmt: skip

    def advance(self, job: Job, state: Descent, steps: int) -> Descent:
        """Move along the slopes of random directions."""
        k, patience = state.step, 0.1 * steps
        stride = state.numbers["stride"] * (k + 1.0) ** -GAMMA
        gain = state.numbers["gain"] * ((1.0 + patience) / (k + 1.0 + patience)) ** ALPHA
        signs = _signs(job, self.directions, k)
        settings = state.angles + np.concatenate([stride * signs, -stride * signs])
        found = job.measured(settings, job.batch(self.rows, k), "spsa", k)
        high, low = found.losses.reshape(2, -1)
        step = ((high - low) / (2.0 * stride)) @ signs / self.directions
        longest = max(float(np.abs(gain * step).max()), 1e-300)
        angles = state.angles - gain * step * min(1.0, 2.0 * LARGEST_STRIDE / longest)
        return state.moved(angles, float(np.mean([high, low])), steps)


def _signs(job: Job, count: int, name: str | int) -> Floats:
    rng = generator(job.seed, "directions", name)
    return rng.choice([-1.0, 1.0], (count, len(job.angles)))


def _gain(slopes: Floats, noises: Floats, curvatures: Floats, stride: float) -> float:
    """Return a₀ as derived above, for slopes with their noises and curvatures."""
    size = float(np.mean(slopes**2))
    if size == 0.0:
        return 0.0
    share = max(1.0 - float(np.mean(noises**2)) / size, LEAST_SHARE)
    limit = stride / math.sqrt(size)
    curvature = float(np.mean(curvatures))
    return min(share / curvature, limit) if curvature > 0.0 else share * limit
