"""The forms of readout correction: which circuits calibrate it, and what its outcomes say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives.containers import BitArray

from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import Context, Variant, merged
from qtn.mitigation.techniques.folding import split_tail
from qtn.mitigation.values.calibration import (
    ReadoutCalibration,
    calibration_circuits,
    calibration_from_bits,
)
from qtn.mitigation.values.correct import Corrector, DualCorrector, twirled_corrector
from qtn.mitigation.values.correct_joint import PairCorrector, SubspaceCorrector, pair_matrices
from qtn.states.operators import Observable

Qubits = tuple[int, ...]


class Form(ABC):
    """One form of readout correction."""

    def check(self, n: int) -> None:
        """Check that the form suits a circuit of `n` qubits."""
        return

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return circuits that stand for one, as in `Technique.dress`."""
        return [variant]

    def calibration(self, width: int, qubits: Qubits, context: Context) -> tuple[Variant, ...]:
        """Return the circuits that calibrate the readout of `qubits`: all |0>, all |1>."""
        zero, one = calibration_circuits(width, qubits)
        return Variant(zero), Variant(one)

    def measured(
        self, observable: Observable, outcomes: Sequence[BitArray], qubits: Qubits, device: str
    ) -> Corrector:
        """Return the corrector from the outcomes of the calibration."""
        rates = calibration_from_bits(outcomes[0], outcomes[1], qubits, device)
        return self.known(observable, rates)

    @abstractmethod
    def known(self, observable: Observable, rates: ReadoutCalibration) -> Corrector:
        """Return the corrector from known rates."""


@dataclass(frozen=True, slots=True)
class Tensored(Form):
    """Inverse confusion matrices of single qubits."""

    def known(self, observable: Observable, rates: ReadoutCalibration) -> Corrector:
        """Return the corrector from known rates."""
        return DualCorrector.tensored(observable, rates)


@dataclass(frozen=True, slots=True)
class Subspace(Form):
    """Inverse confusion within the outcomes that occurred."""

    def known(self, observable: Observable, rates: ReadoutCalibration) -> Corrector:
        """Return the corrector from known rates."""
        return SubspaceCorrector.of(observable, rates)


@dataclass(frozen=True, slots=True)
class Twirled(Form):
    """Random flips before the measurement, undone afterwards: symmetric errors, hence dampings."""

    copies: int

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return copies with random flips."""
        parts = split_tail(variant.circuit)
        masks = _masks(self.copies, variant.circuit.num_clbits, context.rng)
        return [_flipped(variant, parts, mask, context) for mask in masks]

    def calibration(self, width: int, qubits: Qubits, context: Context) -> tuple[Variant, ...]:
        """Return copies of |0…0> with random flips."""
        zero, _ = calibration_circuits(width, qubits)
        masks = _masks(self.copies, len(qubits), context.rng)
        parts = split_tail(zero)
        return tuple(_flipped(Variant(zero), parts, mask, context) for mask in masks)

    def measured(
        self, observable: Observable, outcomes: Sequence[BitArray], qubits: Qubits, device: str
    ) -> Corrector:
        """Return the corrector from the outcomes of the calibration."""
        return twirled_corrector(
            observable, BitArray.concatenate_shots(list(outcomes)), qubits, device
        )

    def known(self, observable: Observable, rates: ReadoutCalibration) -> Corrector:
        """Return the corrector from known rates, of which flips leave the mean of both."""
        mean = rates.rates.mean(axis=1)
        symmetric = np.stack([mean, mean], 1)
        return DualCorrector.tensored(
            observable, replace(rates, rates=symmetric, shots=2 * rates.shots)
        )


@dataclass(frozen=True, slots=True)
class Pairs(Form):
    """Joint confusion matrices of pairs of qubits; None pairs 0-1, 2-3, …"""

    pairs: tuple[tuple[int, int], ...] | None

    def check(self, n: int) -> None:
        """Check that the pairs are disjoint pairs of the circuit's qubits."""
        self.clusters(n)

    def clusters(self, n: int) -> tuple[tuple[int, ...], ...]:
        """Return the pairs, and the single qubits left over."""
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

    def calibration(self, width: int, qubits: Qubits, context: Context) -> tuple[Variant, ...]:
        """Return the circuits that prepare every pair in its four states."""
        clusters = self.clusters(len(qubits))
        return tuple(Variant(pattern_circuit(width, qubits, clusters, k)) for k in range(4))

    def measured(
        self, observable: Observable, outcomes: Sequence[BitArray], qubits: Qubits, device: str
    ) -> Corrector:
        """Return the corrector from the outcomes of the calibration."""
        clusters = self.clusters(len(qubits))
        matrices = pair_matrices(outcomes, clusters)
        return PairCorrector(observable, clusters, matrices, outcomes[0].num_shots)

    def known(self, observable: Observable, rates: ReadoutCalibration) -> Corrector:
        """Refuse rates of single qubits, which say nothing about pairs."""
        raise ArgumentError(
            "Rates of single qubits do not tell how the readout errors of pairs are correlated. "
            "Let the correlated readout measure its own calibration."
        )


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
