"""The doors: what qtn runs on, and what stands in the way."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from qtn._machine import Gpu, gpus
from qtn._version import __version__
from qtn.diagnosis.facts import cores, gather, memory, system, version_of
from qtn.diagnosis.findings import About, Diagnosis
from qtn.diagnosis.rules import AER_WHEELS, RULES

PACKAGES = (
    *("numpy", "scipy", "numba", "torch", "qiskit", "qiskit-aer", "qiskit-ibm-runtime"),
    *("quimb", "cotengra", "autoray", "scikit-learn", "pennylane", "lambeq", "dask"),
)
AER_WAY = 'pip uninstall -y qiskit-aer; pip install "qtn-toolkit[gpu]"'


def about() -> About:
    """Return versions, cores, memory and GPUs; no heavy package is loaded for it.

    Args:
        (none)

    Returns:
        `About`, which prints as a table.

    Raises:
        Nothing: what a system does not tell is None.

    Cost: some milliseconds.

    Example:
        >>> about().cores >= 1
        True
    """
    wheels = tuple(name for name in AER_WHEELS if version_of(name))
    return About(
        qtn=__version__,
        python=platform.python_version(),
        system=system(),
        cores=cores(),
        memory_bytes=memory()[0],
        gpus=tuple(gpu.name for gpu in gpus()),
        gpu_use=tuple(gpu_use(gpus(), version_of("torch"), wheels)),
        packages={name: version_of(name) for name in PACKAGES},
        aer_wheels=wheels,
    )


def doctor() -> Diagnosis:
    """Look for the known traps of machines and installations, and say the cure of each.

    Threads of BLAS that spin, two wheels of Aer, packages that do not go together or were not
    tested, an old Python, little memory, kernels that cannot be kept, missing extras.

    Args:
        (none)

    Returns:
        `Diagnosis`: `.ok`, `.worst`, `.findings` with severity, what was found and the cure.

    Raises:
        Nothing: what a system does not tell is not judged.

    Cost: some 0.2 s; no heavy package is loaded.

    Example:
        >>> doctor().checked > 10
        True
    """
    facts = gather()
    found = [finding for rule in RULES for finding in rule(facts)]
    found.sort(key=lambda finding: -finding.severity)  # stable: then by rule
    return Diagnosis(tuple(found), len(RULES))


def gpu_use(found: Sequence[Gpu], torch: str | None, aer: Sequence[str]) -> list[str]:
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
