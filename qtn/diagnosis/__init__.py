"""The machine and the installation: what is there, and what stands in the way."""

from qtn.diagnosis.door import about, doctor
from qtn.diagnosis.findings import About, Diagnosis, Finding, Severity

__all__ = ["About", "Diagnosis", "Finding", "Severity", "about", "doctor"]
