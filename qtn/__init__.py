"""qtn: train tensor networks, compile them to circuits, run, mitigate, verify, compare."""

from __future__ import annotations

__version__ = "0.1.0"
