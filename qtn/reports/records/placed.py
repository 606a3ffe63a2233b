"""Where the qubits of a circuit lie on a device, and which errors are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn.devices import resolve, transpile_for
from qtn.devices.placement.layout import device_errors


@dataclass(frozen=True, slots=True)
class Coupling:
    """Two coupled qubits of a device and the error of their best two-qubit gate."""

    first: int
    second: int
    error: float


@dataclass(frozen=True, slots=True)
class Placement:
    """A circuit on a device.

    Args:
        couplings: all pairs of the device.
        readout: the error of reading each of its qubits.
        qubits: `qubits[i]` = device qubit on which circuit qubit i begins.
        two_qubit_gates: of the circuit in the device's gates, swaps included.
        two_qubit_depth: of it.
    """

    couplings: tuple[Coupling, ...]
    readout: tuple[float, ...]
    qubits: tuple[int, ...]
    two_qubit_gates: int
    two_qubit_depth: int


def placement(circuit: QuantumCircuit, device: Any, seed: int) -> Placement | None:
    """Return where a circuit lies on a device; None where all qubits are coupled.

    Args:
        circuit: without measurements.
        device: as `qtn.run` takes it.
        seed: of the placement.
    """
    target = resolve(device).target
    errors = None if target is None else device_errors(target)
    if errors is None:
        return None
    placed = transpile_for(circuit, device, seed)
    couplings = tuple(Coupling(a, b, _error(cost)) for (a, b), cost in sorted(errors.edges.items()))
    return Placement(
        couplings=couplings,
        readout=tuple(_error(cost) for cost in errors.readout),
        qubits=tuple(int(q) for q in placed.initial),
        two_qubit_gates=placed.two_qubit_gates,
        two_qubit_depth=placed.two_qubit_depth,
    )


def _error(cost: float) -> float:
    """A cost is -ln(1 - error)."""
    return float(-np.expm1(-cost))
