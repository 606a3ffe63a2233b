"""`qtn.energy`: joules on a device and joules of emulating it no worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError

from qtn._checks import bounded_int, fail, positive_int
from qtn._machine import few_threads
from qtn.devices import run
from qtn.devices.costs import REPETITION_DELAY, is_amount
from qtn.devices.engines.base import Engine
from qtn.devices.lookup import DeviceLike, resolve
from qtn.devices.placement.expected import expected_fidelity
from qtn.devices.placement.transpile import transpile_to
from qtn.errors import ArgumentError
from qtn.hybrid import QuantumModel
from qtn.interop.circuits import read_circuit
from qtn.interop.counting import two_qubit_depth, two_qubit_gates
from qtn.reports.joules.assumptions import Assumption, assumed
from qtn.reports.joules.emulation import emulations, refuse_free
from qtn.reports.joules.exponent import SchmidtFit, schmidt_exponent
from qtn.reports.joules.use import EnergyUse, Part

__all__ = ["energy"]

Assumptions = dict[str, Assumption]


@dataclass(frozen=True, slots=True)
class _Job:
    """One circuit, how many runs are like it (bindings, each in every basis), and their shots."""

    circuit: QuantumCircuit
    rows: int
    shots: int


@few_threads(1)
def energy(
    circuit: Any,
    *,
    x: ArrayLike | None = None,
    device: DeviceLike | None = None,
    shots: int | None = None,
    assume: Mapping[str, float] | None = None,
    max_bond: int = 512,
    seed: int = 0,
) -> EnergyUse:
    r"""Weigh the energy of running a circuit against that of emulating it as well.

    On the device, of power P_d, S shots take

    .. math:: E_d = P_d \,(t_{job} + S\,(t_{delay} + t_{circuit}))

    and leave a state of fidelity :math:`F_d = \prod (1 - ε)` over its gates. The emulation is a
    matrix product state at the smallest bond whose fidelity reaches F_d, and as many shots drawn
    from it; its CPU seconds are measured on this machine:

    .. math:: E_c = P_{core}\, o\, (t_{state} + t_{shots}) / v

    with the overhead o of a computer centre and the speed v of the core. All figures that are not
    computed are assumptions, which the result prints with their sources and `assume` overrides.

    Args:
        circuit: a bound `QuantumCircuit` in any form, a compiled result, or a deployed model.
        x: rows that a deployed model is asked about; each takes what the first one does, in every
            basis that the model measures. Mitigation is not counted.
        device: whose error rates, couplings and durations count; None takes the model's own, and
            for a circuit an all-to-all device of assumed errors.
        shots: per circuit, row and basis; None takes the model's own, and 4,096 for a circuit.
        assume: values of assumptions by name; see `qtn.reports.joules.assumptions.DEFAULTS`.
        max_bond: largest bond that is tried.
        seed: of the placement and the shots.

    Returns:
        `EnergyUse`: joules on both sides, the bond, the exponent of the Schmidt values where they
        follow a power law, and every assumption.

    Raises:
        ArgumentError: no circuit or deployed model, a circuit with free parameters, a model
            without rows, a device without error rates, an unknown assumption.
        DeviceError: the device cannot take the circuit.

    Cost: a transpilation, and emulations up to the bond found: some ten of its own time.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> use = energy(bell, shots=1000)
        >>> use.bond, use.device_fidelity, use.device_joules
        (2, 0.999, 56252.5)

    Reference: Jaschke and Montangero, Quantum Sci. Technol. 8, 025001 (2023), whose comparison at
    equal fidelity this is; there the seconds of the emulation are counted in operations.
    """
    figures = assumed(assume)
    limit = positive_int("max_bond", max_bond)
    bounded_int("seed", seed, 0)
    if shots is not None:
        positive_int("shots", shots)
    jobs, where = _jobs(circuit, x, device, shots)
    engine = None if where is None else resolve(where)
    if engine is not None:
        _check_errors(engine)
        figures = _with_delay(figures, engine, assume)
    parts = [_part(job, engine, figures, limit, seed) for job in jobs]
    fit, reason = _fit(parts)
    label = "all-to-all, errors assumed" if engine is None else engine.name
    return EnergyUse(label, tuple(parts), fit, reason, tuple(figures.values()))


def _jobs(
    circuit: Any, x: ArrayLike | None, device: Any, shots: int | None
) -> tuple[list[_Job], Any]:
    """Return the circuits of a call and the device they run on."""
    if not isinstance(circuit, QuantumModel):
        if x is not None:
            raise ArgumentError(
                "Argument `x` is for deployed models, but `circuit` is a circuit. Bind its "
                "parameters and leave `x` out."
            )
        read = read_circuit(circuit)
        refuse_free(read)
        if read.num_qubits < 1:
            raise fail("circuit", "a circuit with qubits", circuit)
        return [_Job(read, 1, shots or 4096)], device
    if x is None:
        raise ArgumentError(
            "A deployed model binds its circuits to rows, but `x` is None. Give the rows it is "
            "asked about: x=data.x_test."
        )
    work = circuit.form.circuits(circuit._deployed, circuit.rows(x))
    each = shots or circuit.shots
    where = circuit.device if device is None else device
    taken = [
        _Job(m.circuit.assign_parameters(m.rows[0]), _runs(m, where, each), each) for m in work
    ]
    return taken, where


def _runs(measurement: Any, device: Any, shots: int) -> int:
    """Return how often so many shots are taken: per binding, and in every basis measured."""
    plan = run(measurement.pub, measurement.asked, device=device, shots=shots, dry_run=True)
    return int(plan.shots) // shots


def _check_errors(engine: Engine) -> None:
    if engine.target is None or not _tells_errors(engine):
        raise ArgumentError(
            f"Argument `device` is {engine.name!r}, which tells no error rates, so that its "
            'fidelity is not known. Name a device that does, such as device="FakeTorino", or '
            "leave it out and assume two_qubit_error."
        )


def _tells_errors(engine: Engine) -> bool:
    target: Any = engine.target
    names = [n for n in target.operation_names if n not in ("measure", "reset", "delay")]
    entries = [entry for name in names for entry in (target[name] or {}).values()]
    return any(getattr(entry, "error", None) for entry in entries)


def _with_delay(figures: Assumptions, engine: Engine, given: Any) -> Assumptions:
    """Take over the repetition delay that a device tells, unless the caller has one."""
    told: Any = getattr(engine.backend, "default_rep_delay", None)
    if not is_amount(told) or (given and "shot_delay" in given) or told == REPETITION_DELAY:
        return figures
    old = figures["shot_delay"]
    source = f"told by {engine.name}"
    return figures | {"shot_delay": Assumption(old.name, told, old.unit, old.meaning, source)}


def _part(job: _Job, engine: Engine | None, figures: Assumptions, max_bond: int, seed: int) -> Part:
    gates, duration, fidelity = _on_device(job.circuit, engine, figures, seed)
    value = {name: a.value for name, a in figures.items()}
    executions = job.shots * job.rows
    seconds = value["job_seconds"] + executions * (value["shot_delay"] + duration)
    found = emulations(job.circuit, fidelity, shots=job.shots, max_bond=max_bond, seed=seed)
    emulated = job.rows * (found.chosen.seconds + found.sampling) / value["core_speed"]
    return Part(
        qubits=job.circuit.num_qubits,
        two_qubit_gates=gates,
        executions=executions,
        device_fidelity=fidelity,
        device_seconds=seconds,
        device_joules=seconds * value["device_power"],
        emulations=found,
        emulated_seconds=emulated,
        emulated_joules=emulated * value["core_power"] * value["overhead"],
    )


def _on_device(
    circuit: QuantumCircuit, engine: Engine | None, figures: Assumptions, seed: int
) -> tuple[int, float, float]:
    """Return two-qubit gates, seconds and the fidelity of one execution on the device."""
    if engine is None or engine.target is None:
        gates, layers = two_qubit_gates(circuit), two_qubit_depth(circuit)
        error, step = figures["two_qubit_error"].value, figures["gate_seconds"].value
        return gates, layers * step, (1.0 - error) ** gates
    placed = transpile_to(circuit, engine.target, seed, name=engine.name)
    fidelity = expected_fidelity(placed, engine.target, readout=False)
    return placed.two_qubit_gates, _duration(placed.circuit, engine), fidelity


def _duration(circuit: QuantumCircuit, engine: Engine) -> float:
    """Return the seconds that a placed circuit takes, 0 where the device does not tell."""
    try:
        told = float(circuit.estimate_duration(engine.target, unit="s"))
    except QiskitError:
        return 0.0
    return told if is_amount(told) else 0.0


def _fit(parts: list[Part]) -> tuple[SchmidtFit | None, str]:
    """Fit the Schmidt values of the most entangled circuit, or say why there is no exponent."""
    found = [p.emulations.schmidt for p in parts if p.emulations.schmidt is not None]
    if not found:
        return None, "no pure state with a cut is at hand"
    try:
        return schmidt_exponent(max(found, key=len)), ""
    except ArgumentError as error:
        return None, str(error)
