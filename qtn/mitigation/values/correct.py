"""Correctors: from the bits of one circuit to values of terms, readout errors removed.

A corrector owns the calibration rates that all circuits share; `Moments.gradient` holds the
derivatives by them, `variances` their squared errors, so that the calibration error enters a final
value once and with its correlations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers import BitArray

from qtn.errors import DeviceError
from qtn.mitigation.values.calibration import MIN_SIGMAS, ReadoutCalibration, ones
from qtn.mitigation.values.outcomes import Duals, Moments, evaluate, exact_duals
from qtn.states.operators import Basis, Observable, Term

Floats = NDArray[np.float64]


class Corrector(ABC):
    """Turns outcomes of one basis into values of its terms."""

    variances: Floats  # (rates,) of the calibration

    @property
    def calibration(self) -> ReadoutCalibration | None:
        """Confusion rates of the qubits, where the correction has such."""
        return None

    @abstractmethod
    def moments(self, bits: BitArray, basis: Basis) -> Moments:
        """Return the moments of the terms of a basis.

        Args:
            bits: outcomes of one circuit in that basis, shape () or (bindings,).
            basis: its letters, and the indices of its terms.
        """


@dataclass(frozen=True, slots=True, eq=False)
class DualCorrector(Corrector):
    """One weight per qubit and outcome: no correction, or tensored inverse confusions."""

    observable: Observable
    duals: Duals
    variances: Floats
    rates: ReadoutCalibration | None = None

    @classmethod
    def plain(cls, observable: Observable) -> DualCorrector:
        """No readout correction."""
        return cls(observable, exact_duals(observable.n), np.zeros(0))

    @classmethod
    def tensored(cls, observable: Observable, rates: ReadoutCalibration) -> DualCorrector:
        """Tensored inverse confusion matrices."""
        return cls(observable, rates.duals(), rates.variances, rates)

    @property
    def calibration(self) -> ReadoutCalibration | None:
        """Confusion rates of the qubits; None without correction."""
        return self.rates

    def moments(self, bits: BitArray, basis: Basis) -> Moments:
        """Return the moments of the terms of a basis."""
        return evaluate(bits, chosen(self.observable, basis.terms), self.duals)


@dataclass(frozen=True, slots=True, eq=False)
class DampingCorrector(Corrector):
    """Twirled readout: every Pauli term is divided by its damping, measured on |0…0>.

    A readout that flips more often than not has a negative damping, which is divided out alike.

    Terms that share qubits have dampings with common errors, so the rates are not the dampings but
    their principal components.
    """

    observable: Observable
    damping: Floats  # (terms,)
    components: Floats  # (terms, rates), orthonormal
    variances: Floats  # (rates,)

    @classmethod
    def from_bits(cls, observable: Observable, zeros: BitArray) -> DampingCorrector:
        """Measure the dampings: outcomes after |0…0> with the flips undone."""
        diagonal = tuple(
            Term(t.coefficient, tuple((q, "Z") for q, _ in t.factors)) for t in observable.terms
        )
        found = evaluate(zeros, diagonal, exact_duals(observable.n))
        errors = np.sqrt(np.einsum("tt->t", found.covariance[0]))
        lost = np.flatnonzero(np.abs(found.mean[0]) <= MIN_SIGMAS * errors)
        if lost.size:
            worst = int(lost[0])
            raise DeviceError(
                f"Readout damps the term on qubits {list(observable.terms[worst].qubits)} to "
                f"{found.mean[0, worst]:.3f} ± {errors[worst]:.3f} of its value, which cannot be "
                "undone. Choose other qubits or more shots for the calibration."
            )
        variances, components = np.linalg.eigh(found.covariance[0])
        return cls(observable, found.mean[0], components, np.maximum(variances, 0.0))

    def moments(self, bits: BitArray, basis: Basis) -> Moments:
        """Return the moments of the terms of a basis."""
        terms = basis.terms
        raw = evaluate(bits, chosen(self.observable, terms), exact_duals(self.observable.n))
        factor = self.damping[list(terms)]
        mean = raw.mean / factor
        gradient = -(mean / factor)[:, :, None] * self.components[list(terms)]
        return Moments(mean, raw.covariance / np.outer(factor, factor), gradient)


def chosen(observable: Observable, terms: Sequence[int]) -> tuple[Term, ...]:
    """Return the terms with these indices."""
    return tuple(observable.terms[t] for t in terms)


def twirled_corrector(
    observable: Observable, zeros: BitArray, qubits: tuple[int, ...], device: str
) -> Corrector:
    """Return the corrector of a twirled readout from its calibration outcomes."""
    if all(term.is_pauli for term in observable.terms):
        return DampingCorrector.from_bits(observable, zeros)
    error = ones(zeros)
    rates = ReadoutCalibration(np.stack([error, error], 1), zeros.num_shots, qubits, device)
    return DualCorrector.tensored(observable, rates)


def unflipped(bits: BitArray, mask: int) -> BitArray:
    """Undo flips that were made on purpose before the measurement."""
    if mask == 0:
        return bits
    size = bits.array.shape[-1]
    pattern = np.frombuffer(mask.to_bytes(size, "big"), dtype=np.uint8)
    return BitArray(bits.array ^ pattern, bits.num_bits)
