"""Readout correction: options, and the calibration that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from qiskit.primitives.containers import BitArray

from qtn._checks import bounded_int, choice, fail, indices, items, positive_int
from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import Context, Task, Technique, Variant
from qtn.mitigation.techniques.readout_forms import Form, Pairs, Subspace, Tensored, Twirled
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.correct import Corrector

METHODS = ("tensored", "twirled", "correlated", "subspace")


@dataclass(frozen=True, slots=True, repr=False)
class Readout(Technique):
    """Correct readout errors: <v, A^-1 p> with A the tensor product of one-qubit confusions.

    Args:
        calibration: rates measured before (`calibrate_readout`), not for "correlated"; None
            measures them as part of the plan, once per set of measured qubits.
        shots: executions of each of the two calibration circuits; None takes the shots of the
            job itself.
        method: "tensored" inverts one-qubit confusions. "twirled" flips random qubits before the
            measurement and undoes it afterwards, which makes every readout error a symmetric one:
            a Pauli term is then only damped, by a factor that the same flips measure on |0…0>,
            correlations between qubits included (projectors: one-qubit inverses of the
            symmetrised errors). "correlated" gives pairs of qubits one 4 x 4 confusion matrix.
            "subspace" inverts within the outcomes that occurred, for terms on many qubits.
        copies: random flip patterns per circuit for "twirled".
        pairs: disjoint pairs of circuit qubits for "correlated"; None pairs 0-1, 2-3, …

    Raises:
        ArgumentError: unknown method, shots below 1.

    Reference: Bravyi, Sheldon, Kandala, Mckay, Gambetta, "Mitigating measurement errors in
        multiqubit experiments", arXiv:2006.14044, section II. The inverse is applied to the
        observable, factor by factor, instead of to a vector of probabilities. Twirled:
        van den Berg, Minev, Temme, arXiv:2012.09738.
    """

    stage: ClassVar[str] = "readout"

    calibration: ReadoutCalibration | None = None
    shots: int | None = None
    method: str = "tensored"
    copies: int = 8
    pairs: tuple[tuple[int, int], ...] | None = None

    def __post_init__(self) -> None:
        choice("method", self.method, METHODS)
        bounded_int("copies", self.copies, 1, 10_000)
        if self.shots is not None:
            positive_int("shots", self.shots)
        if self.pairs is not None:
            found = items("pairs", self.pairs, "a sequence of pairs of qubits")
            pairs = tuple(indices(f"pairs[{k}]", pair) for k, pair in enumerate(found))
            if any(len(pair) != 2 for pair in pairs):
                raise fail("pairs", "a sequence of pairs of qubits", self.pairs)
            object.__setattr__(self, "pairs", pairs)
        if self.calibration is not None and not isinstance(self.calibration, ReadoutCalibration):
            raise fail("calibration", "a ReadoutCalibration", self.calibration)
        if self.calibration is not None and self.method == "correlated":
            raise ArgumentError(
                "Argument `calibration` holds rates of single qubits, but the correlated readout "
                "needs those of pairs, which it measures itself. Leave `calibration` out, or give "
                'method="tensored".'
            )

    @property
    def label(self) -> str:
        """Short name."""
        return "readout" if self.method == "tensored" else f"{self.method} readout"

    @property
    def form(self) -> Form:
        """The correction that `method` names, with its options."""
        forms: dict[str, Form] = {
            "tensored": Tensored(),
            "twirled": Twirled(self.copies),
            "correlated": Pairs(self.pairs),
            "subspace": Subspace(),
        }
        return forms[self.method]

    def calibration_of(self, qubits: tuple[int, ...]) -> ReadoutCalibration | None:
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

    def prepare(self, task: Task, context: Context) -> Self:
        """Return the technique with its calibration, if it has one, cut to the circuit's qubits."""
        self.form.check(len(task.native.qubits))
        known = self.calibration_of(task.native.qubits)
        return self if known is self.calibration else replace(self, calibration=known)

    def adopt(self, planned: Self) -> Self:
        """Return the technique as it was planned."""
        if self.form != planned.form:
            raise ArgumentError(
                f"Argument `techniques` holds {self.label}, but the measurement was planned with "
                f"{planned.label} or other options of it. Plan and run it first."
            )
        return planned

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with the circuits that calibrate the readout, unless that is known."""
        if self.calibration is not None:
            return task
        width = context.executor.width(task.native.circuit.num_qubits)
        circuits = self.form.calibration(width, task.native.qubits, context)
        return replace(task, calibration=circuits, calibration_shots=self.shots)

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return the circuit, or copies with random flips before the measurement (twirled)."""
        return self.form.dress(variant, context)

    def correct(
        self, corrector: Corrector, task: Task, outcomes: Sequence[BitArray], device: str
    ) -> Corrector:
        """Return the corrector that the calibration gives."""
        if self.calibration is not None:
            return self.form.known(task.observable, self.calibration)
        return self.form.measured(task.observable, outcomes, task.native.qubits, device)
