"""Joules of one row of a comparison: of this machine, or of the device that it stands for."""

from __future__ import annotations

from qtn.devices.costs import RunPlan
from qtn.reports.joules.assumptions import DEFAULTS

__all__ = ["LEGEND", "device_joules", "local_joules"]

VALUES = {a.name: a for a in DEFAULTS}


def local_joules(seconds: float) -> float:
    """Return the joules of seconds on one core of this machine."""
    return seconds * VALUES["core_power"].value * VALUES["overhead"].value


def device_joules(plan: RunPlan) -> float:
    """Return the joules of a device that executes a plan, one job for all of it.

    Its own seconds where it accounts for them; else the delay between shots, which the circuits'
    durations of some microseconds do not add much to.
    """
    seconds = plan.seconds
    if seconds is None:
        seconds = VALUES["job_seconds"].value + plan.shots * VALUES["shot_delay"].value
    return seconds * VALUES["device_power"].value


def _told(name: str) -> str:
    one = VALUES[name]
    return f"{one.value:g} {one.unit}".strip() + f" ({one.source})"


LEGEND = (
    f"Joules: of what is computed here, wall seconds times {_told('core_power')} per core times "
    f"{_told('overhead')}; of noisy rows those of the device, {_told('device_power')} times "
    f"{_told('job_seconds')} and {_told('shot_delay')} per shot. qtn.energy takes other figures, "
    "and says at which bond an emulation is as good as the device."
)
"""What the joules of a comparison assume."""
