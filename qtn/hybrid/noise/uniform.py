r"""Devices whose gates all have one error: noise as a number.

A two-qubit gate is followed by the depolarising channel
:math:`ρ ↦ (1 - p) ρ + p\, \mathrm{Tr}_2 ρ ⊗ 1/4` on its qubits, and a measured bit is flipped with
probability r. One-qubit gates, resets and waiting are free of error. In a device's own terms, its
mean gate error is 3p/4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from qiskit.circuit import Delay, Measure, Parameter, Reset
from qiskit.circuit.library import CXGate, RZGate, SXGate, XGate
from qiskit.transpiler import InstructionProperties, Target

from qtn._checks import real
from qtn._display import Settings
from qtn.devices.engines.base import Engine
from qtn.devices.engines.simulated import SimulatedEngine
from qtn.devices.lookup import Device, resolve
from qtn.devices.placement.cutting import Description
from qtn.errors import ArgumentError

__all__ = ["NoiseLevel", "uniform_device"]

MEAN_ERROR = 0.75  # of a two-qubit gate, per depolarising probability
BROKEN = 0.5  # an error from which a device's coupling counts as broken


@dataclass(frozen=True, slots=True, repr=False)
class NoiseLevel(Settings):
    """How noisy a device is.

    Args:
        gate: depolarising probability of a two-qubit gate, in [0, 1].
        readout: probability that a measured bit is flipped, in [0, 0.5].

    Example:
        >>> str(NoiseLevel(0.01))
        '1 % per gate'
    """

    gate: float = 0.0
    readout: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "gate", real("gate", self.gate, 0.0, 1.0))
        object.__setattr__(self, "readout", real("readout", self.readout, 0.0, 0.5))

    def __str__(self) -> str:
        text = f"{100 * self.gate:.3g} % per gate"
        return text + (f", {100 * self.readout:.3g} % per bit" if self.readout else "")


def uniform_device(level: NoiseLevel, device: Any, qubits: int) -> Engine:
    """Return a simulated device with one error for all gates.

    Args:
        level: its noise.
        device: whose couplings and gates it has, broken ones left out; None couples all qubits.
        qubits: how many it must have.

    Raises:
        ArgumentError: the device has no couplings, or too few qubits.
    """
    if device is None:
        target, name = _all_to_all(level, qubits), "all-to-all"
    else:
        name = Device.of(device).label
        given = resolve(device).target
        if given is None or given.num_qubits is None:
            raise ArgumentError(
                f"Argument `device` is {name!r}, which has no couplings. Give a device that has, "
                "or None for all-to-all couplings."
            )
        if given.num_qubits < qubits:
            raise ArgumentError(
                f"Argument `device` is {name!r} of {given.num_qubits} qubits, but the circuits "
                f"take {qubits}. Give a larger device, or None for all-to-all couplings."
            )
        target = _alike(given, level)
    return SimulatedEngine(Description(target, f"{name}, {level}"))


def _all_to_all(level: NoiseLevel, qubits: int) -> Target:
    places = [(q,) for q in range(qubits)]
    pairs = [(a, b) for a in range(qubits) for b in range(qubits) if a != b]
    target = Target(num_qubits=qubits)
    for gate in (RZGate(Parameter("angle")), SXGate(), XGate(), Reset(), Delay(Parameter("t"))):
        target.add_instruction(gate, dict.fromkeys(places))
    target.add_instruction(Measure(), _entries(places, level.readout))
    target.add_instruction(CXGate(), _entries(pairs, MEAN_ERROR * level.gate))
    return target


def _alike(given: Target, level: NoiseLevel) -> Target:
    """Return a target with the gates and couplings of another one, and the errors of a level."""
    target = Target(num_qubits=given.num_qubits, dt=given.dt)
    for name in given.operation_names:
        operation: Any = given.operation_from_name(name)
        entries = given[name]
        if isinstance(operation, type) or not entries or None in entries:
            continue
        error = {2: MEAN_ERROR * level.gate}.get(operation.num_qubits, 0.0)
        error = level.readout if name == "measure" else error
        kept = [q for q, entry in entries.items() if _told(entry) < BROKEN or len(q) < 2]
        if kept:
            target.add_instruction(operation, _entries(kept, error), name=name)
    return target


def _told(entry: Any) -> float:
    error = getattr(entry, "error", None)
    return float(error) if error is not None and math.isfinite(error) else 0.0


def _entries(places: Any, error: float) -> dict[tuple[int, ...], InstructionProperties]:
    return {place: InstructionProperties(error=error) for place in places}
