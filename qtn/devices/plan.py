"""What a run would cost, before the first shot: circuits, shots, seconds, money; and budgets."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError

from qtn._checks import real
from qtn.devices.observables import measurement_bases
from qtn.devices.prepare import Prepared, bindings_of
from qtn.devices.resolve import Engine
from qtn.errors import ArgumentError, BudgetError, FileError

__all__ = ["Budget", "Plan", "make_plan", "prices", "usage_seconds"]

SUB_JOB_SECONDS = 2.0
REPETITION_DELAY = 250e-6  # seconds; IBM's default, used where a backend does not say


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a run may take; None leaves a quantity free.

    Attributes:
        shots: all executions together.
        seconds: estimated device time.
        circuits: circuits times bindings times measurement bases.
        money: in the currency of the price table.

    Example:
        >>> Budget(shots=10_000).shots
        10000
    """

    shots: float | None = None
    seconds: float | None = None
    circuits: float | None = None
    money: float | None = None

    def __post_init__(self) -> None:
        for name in ("shots", "seconds", "circuits", "money"):
            value = getattr(self, name)
            if value is not None:
                real(name, value, 0.0, way_out="None leaves it free.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do and take; `dry_run=True` returns it and submits nothing.

    Attributes:
        device: where it would run.
        circuits: circuits times bindings times measurement bases.
        jobs: submissions.
        shots: all executions together.
        depth: largest depth of a circuit.
        two_qubit_depth: largest two-qubit depth.
        two_qubit_gates: largest number of two-qubit gates.
        seconds: estimated device time; None for a simulator on this machine.
        money: estimated cost; None where the price table has no entry for the device.
        currency: of `money`.
    """

    device: str
    circuits: int
    jobs: int
    shots: int
    depth: int
    two_qubit_depth: int
    two_qubit_gates: int
    seconds: float | None
    money: float | None
    currency: str = ""

    def __str__(self) -> str:
        seconds = "local, free" if self.seconds is None else f"{self.seconds:.1f} s on the device"
        money = "" if self.money is None else f", {self.money:.2f} {self.currency}"
        return (
            f"{self.circuits} circuits in {self.jobs} job(s) on {self.device}, {self.shots} shots\n"
            f"  depth {self.depth}, two-qubit depth {self.two_qubit_depth}, "
            f"{self.two_qubit_gates} two-qubit gates\n  {seconds}{money}"
        )

    def check(self, budget: Budget | None) -> None:
        """Raise `BudgetError` if the plan exceeds the budget, or if that cannot be told."""
        if budget is None:
            return
        for name in ("shots", "seconds", "circuits", "money"):
            limit, planned = getattr(budget, name), getattr(self, name)
            if limit is None:
                continue
            if planned is None and name == "money" and self.seconds is not None:
                raise BudgetError(
                    f"The price of {self.device} is not known, so the budget of {limit:g} cannot "
                    "be kept. Add the device to the price table; nothing was submitted."
                )
            if planned is not None and planned > limit:
                raise BudgetError(
                    f"The plan takes {planned:.6g} {name}, but the budget allows {limit:g}. Take "
                    "fewer shots or circuits, or raise the budget; nothing was submitted."
                )


def make_plan(
    prepared: Sequence[Prepared], engine: Engine, shots: int, jobs: int, device: str
) -> Plan:
    """Count what a run would take on `engine`."""
    circuits = [(pub[0], bindings_of(pub) * _settings(*pub)) for p in prepared for pub in p.pubs]
    executions = shots * sum(count for _, count in circuits)
    deepest = max(circuits, key=lambda entry: entry[0].depth())[0]
    two_qubit = [p.transpiled for p in prepared]
    seconds = money = None
    currency = ""
    if not engine.local and not engine.gives_values:
        seconds = usage_seconds(circuits, shots, jobs, engine)
        money, currency = _money(device, engine.name, seconds, executions, jobs)
    return Plan(
        device=device,
        circuits=sum(count for _, count in circuits),
        jobs=jobs,
        shots=executions,
        depth=int(deepest.depth()),
        two_qubit_depth=max(t.two_qubit_depth for t in two_qubit),
        two_qubit_gates=max(t.two_qubit_gates for t in two_qubit),
        seconds=seconds,
        money=money,
        currency=currency,
    )


def usage_seconds(
    circuits: Sequence[tuple[QuantumCircuit, int]], shots: int, jobs: int, engine: Engine
) -> float:
    r"""Estimate the device time that IBM accounts for.

    usage = 2 s \times sub-jobs + \sum_c (t_{rep} + t_c) \times executions_c, with t_rep the
    backend's default repetition delay and t_c the duration of circuit c on the device.

    Args:
        circuits: transpiled circuits with their numbers of bindings.
        shots: per circuit and binding.
        jobs: submissions.
        engine: the device.

    Returns:
        Seconds; a circuit whose duration the device does not tell counts with its delay alone.

    Reference: IBM's guide to estimating the run time of a job.
    """
    backend = getattr(engine, "backend", None)
    delay = getattr(backend, "default_rep_delay", None)
    delay = REPETITION_DELAY if not isinstance(delay, int | float) else float(delay)
    total = SUB_JOB_SECONDS * jobs
    for circuit, bindings in circuits:
        total += (delay + _duration(circuit, engine)) * shots * bindings
    return total


def prices() -> dict[str, dict[str, Any]]:
    """Return the price table: the package's, overridden entry by entry by the user's own.

    The user's file is `$QTN_PRICES`, else `~/.config/qtn/prices.toml`. A table `[name]` applies to
    devices whose name starts with `name`: `currency`, `per_second`, `per_shot`, `per_job`.

    Raises:
        FileError: the user's file is not readable as TOML.
    """
    table = tomllib.loads((Path(__file__).parent / "prices.toml").read_text())
    named = os.environ.get("QTN_PRICES")
    own = Path(named) if named else Path.home() / ".config" / "qtn" / "prices.toml"
    if own.is_file() or named:
        try:
            table.update(tomllib.loads(own.read_text()))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise FileError(
                f"The price table {own} cannot be read ({error}). Correct it, or unset QTN_PRICES."
            ) from error
    return table


def _settings(circuit: QuantumCircuit, values: Any, asked: Sequence[Any] = ()) -> int:
    """Measurement settings of one execution: an estimator's circuit stands for several."""
    return len(measurement_bases(asked, circuit.num_qubits)) if asked else 1


def _money(
    device: str, name: str, seconds: float, shots: int, jobs: int
) -> tuple[float | None, str]:
    best = None
    for start, entry in prices().items():
        fits = device.lower().startswith(start.lower()) or name.lower().startswith(start.lower())
        if fits and (best is None or len(start) > len(best[0])):
            best = (start, entry)
    if best is None:
        return None, ""
    entry = best[1]
    unknown = set(entry) - {"currency", "per_second", "per_shot", "per_job"}
    if unknown:
        raise ArgumentError(
            f"The price table has the unknown entry {sorted(unknown)[0]!r} for {best[0]!r}. "
            "Known: currency, per_second, per_shot, per_job."
        )
    money = entry.get("per_second", 0.0) * seconds + entry.get("per_shot", 0.0) * shots
    return money + entry.get("per_job", 0.0) * jobs, str(entry.get("currency", ""))


def _duration(circuit: QuantumCircuit, engine: Engine) -> float:
    if engine.target is None:
        return 0.0
    try:
        return float(circuit.estimate_duration(engine.target, unit="s"))
    except QiskitError:
        return 0.0  # the device does not tell the duration of every gate
