"""Device cards: what a device offers, how well, and what to expect of a circuit there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.transpiler import Target

from qtn._display import Display, Displayed
from qtn.devices.lookup import Device, resolve
from qtn.devices.placement.expected import expected_fidelity
from qtn.devices.placement.transpile import Transpiled
from qtn.devices.preparation import transpile_for

__all__ = ["DeviceCard", "Spread", "device_card"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and worst value of a quantity over the device; None where it is not told."""

    median: float | None
    worst: float | None

    def __str__(self) -> str:
        if self.median is None or self.worst is None:
            return "not told"
        return f"{self.median:.2e} median, {self.worst:.2e} worst"


@dataclass(frozen=True, slots=True, repr=False)
class DeviceCard(Displayed):
    """A device at a glance.

    Args:
        name: of the device.
        qubits: their number; None for a simulator without a limit.
        gates: native operations.
        one_qubit_error: errors of one-qubit gates that take time (virtual gates left out).
        two_qubit_error: errors of two-qubit gates.
        readout_error: errors of measurements.
        t1: relaxation times in seconds (worst = shortest).
        fidelity: expected success probability of the circuit asked about, else None.
    """

    name: str
    qubits: int | None
    gates: tuple[str, ...]
    one_qubit_error: Spread
    two_qubit_error: Spread
    readout_error: Spread
    t1: Spread
    fidelity: float | None

    def _brief(self) -> str:
        return f"{self.name}, {self.qubits or 'any number of'} qubits"

    def _display(self) -> Display:
        rows = [
            ("qubits", "any number of" if self.qubits is None else self.qubits),
            ("gates", ", ".join(self.gates)),
            ("one-qubit error", str(self.one_qubit_error)),
            ("two-qubit error", str(self.two_qubit_error)),
            ("readout error", str(self.readout_error)),
            ("T1 (s)", str(self.t1)),
            ("expected fidelity", None if self.fidelity is None else f"{self.fidelity:.3f}"),
        ]
        return Display(self.name, rows)


def device_card(device: Any, circuit: QuantumCircuit | Transpiled | None = None) -> DeviceCard:
    r"""Describe a device, and what fidelity to expect of a circuit on it.

    The expected fidelity is \prod (1 - error) over all gates and measurements of the circuit,
    transpiled with the layout that `qtn.run` would take.

    Args:
        device: as in `qtn.run`.
        circuit: the circuit to judge, if any.

    Raises:
        ArgumentError: unknown device, or the circuit needs more qubits than it has.

    Cost: a pass over the device's table of errors, and one transpilation.

    Example:
        >>> device_card("FakeManilaV2").qubits
        5
    """
    engine = resolve(device)
    name = Device.of(device).label
    fidelity = None
    if circuit is not None:
        ready = circuit if isinstance(circuit, Transpiled) else transpile_for(circuit, device)
        fidelity = 1.0 if engine.target is None else expected_fidelity(ready, engine.target)
    if engine.target is None:
        none = Spread(None, None)
        return DeviceCard(name, None, ("any",), none, none, none, none, fidelity)
    target = engine.target
    gates = sorted(n for n in target.operation_names if not isinstance(_operation(target, n), type))
    one = (
        e for n in gates if n not in ("measure", "reset", "delay") for e in _errors(target, n, 1)
    )
    two = (e for n in gates for e in _errors(target, n, 2))
    readout = _errors(target, "measure", 1) if "measure" in gates else ()
    qubits = target.qubit_properties or []
    t1 = [q.t1 for q in qubits if q is not None and q.t1]
    return DeviceCard(
        name=name,
        qubits=target.num_qubits,
        gates=tuple(gates),
        one_qubit_error=_spread(e for e in one if e > 0),
        two_qubit_error=_spread(two),
        readout_error=_spread(readout),
        t1=Spread(float(np.median(t1)), float(min(t1))) if t1 else Spread(None, None),
        fidelity=fidelity,
    )


def _operation(target: Target, name: str) -> Any:
    return target.operation_from_name(name)


def _errors(target: Target, name: str, width: int) -> list[float]:
    return [
        float(entry.error)
        for qubits, entry in (target[name] or {}).items()
        if qubits is not None
        and len(qubits) == width
        and entry is not None
        and entry.error is not None
    ]


def _spread(errors: Iterable[float]) -> Spread:
    values = list(errors)
    return Spread(float(np.median(values)), max(values)) if values else Spread(None, None)
