"""The known traps, one function each: what is found of it in the facts, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qtn.diagnosis.facts import PACKAGE, Facts, normal
from qtn.diagnosis.findings import Finding, Severity

AER_WHEELS = ("qiskit-aer", "qiskit-aer-gpu", "qiskit-aer-gpu-cu11")
OLDEST, NEWEST = (3, 11), (3, 13)
LITTLE, VERY_LITTLE = 2 << 30, 512 << 20  # bytes of free memory
LITTLE_DISK = 1 << 30
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# What waits in a loop instead of asleep, so that idle threads take cores from those that work.
CPU_BUILD = "the line that pytorch.org gives for Compute Platform: CPU"
SPINNING = {"OMP_WAIT_POLICY": ("active",), "KMP_BLOCKTIME": ("infinite",)}
SHOWN = 6

Rule = Callable[[Facts], Iterator[Finding]]


def python(facts: Facts) -> Iterator[Finding]:
    """Find a Python that is too old, newer than what was tried, or of 32 bits."""
    version = ".".join(map(str, facts.python))
    if facts.python < OLDEST:
        yield Finding(
            Severity.FAULT, f"Python {version} is too old.", "Install Python 3.11, 3.12 or 3.13."
        )
    elif facts.python > NEWEST:
        yield Finding(
            Severity.NOTE,
            f"Python {version} is newer than what qtn was tested with (3.11 to 3.13).",
            "If a package is missing for it, take Python 3.13.",
        )
    if not facts.wide:
        yield Finding(
            Severity.FAULT, "This Python has addresses of 32 bits.", "Install one of 64 bits."
        )


def aer_wheels(facts: Facts) -> Iterator[Finding]:
    """Find two wheels of Aer: the second replaces half of the files of the first."""
    found = [name for name in AER_WHEELS if name in facts.packages]
    if len(found) > 1:
        names = " ".join(found)
        yield Finding(
            Severity.FAULT,
            f"The wheels {' and '.join(found)} overwrite each other's files.",
            f"pip uninstall -y {names}; then install the one you want.",
        )


def requirements(facts: Facts) -> Iterator[Finding]:
    """Find packages whose requirements are not met, as `pip check` does, of all that qtn needs."""
    from packaging.requirements import InvalidRequirement, Requirement

    for name in sorted(_needed(facts)):
        for line in facts.required.get(name, ()):
            try:
                wanted = Requirement(line)
            except InvalidRequirement:
                continue
            if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
                continue
            there = facts.packages.get(normal(wanted.name))
            if there is None:
                yield Finding(
                    Severity.FAULT,
                    f"{name} needs {wanted.name}, which is not installed.",
                    f'pip install "{wanted.name}{wanted.specifier}"',
                )
            elif not wanted.specifier.contains(there, prereleases=True):
                yield Finding(
                    Severity.FAULT,
                    f"{name} needs {wanted.name}{wanted.specifier}, but {there} is installed.",
                    f'pip install "{wanted.name}{wanted.specifier}", or another {name}.',
                )


def _needed(facts: Facts) -> set[str]:
    """Return qtn and the installed packages that it names, extras included."""
    from packaging.requirements import InvalidRequirement, Requirement

    names = {PACKAGE}
    for line in facts.required.get(PACKAGE, ()):
        try:
            names.add(normal(Requirement(line).name))
        except InvalidRequirement:
            continue
    return names & set(facts.packages)


def autoray(facts: Facts) -> Iterator[Finding]:
    """Find the pair with which quimb's DMRG2 stops: cotengra 0.8 beside PennyLane's old autoray."""
    from packaging.version import Version

    cotengra, ray = facts.packages.get("cotengra"), facts.packages.get("autoray")
    if (
        cotengra
        and ray
        and Version(cotengra) >= Version("0.8")
        and Version(ray) <= Version("0.8.4")
    ):
        yield Finding(
            Severity.FAULT,
            f"cotengra {cotengra} does not fold constants with autoray {ray}: quimb's DMRG2 stops.",
            'pip install "cotengra==0.7.5" (beside PennyLane), or a newer autoray without it.',
        )


def lock(facts: Facts) -> Iterator[Finding]:
    """Find packages in another version than the one that the tests ran with."""
    other = [
        f"{name} {facts.packages[name].partition('+')[0]} (tested: {facts.locked[name]})"
        for name in sorted(_needed(facts) & set(facts.locked))
        if facts.packages[name].partition("+")[0] != facts.locked[name]
    ]
    if other:
        more = f" and {len(other) - SHOWN} more" if len(other) > SHOWN else ""
        yield Finding(
            Severity.NOTE,
            f"Not the tested versions: {', '.join(other[:SHOWN])}{more}.",
            "Where something fails, install the tested set: pip install -c constraints.txt ...",
        )


def threads(facts: Facts) -> Iterator[Finding]:
    """Find pools of threads that wait in loops, or that are larger than the cores there are."""
    for name, words in SPINNING.items():
        if facts.environment.get(name, "").lower() in words:
            yield Finding(
                Severity.WARNING,
                f"{name}={facts.environment[name]} lets idle threads of BLAS spin.",
                f"unset {name}",
            )
    there = facts.cores if facts.quota is None else min(facts.cores, facts.quota)
    most = max(1, int(there))
    given = {n: facts.environment[n] for n in POOLS if facts.environment.get(n, "").isdecimal()}
    wide = [f"{name}={value}" for name, value in given.items() if int(value) > most]
    if wide:
        yield Finding(
            Severity.WARNING,
            f"{', '.join(wide)}, but there are {most} cores: the threads wait for one another.",
            " ".join(f"export {name}={most};" for name in given).rstrip(";"),
        )
    elif facts.quota is not None and facts.quota < facts.cores and not given:
        yield Finding(
            Severity.WARNING,
            f"BLAS sees {facts.cores} cores, but this container may use {facts.quota:g}: "
            "its threads spin.",
            f"export {' '.join(f'{name}={most}' for name in POOLS)}",
        )


def load(facts: Facts) -> Iterator[Finding]:
    """Find a machine that others use."""
    if facts.busy is not None and facts.busy > 1.5 * facts.cores:
        yield Finding(
            Severity.NOTE,
            f"The machine is busy: a load of {facts.busy:.1f} on {facts.cores} cores.",
            "Times will be longer than predicted.",
        )


def space(facts: Facts) -> Iterator[Finding]:
    """Find little memory and little disk."""
    if facts.memory is not None and facts.memory < LITTLE:
        severity = Severity.FAULT if facts.memory < VERY_LITTLE else Severity.WARNING
        yield Finding(
            severity,
            f"Only {facts.memory / 2**30:.1f} GiB of memory are free.",
            "Close other programs; a state vector of 26 qubits alone takes 1 GiB.",
        )
    if facts.disk is not None and facts.disk < LITTLE_DISK:
        yield Finding(
            Severity.WARNING,
            f"Only {facts.disk / 2**20:.0f} MiB are free for temporary files.",
            "Free some, or let TMPDIR name another folder.",
        )


def cache(facts: Facts) -> Iterator[Finding]:
    """Find that compiled kernels cannot be kept."""
    if facts.cache and not any(facts.cache.values()):
        yield Finding(
            Severity.WARNING,
            f"No folder for compiled kernels can be written ({', '.join(facts.cache)}): every "
            "process compiles them again.",
            "Let NUMBA_CACHE_DIR name a folder that can be written.",
        )


def extras(facts: Facts) -> Iterator[Finding]:
    """Find what is missing for training, noise models and notebooks."""
    if "torch" not in facts.packages:
        yield Finding(
            Severity.NOTE,
            "torch is not installed: models cannot be trained by gradients.",
            f'pip install "qtn-toolkit[train]"; without a GPU first torch alone: {CPU_BUILD}',
        )
    if "qiskit-ibm-runtime" not in facts.packages:
        yield Finding(
            Severity.NOTE,
            "qiskit-ibm-runtime is not installed: no fake backends, no hardware of IBM.",
            'pip install "qtn-toolkit[ibm]"',
        )
    if "ipykernel" in facts.packages and "ipywidgets" not in facts.packages:
        yield Finding(
            Severity.NOTE,
            "Notebooks show progress as text: ipywidgets is not installed.",
            'pip install "qtn-toolkit[notebook]"',
        )


def gpu(facts: Facts) -> Iterator[Finding]:
    """Find a GPU that is not used, and gigabytes of CUDA without one."""
    torch = facts.packages.get("torch", "")
    cuda = [name for name in facts.packages if name.startswith("nvidia-c")]
    if facts.gpus and torch.endswith("+cpu"):
        yield Finding(
            Severity.NOTE,
            f"{facts.gpus[0].name} is there, but torch {torch} computes on the CPU only.",
            "Install a CUDA build of torch (pytorch.org).",
        )
    if not facts.gpus and cuda:
        yield Finding(
            Severity.NOTE,
            "There is no GPU, but torch came with its CUDA packages (5 GB).",
            f"Take torch's build for the CPU: {CPU_BUILD}.",
        )


def encoding(facts: Facts) -> Iterator[Finding]:
    """Find a terminal that cannot show tables and Greek letters."""
    if facts.encoding.lower().replace("-", "") not in ("utf8", "cp65001"):
        yield Finding(
            Severity.WARNING,
            f"Standard output is {facts.encoding}, which lacks the lines of tables.",
            "export PYTHONUTF8=1",
        )


RULES: tuple[Rule, ...] = (
    *(python, requirements, aer_wheels, autoray, lock, threads, load, space, cache),
    *(extras, gpu, encoding),
)
