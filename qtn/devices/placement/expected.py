r"""What to expect of a circuit on a device: how likely it runs without an error.

Every gate and every measurement succeeds with probability 1 - ε, as the device tells. Gates' errors
cover the time that they take. A qubit that waits for others between its first gate and the readout
relaxes meanwhile, towards \|0⟩ in T1 and dephasing in T2; the mean fidelity of a state after the
time t is

.. math:: \frac{1}{2} + \frac{1}{6} e^{-t/T_1} + \frac{1}{3} e^{-t/T_2} .
"""

from __future__ import annotations

import math
from typing import Any

from qiskit import QuantumCircuit
from qiskit.transpiler import Target

from qtn.devices.placement.transpile import Transpiled

__all__ = ["expected_fidelity", "idle_fidelity", "idle_times"]

NO_TIME = ("barrier", "measure", "delay")


def expected_fidelity(transpiled: Transpiled, target: Target, *, readout: bool = True) -> float:
    """Return the product of (1 - error) over the gates of a circuit and its final readout.

    Args:
        transpiled: the circuit in the device's gates.
        target: the device's error rates.
        readout: False leaves the readout out: the fidelity of the state before it.
    """
    logarithm = 0.0
    for name, qubits in _places(transpiled.circuit):
        logarithm += _success(target, name, qubits)
    for qubit in transpiled.qubits if readout else ():
        logarithm += _success(target, "measure", (qubit,))
    return math.exp(logarithm)


def idle_fidelity(transpiled: Transpiled, target: Target) -> float:
    """Return the product of the mean fidelities of all qubits after the time that they wait."""
    properties = target.qubit_properties or []
    product = 1.0
    for qubit, seconds in idle_times(transpiled.circuit, target).items():
        entry = properties[qubit] if qubit < len(properties) else None
        t1, t2 = (getattr(entry, name, None) or math.inf for name in ("t1", "t2"))
        kept = math.exp(-seconds / t1) / 6.0 + math.exp(-seconds / min(t2, 2.0 * t1)) / 3.0
        product *= 0.5 + kept
    return product


def idle_times(circuit: QuantumCircuit, target: Target) -> dict[int, float]:
    """Return the seconds that each used qubit waits between its first gate and the end.

    Every gate starts as soon as its qubits are free, and all qubits are read out together at the
    end. A first gate with others before it on its partner may as well be late: waiting in the
    ground state costs nothing.
    """
    free: dict[int, float] = {}
    waited: dict[int, float] = {}
    for name, qubits in _places(circuit):
        start = max(free.get(q, 0.0) for q in qubits)
        entry = (target[name] or {}).get(qubits) if name in target.operation_names else None
        for q in qubits:
            waited[q] = waited.get(q, 0.0) + (start - free[q] if q in free else 0.0)
            free[q] = start + (getattr(entry, "duration", None) or 0.0)
    end = max(free.values(), default=0.0)
    return {q: waited[q] + end - free[q] for q in free}


def _places(circuit: QuantumCircuit) -> list[tuple[str, tuple[int, ...]]]:
    """Return the gates by name and device qubits."""
    return [
        (item.operation.name, tuple(circuit.find_bit(q).index for q in item.qubits))
        for item in circuit.data
        if item.operation.name not in NO_TIME
    ]


def _success(target: Target, name: str, qubits: tuple[int, ...]) -> float:
    """Return the logarithm of 1 - error."""
    entries: Any = (target[name] or {}) if name in target.operation_names else {}
    error = getattr(entries.get(qubits), "error", None) or 0.0
    return math.log(max(1e-300, 1.0 - error))
