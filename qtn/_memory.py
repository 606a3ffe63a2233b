"""Memory: how much is free, and whether what comes next fits, asked before it is taken."""

from __future__ import annotations

import math
from pathlib import Path

import psutil

from qtn.errors import ArgumentError, QtnError

_CGROUP = Path("/sys/fs/cgroup")


def free_memory() -> float:
    """Return the bytes that this process can still take.

    The smaller of what the system has available and what the control group still allows, which
    psutil does not ask.
    """
    return min(_available(), _allowed())


def check_memory(needed: float, what: str, kind: type[QtnError] = ArgumentError) -> None:
    """Refuse work that needs more memory than is free.

    Args:
        needed: bytes.
        what: the work, as the subject of a sentence.
        kind: of the error.

    Raises:
        kind: says how much is needed and how much is free.
    """
    free = free_memory()
    if needed > free:
        raise kind(
            f"{what} needs {needed / 2**30:,.3g} GiB of memory, but {free / 2**30:,.3g} GiB are "
            "free. Take something smaller, or a machine with more memory."
        )


def _available() -> float:
    return float(psutil.virtual_memory().available)


def _allowed() -> float:
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = (_CGROUP / "memory.current").read_text(encoding="ascii").strip()
        return math.inf if limit == "max" else max(float(limit) - float(used), 0.0)
    except (OSError, ValueError):
        return math.inf
