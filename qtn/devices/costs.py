"""What a run would cost, before the first shot: circuits, shots, seconds, money."""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError

from qtn._display import Display, Displayed
from qtn.devices.budget import Budget
from qtn.devices.counts import measurement_bases
from qtn.devices.engines.base import Engine, Pub
from qtn.devices.preparation import Prepared
from qtn.errors import ArgumentError, BudgetError, FileError

__all__ = [
    "RunPlan",
    "is_amount",
    "make_plan",
    "prices",
    "together",
    "usage_seconds",
]

UNASKED_SHOTS = 100_000  # what hardware may take without a budget
PRICES = ("per_second", "per_shot", "per_job")
SUB_JOB_SECONDS = 2.0
PLACED_SECONDS, OUTCOME_SECONDS = 2.5e-2, 4e-9  # of a transpilation; of a bit that is read
REPETITION_DELAY = 250e-6  # seconds; IBM's default, used where a backend does not say


@dataclass(frozen=True, slots=True, repr=False)
class RunPlan(Displayed):
    """What a run would do and take; `dry_run=True` returns it and submits nothing.

    Args:
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
        paid: whether a provider may charge for it.
        here: estimated CPU seconds of this machine, for a simulator; None where it does not tell.
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
    paid: bool = False
    here: float | None = None

    def priced(self, name: str) -> RunPlan:
        """Return the plan at the prices of today; `name` is the engine's."""
        if self.seconds is None:
            return self
        money, currency = _money(self.device, name, self.seconds, self.shots, self.jobs)
        return replace(self, money=money, currency=currency)

    def scaled(self, factor: float) -> RunPlan:
        """Return the plan of `factor` times as many executions, rounded up."""
        return replace(
            self,
            circuits=math.ceil(self.circuits * factor - 1e-9),
            jobs=math.ceil(self.jobs * factor - 1e-9),
            shots=math.ceil(self.shots * factor - 1e-9),
            seconds=None if self.seconds is None else self.seconds * factor,
            money=None if self.money is None else self.money * factor,
            here=None if self.here is None else self.here * factor,
        )

    def _brief(self) -> str:
        what = f"{self.circuits} circuits, {self.shots} shots, {self.jobs} job(s)"
        return f"{what} on {self.device}"

    def _display(self) -> Display:
        local = self.seconds is None
        rows = [
            ("device", self.device),
            ("circuits", self.circuits),
            ("jobs", self.jobs),
            ("shots", self.shots),
            ("depth", self.depth),
            ("two-qubit depth", self.two_qubit_depth),
            ("two-qubit gates", self.two_qubit_gates),
            ("time", "local, free" if local else f"{self.seconds:.1f} s on the device"),
            ("CPU time here", None if self.here is None else f"about {self.here:.2g} s"),
            ("cost", None if self.money is None else f"{self.money:.2f} {self.currency}"),
        ]
        return Display("Plan of a run", rows)

    def check(self, budget: Budget | None) -> None:
        """Raise `BudgetError` if the plan exceeds the budget, or if that cannot be told.

        Without a budget, a plan that a provider may charge for is allowed up to 100,000 shots.
        """
        if budget is None:
            self._ask()
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
            if planned is not None and not planned <= limit:
                raise BudgetError(
                    f"The plan takes {planned:.6g} {name}, but the budget allows {limit:g}. Take "
                    "fewer shots or circuits, or raise the budget; nothing was submitted."
                )

    def _ask(self) -> None:
        if not self.paid or self.shots <= UNASKED_SHOTS:
            return
        if self.seconds is None:
            raise BudgetError(
                f"The plan takes at least {self.shots} shots on {self.device}, which decides "
                "itself how often circuits are executed. Set `max_execution_time` in its options, "
                f"or take fewer than {UNASKED_SHOTS} shots at once; nothing was submitted."
            )
        cost = "at an unknown price" if self.money is None else f"{self.money:.2f} {self.currency}"
        raise BudgetError(
            f"The plan takes {self.shots} shots on {self.device}, some {self.seconds:.0f} s of the "
            f"device, {cost}. More than {UNASKED_SHOTS} shots need a budget: give "
            f"budget=Budget(shots={self.shots}) or another limit; nothing was submitted."
        )


def together(plans: Sequence[RunPlan]) -> RunPlan:
    """Return what several plans for one device take in all."""
    seconds = [p.seconds for p in plans if p.seconds is not None]
    money = [p.money for p in plans if p.money is not None]
    here = [p.here for p in plans if p.here is not None]
    return replace(
        plans[0],
        circuits=sum(p.circuits for p in plans),
        jobs=sum(p.jobs for p in plans),
        shots=sum(p.shots for p in plans),
        depth=max(p.depth for p in plans),
        two_qubit_depth=max(p.two_qubit_depth for p in plans),
        two_qubit_gates=max(p.two_qubit_gates for p in plans),
        seconds=sum(seconds) if seconds else None,
        money=sum(money) if len(money) == len(plans) else None,
        paid=any(p.paid for p in plans),
        here=sum(here) if len(here) == len(plans) else None,
    )


