r"""The noise that a device reports, as channels, computed when a circuit first needs them.

Aer builds its model of a device gate by gate, which takes ten seconds for 156 qubits. Here the same
errors are written down directly. A gate that takes the time t relaxes each of its qubits, with
e₁ = exp(-t/T1) and e₂ = exp(-t/T2),

    R = [[1, 0, 0, 0], [0, e₂, 0, 0], [0, 0, e₂, 0], [1 - e₁, 0, 0, e₁]]     on (I, X, Y, Z),

after a depolarising channel (1-p) + p D on its k qubits, D = 1/d. Its p is such that both together
have the average fidelity F = 1 - error which the device reports. With d = 2^k and F_r the average
fidelity of relaxation alone, F = F_r - p (d F_r - 1)/d, so that

    p = d (error - (1 - F_r)) / (d F_r - 1),     0 <= p <= 4^k / (4^k - 1).
"""

from __future__ import annotations

import functools
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Delay, Gate, Measure
from qiskit.transpiler import Target
from qiskit_aer.noise import NoiseModel, RelaxationNoisePass

from qtn.devices.tensor.channels import ChannelTable
from qtn.errors import DeviceError

__all__ = ["Noise", "ReportedChannels", "channel_table"]

Array = NDArray[Any]


class ReportedChannels(ChannelTable):
    """The errors that a target reports, those of `NoiseModel.from_backend`.

    Args:
        target: gates with errors and durations, qubits with T1 and T2.

    Example:
        >>> from qiskit.transpiler import InstructionProperties
        >>> from qiskit.circuit.library import CZGate
        >>> target = Target(num_qubits=2)
        >>> target.add_instruction(CZGate(), {(0, 1): InstructionProperties(error=0.01)})
        >>> np.round(ReportedChannels(target).error("cz", (0, 1)).diagonal()[:3], 6)
        array([1.      , 0.986667, 0.986667])
    """

    def __init__(self, target: Target) -> None:
        super().__init__(None)
        self.target = target
        self._found: dict[tuple[str, tuple[int, ...]], Array | None] = {}

    @property
    def has_errors(self) -> bool:
        """Whether any operation carries a quantum error (readout apart)."""
        return bool(self.noisy_names)

    @property
    def has_readout(self) -> bool:
        """Whether any readout error is known."""
        return bool("measure" in self.target.operation_names and self.target["measure"])

    @functools.cached_property
    def noisy_names(self) -> frozenset[str]:
        """Names of the operations with an error or a duration."""
        found = set()
        for name in self.target.operation_names:
            entries = (self.target[name] or {}).values()
            told = (e for e in entries if e is not None)
            if not self._silent(name) and any(e.error or e.duration for e in told):
                found.add(name)
        return frozenset(found)

    @functools.cached_property
    def passes(self) -> list[Any]:
        """Aer's pass that lets qubits relax in delays; none without T1 and T2."""
        told = self.target.qubit_properties
        if not told:
            return []
        times = [_times(entry) for entry in told]
        try:
            return [
                RelaxationNoisePass(
                    [t1 for t1, _ in times], [t2 for _, t2 in times],
                    dt=self.target.dt, op_types=Delay, target=self.target,
                )
            ]  # fmt: skip
        except ValueError:
            return []

    def readout(self, qubit: int) -> Array:
        """Return the readout matrix [read, true] of a qubit."""
        known = self.target["measure"] if "measure" in self.target.operation_names else None
        entry = (known or {}).get((qubit,))
        if entry is None:
            return np.eye(2)
        error = entry.error or 0.0
        up = getattr(entry, "prob_meas1_prep0", error)
        down = getattr(entry, "prob_meas0_prep1", error)
        return np.array([[1.0 - up, down], [up, 1.0 - down]])

    def error(self, name: str, qubits: tuple[int, ...]) -> Array | None:
        """Return the matrix of the error on an operation, None if it is ideal."""
        key = (name, qubits)
        if key not in self._found:
            self._found[key] = self._reported(name, qubits)
        return self._found[key]

    def _silent(self, name: str) -> bool:
        """Whether Aer's model gives an operation no error, whatever is reported."""
        operation = self.target.operation_from_name(name)
        return isinstance(operation, type | Measure)

    def _reported(self, name: str, qubits: tuple[int, ...]) -> Array | None:
        if name not in self.target.operation_names or self._silent(name):
            return None
        entry = (self.target[name] or {}).get(qubits)
        if entry is None:
            return None
        size = 4 ** len(qubits)
        relaxed = self._relaxation(qubits, entry.duration) if entry.duration else None
        gate = isinstance(self.target.operation_from_name(name), Gate)
        shrink = depolarised(entry.error, relaxed, len(qubits)) if gate and entry.error else None
        if shrink is None:
            return relaxed
        diagonal = np.full(size, shrink)
        diagonal[0] = 1.0
        return np.diag(diagonal) if relaxed is None else np.asarray(relaxed * diagonal)

    def _relaxation(self, qubits: tuple[int, ...], seconds: float) -> Array:
        told = self.target.qubit_properties
        found: Array = np.eye(1)
        for qubit in qubits:
            t1, t2 = _times(told[qubit] if told else None)
            found = np.kron(found, relaxation(seconds, t1, t2))
        return found


def relaxation(seconds: float, t1: float, t2: float) -> Array:
    """Return the channel of a qubit that waits: towards \\|0⟩ in T1, dephasing in T2.

    Example:
        >>> relaxation(1.0, np.inf, np.inf).diagonal()
        array([1., 1., 1., 1.])
    """
    if min(t1, t2) <= 0.0:
        raise DeviceError(
            f"The device reports T1 = {t1:g} s and T2 = {t2:g} s of a qubit, which no noise "
            "follows from. Correct its qubit properties, or give a noise model of your own."
        )
    kept, coherent = math.exp(-seconds / t1), math.exp(-seconds / t2)
    channel = np.diag([1.0, coherent, coherent, kept])
    channel[3, 0] = 1.0 - kept
    return channel


def depolarised(error: float, relaxed: Array | None, qubits: int) -> float | None:
    """Return 1 - p of the depolarising part of a gate with this error; None where there is none.

    Args:
        error: 1 - average fidelity, as reported.
        relaxed: the channel of relaxation, None without any.
        qubits: of the gate.
    """
    d = 2.0**qubits
    fidelity = 1.0 if relaxed is None else (np.trace(relaxed) / d + 1.0) / (d + 1.0)
    if not error > 1.0 - fidelity:
        return None
    p = d * (min(error, d / (d + 1.0)) - (1.0 - fidelity)) / (d * fidelity - 1.0)
    return float(1.0 - min(p, d * d / (d * d - 1.0)))


def _times(told: Any) -> tuple[float, float]:
    """Return T1 and T2 in seconds, T2 at most 2 T1; infinite where they are not told."""
    t1, t2 = getattr(told, "t1", None), getattr(told, "t2", None)
    if t1 is None:
        return math.inf, math.inf if t2 is None else float(t2)
    return float(t1), 2.0 * t1 if t2 is None else min(float(t2), 2.0 * t1)


Noise: TypeAlias = NoiseModel | ReportedChannels


def channel_table(noise: Noise | None) -> tuple[ChannelTable, list[Any], frozenset[str]]:
    """Return a noise's channels, its passes over delays, and the operations that it names."""
    if isinstance(noise, ReportedChannels):
        return noise, noise.passes, noise.noisy_names
    passes = getattr(noise, "_custom_noise_passes", None) or []
    names = frozenset(noise.noise_instructions) if noise else frozenset()
    return ChannelTable(noise), passes, names
