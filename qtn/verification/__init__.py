"""Verification: tensor networks that prove the answer, with an interval."""

from qtn.verification.check import Check, Cost
from qtn.verification.plan import Limits
from qtn.verification.verify import verify

__all__ = ["Check", "Cost", "Limits", "verify"]