def make_plan(
    prepared: Sequence[Prepared], engine: Engine, shots: int, jobs: int, device: str
) -> RunPlan:
    """Count what a run would take on `engine`."""
    pubs = [pub for p in prepared for pub in p.pubs]
    circuits = [(pub.circuit, pub.bindings * measurement_settings(pub)) for pub in pubs]
    executions = shots * sum(count for _, count in circuits)
    deepest = max(circuits, key=lambda entry: entry[0].depth())[0]
    two_qubit = [p.transpiled for p in prepared]
    seconds = money = None
    currency = ""
    if engine.paid and not engine.gives_values:
        seconds = usage_seconds(circuits, shots, jobs, engine)
        money, currency = _money(device, engine.name, seconds, executions, jobs)
    return RunPlan(
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
        paid=engine.paid and not engine.capped,
        here=_here(prepared, engine, shots),
    )


def _here(prepared: Sequence[Prepared], engine: Engine, shots: int) -> float | None:
    """Return the CPU seconds of a simulation with what is done before and after it."""
    pubs = [pub for p in prepared for pub in p.pubs]
    told = engine.predicted(pubs, shots) if engine.local else None
    if told is None:
        return None
    outcomes = sum(shots * pub.bindings * pub.circuit.num_clbits for pub in pubs)
    placed = PLACED_SECONDS if engine.target is not None else 0.0
    return told + placed * len(prepared) + OUTCOME_SECONDS * outcomes


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
    delay: Any = getattr(engine.backend, "default_rep_delay", None)
    delay = float(delay) if is_amount(delay) else REPETITION_DELAY
    total = SUB_JOB_SECONDS * jobs
    for circuit, bindings in circuits:
        total += (delay + _duration(circuit, engine)) * shots * bindings
    return total


def prices() -> dict[str, dict[str, Any]]:
    """Return the price table: the package's, overridden entry by entry by the user's own.

    The user's file is `$QTN_PRICES`, else `prices.toml` where the system keeps settings, on Linux
    `~/.config/qtn/prices.toml`. A table `[name]` applies to
    devices whose name starts with `name`: `currency`, `per_second`, `per_shot`, `per_job`.

    Raises:
        FileError: the user's file is not readable as TOML.
        ArgumentError: an entry is no table of known keys, or a price is not a finite number of at
            least 0.
    """
    table = tomllib.loads((Path(__file__).parent / "prices.toml").read_text())
    named = os.environ.get("QTN_PRICES")
    settings = platformdirs.user_config_path("qtn", appauthor=False)
    own = Path(named) if named else settings / "prices.toml"
    if own.is_file() or named:
        try:
            table.update(tomllib.loads(own.read_text()))
        except (OSError, ValueError) as error:
            raise FileError(
                f"The price table {own} cannot be read ({error}). Correct it, or unset QTN_PRICES."
            ) from error
    for name, entry in table.items():
        _check_prices(name, entry)
    return table


def _check_prices(name: str, entry: Any) -> None:
    if not isinstance(entry, dict):
        raise ArgumentError(
            f"The price table has {name} = {entry!r} outside of a table. Write it below the name "
            'of a device, such as ["ibm_"].'
        )
    for key, value in entry.items():
        if key not in ("currency", *PRICES):
            raise ArgumentError(
                f"The price table has the unknown entry {key!r} for {name!r}. "
                f"Known: currency, {', '.join(PRICES)}."
            )
        if not (isinstance(value, str) if key == "currency" else is_amount(value)):
            expected = "a text" if key == "currency" else "a finite number of at least 0"
            raise ArgumentError(
                f"The price table has {key} = {value!r} for {name!r}, but {key} must be "
                f"{expected}. Correct the file; nothing was submitted."
            )


def is_amount(value: Any) -> bool:
    """Say whether a value can be a price or a time."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


def measurement_settings(pub: Pub) -> int:
    """Return the measurement settings of one execution: an estimator's circuit takes several."""
    if pub.observables is None:
        return 1
    return len(measurement_bases(pub.observables, pub.circuit.num_qubits))


def _money(
    device: str, name: str, seconds: float, shots: int, jobs: int
) -> tuple[float | None, str]:
    best = None
    for start, entry in prices().items():
        fits = device.lower().startswith(start.lower()) or name.lower().startswith(start.lower())
        if fits and (best is None or len(start) > len(best[0])):
            best = (start, entry)
    if best is None or not set(best[1]) & set(PRICES):
        return None, ""
    entry = best[1]
    money = entry.get("per_second", 0.0) * seconds + entry.get("per_shot", 0.0) * shots
    return money + entry.get("per_job", 0.0) * jobs, str(entry.get("currency", ""))


def _duration(circuit: QuantumCircuit, engine: Engine) -> float:
    if engine.target is None:
        return 0.0
    try:
        told = float(circuit.estimate_duration(engine.target, unit="s"))
        return told if is_amount(told) else 0.0
    except QiskitError:
        return 0.0  # the device does not tell the duration of every gate
