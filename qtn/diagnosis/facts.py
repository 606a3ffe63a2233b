"""What is known of the machine and the installation, gathered without loading any heavy package."""

from __future__ import annotations

import math
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from qtn._machine import Gpu, gpus
from qtn._memory import free_memory

PACKAGE = "qtn-toolkit"
# In a wheel the locked set stands here, in a checkout at the top.
LOCKS = (Path(__file__).with_name("constraints.txt"), Path(__file__).parents[2] / "constraints.txt")
# Who limits the processors of a container, in the two versions of control groups.
QUOTAS = (Path("/sys/fs/cgroup/cpu.max"), Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"))


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at.

    Args:
        python: version, (major, minor).
        wide: whether addresses have 64 bits.
        cores: cores that the process may use by its affinity.
        quota: cores that a container may use; None without a limit.
        busy: load of the last minute, in cores; None where it is not told.
        memory: free bytes; None where it is not told.
        disk: free bytes of the folder for temporary files.
        environment: variables of the process.
        packages: installed distributions by normalised name.
        required: requirements of installed distributions, name to lines.
        locked: versions that the tests ran with.
        cache: folders for compiled kernels, and whether each can be written.
        gpus: what the driver names.
        encoding: of standard output.
    """

    python: tuple[int, int]
    wide: bool = True
    cores: int = 1
    quota: float | None = None
    busy: float | None = None
    memory: int | None = None
    disk: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, Sequence[str]] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    cache: Mapping[str, bool] = field(default_factory=dict)
    gpus: tuple[Gpu, ...] = ()
    encoding: str = "utf-8"


def gather() -> Facts:
    """Return the facts of this machine and this process."""
    packages, required = installed()
    return Facts(
        python=sys.version_info[:2],
        wide=sys.maxsize > 2**32,
        cores=cores(),
        quota=quota(),
        busy=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        memory=memory()[1],
        disk=shutil.disk_usage(tempfile.gettempdir()).free,
        environment=dict(os.environ),
        packages=packages,
        required=required,
        locked=locked(),
        cache=caches(),
        gpus=gpus(),
        encoding=getattr(sys.stdout, "encoding", None) or "utf-8",
    )


def normal(name: str) -> str:
    """Return the name of a distribution as indexes compare it.

    Example:
        >>> normal("Qiskit_Aer")
        'qiskit-aer'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> tuple[dict[str, str], dict[str, Sequence[str]]]:
    """Return versions and requirements of all installed distributions; of two of a name the first.

    Cost: some 0.1 s, one small file per distribution.
    """
    versions: dict[str, str] = {}
    required: dict[str, Sequence[str]] = {}
    for found in metadata.distributions():
        name = found.metadata["Name"]
        if name and normal(name) not in versions:
            versions[normal(name)] = found.version
            required[normal(name)] = tuple(found.requires or ())
    return versions, required


def version_of(name: str) -> str | None:
    """Return the version of an installed distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def locked(paths: Sequence[Path] = LOCKS) -> dict[str, str]:
    """Return the locked set that comes with the package; {} where it is missing."""
    found = [path for path in paths if path.is_file()]
    lines = found[0].read_text(encoding="utf-8").splitlines() if found else []
    pairs = [line.split("==") for line in lines if "==" in line and not line.startswith("#")]
    return {normal(name): version.strip() for name, version in pairs}


def cores() -> int:
    """Return the cores that this process may use."""
    import psutil

    affinity = getattr(psutil.Process(), "cpu_affinity", list)  # macOS has none
    return len(affinity()) or psutil.cpu_count() or 1


def quota(paths: Sequence[Path] = QUOTAS) -> float | None:
    """Return the cores that the control group of a container allows; None without a limit."""
    try:
        if paths[0].exists():
            limit, period = paths[0].read_text().split()
        else:
            limit = paths[1].read_text()
            period = paths[1].with_name("cpu.cfs_period_us").read_text()
        return float(limit) / float(period) if float(limit) > 0 else None
    except (OSError, ValueError):
        return None


def memory() -> tuple[int | None, int | None]:
    """Return the bytes of the main memory and those that are free; None where it is not told."""
    import psutil

    free = free_memory()
    try:
        total = int(psutil.virtual_memory().total)
    except (OSError, RuntimeError):
        total = None
    return total, int(free) if math.isfinite(free) else None


def caches() -> dict[str, bool]:
    """Return the folders in which numba may keep compiled kernels, and whether it can."""
    import platformdirs

    beside = Path(__file__).resolve().parents[1] / "__pycache__"
    named = os.environ.get("NUMBA_CACHE_DIR")
    folders = [Path(named)] if named else [beside, Path(platformdirs.user_cache_dir("numba"))]
    return {str(folder): writable(folder) for folder in folders}


def writable(folder: Path) -> bool:
    """Whether files can be written in a folder, or in the nearest one above that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)


def system() -> str:
    """Return the name of the operating system."""
    return platform.platform()
