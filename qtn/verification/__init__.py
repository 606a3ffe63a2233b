"""Verification: tensor networks that prove the answer, with an interval."""

from qtn.verification.amplitudes import amplitudes
from qtn.verification.check import Check, Cost
from qtn.verification.plan import Limits
from qtn.verification.verify import verify
from qtn.verification.witness import CrossEntropy, DirectFidelity, Mirror, Shadows

__all__ = [
    "Check",
    "Cost",
    "CrossEntropy",
    "DirectFidelity",
    "Limits",
    "Mirror",
    "Shadows",
    "amplitudes",
    "verify",
]
