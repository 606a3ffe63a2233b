"""Verification: tensor networks that prove the answer, with an interval."""

from qtn.verification.amplitude import amplitudes
from qtn.verification.check import Check, Cost
from qtn.verification.door import verify
from qtn.verification.limits import Limits
from qtn.verification.mixed_inputs.door import infinite_temperature
from qtn.verification.witness.protocols import CrossEntropy, DirectFidelity, Mirror, Shadows

__all__ = [
    "Check",
    "Cost",
    "CrossEntropy",
    "DirectFidelity",
    "Limits",
    "Mirror",
    "Shadows",
    "amplitudes",
    "infinite_temperature",
    "verify",
]
