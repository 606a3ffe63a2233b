"""What `qtn about` says of the machine and the packages."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

from qtn._version import __version__

PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "torch",
    "qiskit",
    "qiskit-aer",
    "qiskit-ibm-runtime",
    "quimb",
    "cotengra",
    "scikit-learn",
    "pennylane",
    "lambeq",
    "dask",
)
AER_WHEELS = ("qiskit-aer", "qiskit-aer-gpu", "qiskit-aer-gpu-cu11")


def describe_machine() -> dict[str, Any]:
    """Return versions, cores, memory, GPU and installed Aer wheels, ready for JSON."""
    wheels = [name for name in AER_WHEELS if version_of(name)]
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "qtn": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "memory_bytes": memory_bytes(),
        "gpu": gpu_name(),
        "packages": {name: version_of(name) for name in PACKAGES},
        "aer_wheels": wheels,
        # Both wheels install the same files, so the second silently replaces half of the first.
        "aer_clash": len(wheels) > 1,
    }


def version_of(name: str) -> str | None:
    """Return the version of an installed distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def memory_bytes() -> int | None:
    """Return the size of the main memory where the system tells it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def gpu_name() -> str | None:
    """Return the name of the first CUDA device."""
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
