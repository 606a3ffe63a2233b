"""Readout calibration: confusion matrices of the measured qubits, estimated by running circuits.

A_q[m, t] is the probability to read m when qubit q was in |t>. Two circuits (all |0>, all |1>)
estimate every A_q in parallel. Errors are binomial and are carried to every corrected value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives.containers import BitArray

from qtn._checks import bounded_int, fail, finite_array, indices, positive_int, text
from qtn._display import Display, Displayed, Table
from qtn.devices import Budget
from qtn.errors import ArgumentError, DeviceError
from qtn.mitigation.values.execute import Executor
from qtn.mitigation.values.outcomes import Duals

Floats = NDArray[np.float64]
MIN_LEVER = 0.02  # |det| of a confusion matrix, or damping of a term, that tells nothing
MIN_SIGMAS = 3.0  # the same in its own standard errors: below, its inverse has no error bar


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ReadoutCalibration(Displayed):
    """Confusion rates of the qubits that a circuit measures, in the order of its clbits.

    Args:
        rates: (n, 2): P(read 1 | prepared 0) and P(read 0 | prepared 1).
        shots: executions behind each rate; 0 means the rates are exact.
        qubits: device qubits, in the order of `rates`.
        device: name of the device.
    """

    kind: ClassVar[str] = "readout-calibration"

    rates: Floats
    shots: int
    qubits: tuple[int, ...]
    device: str = ""

    def __post_init__(self) -> None:
        # det A = 1 - up - down: 0 tells nothing, -1 is a readout that always flips
        lever = np.abs(1 - self.rates.sum(axis=1))
        error = np.sqrt(self.variances.reshape(-1, 2).sum(axis=1))
        bad = np.flatnonzero(lever <= np.maximum(MIN_LEVER, MIN_SIGMAS * error))
        if bad.size:
            raise DeviceError(
                f"Readout of qubit {self.qubits[int(bad[0])]} tells nothing: it reads 1 with "
                f"probability {self.rates[bad[0], 0]:.2f} after |0> and 0 with probability "
                f"{self.rates[bad[0], 1]:.2f} after |1>. Choose other qubits or more shots."
            )

    def _brief(self) -> str:
        known = "exact" if self.shots == 0 else f"{self.shots} shots"
        where = f" of {self.device}" if self.device else ""
        return f"qubits {list(self.qubits)}{where}, {known}"

    def _display(self) -> Display:
        about = [("device", self.device), ("shots", self.shots or "none: the rates are exact")]
        rows = [(qubit, *rates) for qubit, rates in zip(self.qubits, self.rates, strict=True)]
        table = Table(("qubit", "P(1 | prepared 0)", "P(0 | prepared 1)"), rows)
        return Display("Readout calibration", about, [table])

    @property
    def n(self) -> int:
        """Number of qubits."""
        return len(self.rates)

    @property
    def matrices(self) -> Floats:
        """(n, 2, 2) confusion matrices A[q, read, prepared]."""
        up, down = self.rates[:, 0], self.rates[:, 1]
        return np.moveaxis(np.array([[1 - up, down], [up, 1 - down]]), 2, 0)

    @property
    def variances(self) -> Floats:
        """(2 n,) binomial variances of the rates, qubit by qubit; 0 for exact rates."""
        if self.shots == 0:
            return np.zeros(2 * self.n)
        # Laplace's rule keeps a rate that was never seen from being taken as certain.
        smoothed = (self.rates * self.shots + 1) / (self.shots + 2)
        return (smoothed * (1 - smoothed) / self.shots).ravel()

    def duals(self) -> Duals:
        """Inverse confusion matrices and their derivatives by the two rates of each qubit."""
        inverses = np.linalg.inv(self.matrices).astype(np.float64)
        by_up = np.array([[-1.0, 0.0], [1.0, 0.0]])
        by_down = np.array([[0.0, 1.0], [0.0, -1.0]])
        slopes = np.stack([-inverses @ d @ inverses for d in (by_up, by_down)], axis=1)
        return Duals(inverses, slopes)

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        header = {"shots": self.shots, "qubits": list(self.qubits), "device": self.device}
        return {"rates": self.rates}, header

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> ReadoutCalibration:
        """Rebuild from what `pack` returned."""
        qubits = indices("qubits", header["qubits"])
        rates = finite_array("rates", arrays["rates"], ndim=2)
        if rates.shape != (len(qubits), 2) or len(set(qubits)) < len(qubits):
            raise fail("qubits", f"{len(rates)} different qubits, two rates each", list(qubits))
        if rates.min() < 0 or rates.max() > 1:
            raise fail("rates", "probabilities", rates)
        bounded_int("shots", header["shots"], 0)
        text("device", header["device"])
        return cls(arrays["rates"], header["shots"], qubits, header["device"])


def calibration_circuits(width: int, qubits: tuple[int, ...]) -> list[QuantumCircuit]:
    """Return the two circuits that prepare all `qubits` in |0> and in |1> and measure them.

    Args:
        width: number of device qubits.
        qubits: device qubits; qubit `qubits[i]` is read into classical bit i.

    Example:
        >>> [c.count_ops().get("x", 0) for c in calibration_circuits(5, (0, 3))]
        [0, 2]
    """
    circuits = []
    for flipped in (False, True):
        circuit = QuantumCircuit(width, len(qubits))
        for qubit in qubits if flipped else ():
            circuit.x(qubit)
        circuit.measure(list(qubits), range(len(qubits)))
        circuits.append(circuit)
    return circuits


def calibrate_readout(
    device: Any,
    qubits: Any,
    shots: int = 10_000,
    seed: int = 0,
    budget: Budget | None = None,
) -> ReadoutCalibration:
    """Measure the confusion matrices of `qubits` on a device.

    Args:
        device: anything that `qtn.run` takes.
        qubits: device qubits in the order of the classical bits, or a circuit transpiled to the
            device whose measurements (or layout) name them.
        shots: executions of each of the two circuits.
        seed: randomness of a simulated device.
        budget: the most that both circuits may take; see `qtn.run`.

    Returns:
        The calibration; pass it on as `Readout(calibration=...)`, and keep it with `qtn.save`.

    Raises:
        ArgumentError: no qubits, or shots below 1.
        DeviceError: a qubit's readout tells nothing.

    Cost: two circuits.
    """
    shots = positive_int("shots", shots)
    executor = Executor.of(device, budget)
    order = executor.measured_qubits(qubits) if isinstance(qubits, QuantumCircuit) else qubits
    order = tuple(int(q) for q in order)
    if not order:
        raise ArgumentError("Argument `qubits` must name at least one device qubit, but is empty.")
    circuits = calibration_circuits(executor.width(max(order) + 1), order)
    zero, one = executor.run(circuits, shots=shots, seed=seed)
    return calibration_from_bits(zero, one, order, executor.name)


def calibration_from_bits(
    zero: BitArray, one: BitArray, qubits: tuple[int, ...], device: str = ""
) -> ReadoutCalibration:
    """Turn the outcomes of the two calibration circuits into confusion rates.

    Args:
        zero, one: outcomes after preparing all |0> and all |1>, with equal shots.
        qubits: device qubits in the order of the bits.

    Cost: one pass over the bits.
    """
    up = ones(zero)
    down = 1 - ones(one)
    return ReadoutCalibration(np.stack([up, down], 1), zero.num_shots, qubits, device)


def ones(bits: BitArray) -> Floats:
    """Frequency of 1 per bit, bit 0 first."""
    unpacked = np.unpackbits(bits.array, axis=-1, bitorder="big")[..., ::-1]
    return unpacked[..., : bits.num_bits].reshape(-1, bits.num_bits).mean(axis=0)
