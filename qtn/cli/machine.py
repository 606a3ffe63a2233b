"""What `qtn about` says of the machine and the packages."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from qtn._machine import Gpu, gpus
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
AER_WAY = 'pip uninstall -y qiskit-aer; pip install ".[gpu]"'
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
        "gpu": gpus()[0].name if gpus() else None,
        "gpu_use": describe_gpus(gpus(), version_of("torch"), wheels),
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


def describe_gpus(found: Sequence[Gpu], torch: str | None, aer: Sequence[str]) -> list[str]:
    """Return one line per GPU and per part of qtn that computes there, with what it lacks.

    Args:
        found: the GPUs.
        torch: version of torch that is installed; the one from PyPI says which CUDA it is for.
        aer: the wheels of Aer that are installed.
    """
    if not found:
        return ["no GPU: the driver's library libnvidia-ml.so.1 is absent or names none"]
    lines = [f"{gpu.name}, {gpu.memory / 2**30:.0f} GiB, driver {gpu.driver}" for gpu in found]
    usable = torch is not None and not torch.endswith("+cpu")
    lines.append(
        "training, Born machines, compiling, samples and overlaps of chains: "
        + ("yes, by torch" if usable else "no: install a CUDA build of torch (pytorch.org)")
    )
    lines.append(
        'device="aer-gpu", Device(..., gpu=True): '
        + ("yes" if any("gpu" in name for name in aer) else "no: " + AER_WAY)
    )
    return lines
