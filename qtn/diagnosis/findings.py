"""What `about` and `doctor` return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

from qtn._display import Display, Displayed, Fields, Table


class Severity(IntEnum):
    """How much a finding matters."""

    NOTE = 0
    WARNING = 1
    FAULT = 2


@dataclass(frozen=True, slots=True, repr=False)
class Finding(Fields):
    """One thing that stands in the way.

    Args:
        severity: a note (good to know), a warning (slower, or less than there could be) or a fault
            (does not work, or may give wrong results).
        what: what was found.
        cure: what to do, as one types it where it is a command.
    """

    severity: Severity
    what: str
    cure: str


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis(Displayed):
    """What `qtn.doctor` found, the worst first.

    Args:
        findings: what stands in the way; empty where all is well.
        checked: number of rules that were asked.

    Example:
        >>> print(Diagnosis((Finding(Severity.NOTE, "No GPU.", "None is needed."),), 2))
        Doctor: 1 finding in 2 checks
        note  No GPU. → None is needed.
    """

    findings: tuple[Finding, ...]
    checked: int

    @property
    def worst(self) -> Severity:
        """The severity of the worst finding; a note where there is none."""
        return max((f.severity for f in self.findings), default=Severity.NOTE)

    @property
    def ok(self) -> bool:
        """Whether nothing is worse than a note."""
        return self.worst is Severity.NOTE

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "ok": self.ok,
            "worst": self.worst.name.lower(),
            "checked": self.checked,
            "findings": [
                {"severity": f.severity.name.lower(), "what": f.what, "cure": f.cure}
                for f in self.findings
            ],
        }

    def _brief(self) -> str:
        return f"{self._count()}, worst: {self.worst.name.lower()}" if self.findings else "all well"

    def _count(self) -> str:
        return f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"

    def _display(self) -> Display:
        rows = [(f.severity.name.lower(), f"{f.what} → {f.cure}") for f in self.findings]
        title = f"{self._count()} in {self.checked} checks" if rows else "all well"
        return Display(f"Doctor: {title}", rows)


@dataclass(frozen=True, slots=True, repr=False)
class About(Displayed):
    """What qtn runs on.

    Args:
        qtn: its version.
        python: version of Python.
        system: the operating system.
        cores: cores that this process may use.
        memory_bytes: size of the main memory; None where the system does not tell.
        gpus: names of the GPUs.
        gpu_use: one line per GPU and per part of qtn that computes there, with what it lacks.
        packages: versions of what qtn builds on; None for what is not installed.
        aer_wheels: the wheels of Aer that are installed.
    """

    qtn: str
    python: str
    system: str
    cores: int
    memory_bytes: int | None
    gpus: tuple[str, ...]
    gpu_use: tuple[str, ...]
    packages: Mapping[str, str | None]
    aer_wheels: tuple[str, ...]

    @property
    def aer_clash(self) -> bool:
        """Whether two wheels of Aer have overwritten each other's files."""
        return len(self.aer_wheels) > 1

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        found = {**asdict(self), "packages": dict(self.packages), "aer_clash": self.aer_clash}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}

    def _brief(self) -> str:
        return f"qtn {self.qtn}, Python {self.python}, {self.cores} cores"

    def _display(self) -> Display:
        memory = None if self.memory_bytes is None else f"{self.memory_bytes / 2**30:.1f} GiB"
        rows = [
            ("Python", self.python),
            ("system", self.system),
            ("cores", self.cores),
            ("memory", memory),
            ("GPU", ", ".join(self.gpus) or "none"),
        ]
        notes = list(self.gpu_use)
        if self.aer_clash:
            notes.append(
                f"The wheels {' and '.join(self.aer_wheels)} overwrite each other's files."
            )
        table = Table(("package", "version"), list(self.packages.items()), most=99)
        return Display(f"qtn {self.qtn}", rows, [table], notes)
