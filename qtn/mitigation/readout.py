"""Readout correction by tensored confusion matrices, applied without any vector of 2^n entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qtn._checks import choice, fail, positive_int
from qtn.errors import ArgumentError
from qtn.mitigation.calibration import ReadoutCalibration
from qtn.mitigation.technique import Technique

METHODS = ("tensored",)


@dataclass(frozen=True, slots=True)
class Readout(Technique):
    """Correct readout errors: <v, A^-1 p> with A the tensor product of one-qubit confusions.

    Args:
        calibration: rates measured before (`calibrate_readout`); None measures them as part of
            the plan, once per set of measured qubits.
        shots: executions of each of the two calibration circuits; None takes the shots of the
            job itself.
        method: "tensored".

    Raises:
        ArgumentError: unknown method, shots below 1.

    Reference: Bravyi, Sheldon, Kandala, Mckay, Gambetta, "Mitigating measurement errors in
        multiqubit experiments", arXiv:2006.14044, section II. The inverse is applied to the
        observable, factor by factor, instead of to a vector of probabilities.
    """

    stage: ClassVar[str] = "readout"

    calibration: ReadoutCalibration | None = None
    shots: int | None = None
    method: str = "tensored"

    def __post_init__(self) -> None:
        choice("method", self.method, METHODS)
        if self.shots is not None:
            positive_int("shots", self.shots)
        if self.calibration is not None and not isinstance(self.calibration, ReadoutCalibration):
            raise fail("calibration", "a ReadoutCalibration", self.calibration)

    def checked(self, qubits: tuple[int, ...]) -> ReadoutCalibration | None:
        """Return the given calibration cut to `qubits`; None when it has to be measured."""
        known = self.calibration
        if known is None or known.qubits == qubits:
            return known
        missing = set(qubits) - set(known.qubits)
        if missing:
            raise ArgumentError(
                f"Argument `calibration` holds qubits {list(known.qubits)}, but the circuit "
                f"measures {sorted(missing)} as well. Calibrate these qubits too."
            )
        rows = [known.qubits.index(q) for q in qubits]
        return ReadoutCalibration(known.rates[rows], known.shots, qubits, known.device)
