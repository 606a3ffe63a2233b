"""What a balance of energies assumes: every figure with where it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from qtn._checks import fail, instance, real
from qtn._display import Fields
from qtn.devices.costs import REPETITION_DELAY

__all__ = ["DEFAULTS", "Assumption", "assumed"]


@dataclass(frozen=True, slots=True, repr=False)
class Assumption(Fields):
    """One figure that a balance rests on.

    Args:
        name: the key under which it can be given.
        value: in `unit`.
        unit: of the value.
        meaning: what it is.
        source: a reference, or "assumption".
    """

    name: str
    value: float
    unit: str
    meaning: str
    source: str

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} = {self.value:.6g}{unit}: {self.meaning} ({self.source})"


DEFAULTS = (
    Assumption(
        "device_power", 25e3, "W", "power of the whole device with its cooling, while it runs",
        "D-Wave 2X: slightly less than 25 kW, IEEE Spectrum 2015; others differ",
    ),
    Assumption(
        "shot_delay", REPETITION_DELAY, "s", "time between two shots",
        "default repetition delay of IBM; where a device tells its own, that",
    ),
    Assumption("job_seconds", 2.0, "s", "time of a job besides its shots", "usage formula of IBM"),
    Assumption(
        "two_qubit_error", 1e-3, "", "error of a two-qubit gate, where no device is given",
        "assumption",
    ),
    Assumption(
        "gate_seconds", 1e-7, "s", "time of a two-qubit layer, where no device is given",
        "assumption",
    ),
    Assumption(
        "core_power", 10.0, "W", "power of one processor core under load, its memory included",
        "assumption",
    ),
    Assumption(
        "overhead", 1.58, "", "power of a computer centre over that of its computers",
        "Uptime Institute, Global Data Center Survey 2023, mean PUE",
    ),
    Assumption(
        "core_speed", 1.0, "", "speed of that core over the core that this was measured on",
        "assumption",
    ),
)  # fmt: skip


def assumed(given: Mapping[str, Any] | None) -> dict[str, Assumption]:
    """Return all assumptions by name, those of the caller in place of the defaults.

    Raises:
        ArgumentError: an unknown name, or a value that is no finite number of at least 0 (above 0
            for factors).

    Example:
        >>> assumed({"core_power": 5})["core_power"].source
        'given by the caller'
    """
    known = {a.name: a for a in DEFAULTS}
    if given is None:
        return known
    instance("assume", given, Mapping, "a mapping of names of assumptions to numbers")
    for name, value in given.items():
        if name not in known:
            raise fail("assume", f"made of the names {', '.join(known)}", name)
        factor = name in ("overhead", "core_speed", "device_power", "core_power")
        high = 1.0 if name == "two_qubit_error" else math.inf
        number = real(f"assume[{name!r}]", value, 0.0, high, open_low=factor)
        known[name] = replace(known[name], value=number, source="given by the caller")
    return known
