"""The verdict of a verification: a number with an interval, how it was found and what it cost."""

from __future__ import annotations

import html
from dataclasses import dataclass

from qtn.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Cost:
    """What a verification took.

    Attributes:
        seconds: Processor time, all engines together.
        max_bond: Largest bond dimension met; 0 if no chain was used.
        memory: Bytes of the largest state held.
    """

    seconds: float
    max_bond: int = 0
    memory: int = 0

    def __str__(self) -> str:
        parts = [f"{self.seconds:.2f} s"]
        if self.max_bond:
            parts.append(f"bond {self.max_bond}")
        if self.memory:
            parts.append(f"{self.memory / 1e6:.1f} MB")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of `qtn.verify`; it prints itself.

    Attributes:
        fidelity: The fidelity (or process fidelity of two circuits), None if no target was given.
        low: Lower end of the interval that holds it.
        high: Upper end.
        method: Engine or engines used.
        cost: Processor time, bond dimension, memory.
        why: Why this engine, and what the interval rests on.
        values: One `Estimate` per observable; its `stderr` is the half-width of the interval.
        rigorous: Whether the intervals are bounds (up to rounding) instead of estimates.

    Example:
        >>> print(Check(0.5, 0.4, 0.6, "chain", Cost(0.1), "small circuit", (), True))
        fidelity 0.5 in [0.4, 0.6] (bound) by chain: small circuit; 0.10 s
    """

    fidelity: float | None
    low: float | None
    high: float | None
    method: str
    cost: Cost
    why: str
    values: tuple[Estimate, ...] = ()
    rigorous: bool = False

    def __str__(self) -> str:
        sort = "bound" if self.rigorous else "estimate"
        parts = []
        if self.fidelity is not None:
            low, high = interval_text(self.low or 0.0, self.high or 0.0)
            parts.append(f"fidelity {self.fidelity:.10g} in [{low}, {high}] ({sort})")
        if self.values:
            shown = ", ".join(f"{e.value:.8g} ± {e.stderr:.1g}" for e in self.values[:4])
            more = f", … ({len(self.values)} in all)" if len(self.values) > 4 else ""
            parts.append(f"values {shown}{more} ({sort})")
        return f"{'; '.join(parts)} by {self.method}: {self.why}; {self.cost}"

    def __repr__(self) -> str:
        return f"Check({self})"

    def _repr_html_(self) -> str:
        rows = [("method", self.method), ("why", self.why), ("cost", str(self.cost))]
        if self.fidelity is not None:
            low, high = interval_text(self.low or 0.0, self.high or 0.0)
            rows.insert(0, ("fidelity", f"{self.fidelity:.10g} in [{low}, {high}]"))
        for k, estimate in enumerate(self.values):
            rows.append((f"value {k}", f"{estimate.value:.10g} ± {estimate.stderr:.2g}"))
        rows.append(("interval", "rigorous bound" if self.rigorous else "estimate"))
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(a)}</th><td>{html.escape(b)}</td></tr>"
            for a, b in rows
        )
        return f"<table>{cells}</table>"


def interval_text(low: float, high: float) -> tuple[str, str]:
    """Return both ends with enough digits to tell them apart."""
    for digits in range(4, 16):
        a, b = f"{low:.{digits}g}", f"{high:.{digits}g}"
        if a != b:
            return a, b
    return f"{low:.16g}", f"{high:.16g}"
