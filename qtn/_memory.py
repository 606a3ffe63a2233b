"""Memory: how much is free, and whether what comes next fits, asked before it is taken."""

from __future__ import annotations

from pathlib import Path

from qtn.errors import ArgumentError, QtnError

_CGROUP = Path("/sys/fs/cgroup")


def free_memory() -> int | None:
    """Return the bytes that this process can still take, or None where nobody says.

    The smaller of what the system has available and what the control group still allows.
    """
    found = [n for n in (_available(), _allowed()) if n is not None]
    return min(found) if found else None


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
    if free is not None and needed > free:
        raise kind(
            f"{what} needs {needed / 2**30:,.3g} GiB of memory, but {free / 2**30:,.3g} GiB are "
            "free. Take something smaller, or a machine with more memory."
        )


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return 1024 * int(sizes[0]) if sizes else None


def _allowed() -> int | None:
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = (_CGROUP / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return None if limit == "max" else max(int(limit) - int(used), 0)
