"""Readout correction by tensored confusion matrices, applied without any vector of 2^n entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from qiskit import QuantumCircuit

from qtn._checks import bounded_int, choice, fail, indices, items, positive_int
from qtn.errors import ArgumentError
from qtn.interop.observables import Observable
from qtn.mitigation.techniques.base import Context, InsertTechnique, Variant, merged
from qtn.mitigation.techniques.folding import split_tail
from qtn.mitigation.values.calibration import ReadoutCalibration, calibration_circuits

METHODS = ("tensored", "twirled", "correlated", "subspace")


@dataclass(frozen=True, slots=True)
class Readout(InsertTechnique):
    """Correct readout errors: <v, A^-1 p> with A the tensor product of one-qubit confusions.

    Args:
        calibration: rates measured before (`calibrate_readout`); None measures them as part of
            the plan, once per set of measured qubits.
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

    @property
    def label(self) -> str:
        """Short name."""
        return "readout" if self.method == "tensored" else f"{self.method} readout"

    def clusters(self, n: int) -> tuple[tuple[int, ...], ...]:
        """Return the pairs of "correlated" and the single qubits left over."""
        pairs = self.pairs
        if pairs is None:
            pairs = tuple((q, q + 1) for q in range(0, n - 1, 2))
        used = [q for pair in pairs for q in pair]
        if len(set(used)) != len(used) or any(not 0 <= q < n for q in used):
            raise ArgumentError(
                f"Argument `pairs` must hold disjoint pairs of the qubits 0 to {n - 1}, but is "
                f"{list(pairs)}."
            )
        return (*pairs, *((q,) for q in range(n) if q not in used))

    def apply(self, variant: Variant, context: Context) -> list[Variant]:
        """Return copies with random flips before the measurement (twirled), or the circuit."""
        if self.method != "twirled":
            return [variant]
        n = variant.circuit.num_clbits
        parts = split_tail(variant.circuit)
        masks = _masks(self.copies, n, context.rng)
        return [_flipped(variant, parts, mask, context) for mask in masks]

    def calibration_circuits(
        self, width: int, qubits: tuple[int, ...], observable: Observable, context: Context
    ) -> tuple[Variant, ...]:
        """Return the circuits that calibrate this readout."""
        zero, one = calibration_circuits(width, qubits)
        if self.method == "correlated":
            return tuple(
                Variant(pattern_circuit(width, qubits, self.clusters(len(qubits)), pattern))
                for pattern in range(4)
            )
        if self.method != "twirled":
            return Variant(zero), Variant(one)
        masks = _masks(self.copies, len(qubits), context.rng)
        parts = split_tail(zero)
        return tuple(_flipped(Variant(zero), parts, mask, context) for mask in masks)


def pattern_circuit(
    width: int, qubits: tuple[int, ...], clusters: tuple[tuple[int, ...], ...], pattern: int
) -> QuantumCircuit:
    """Prepare the bits of `pattern` in every cluster and measure."""
    circuit = QuantumCircuit(width, len(qubits))
    for cluster in clusters:
        for k, bit in enumerate(cluster):
            if pattern >> k & 1:
                circuit.x(qubits[bit])
    circuit.measure(list(qubits), range(len(qubits)))
    return circuit


def _masks(copies: int, n: int, rng: np.random.Generator) -> list[int]:
    """Random flip patterns in pairs of complements, so that every bit is flipped equally often."""
    masks = []
    for _ in range((copies + 1) // 2):
        bits = rng.integers(0, 2, n)
        masks.append(int(sum(int(b) << i for i, b in enumerate(bits))))
        masks.append(masks[-1] ^ ((1 << n) - 1))
    return masks[:copies]


def _flipped(
    variant: Variant, parts: tuple[QuantumCircuit, QuantumCircuit], mask: int, context: Context
) -> Variant:
    """Flip the classical bits of `mask` by X gates right before their measurement.

    The X gates merge with the trailing one-qubit gates; the folded part stays as it is.
    """
    prefix, tail = parts[0].copy(), parts[1]
    flipped = tail.copy_empty_like()
    for instruction in tail.data:
        if instruction.operation.name == "measure":
            bit = tail.find_bit(instruction.clbits[0]).index
            if mask >> bit & 1:
                flipped.x(instruction.qubits[0])
        if instruction.operation.name != "barrier":
            flipped.append(instruction, copy=False)
    for instruction in merged(flipped, context.executor).data:
        prefix.append(instruction.operation, instruction.qubits, instruction.clbits, copy=False)
    return replace(variant, circuit=prefix, flips=variant.flips ^ mask)
