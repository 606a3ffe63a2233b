"""Symmetry verification: keep the shots that have the symmetry that the ideal state has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers import BitArray

from qtn._checks import bounded_int, choice
from qtn.errors import ArgumentError, DeviceError
from qtn.mitigation.techniques.base import Context, Task, Technique
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.correct import Corrector
from qtn.mitigation.values.outcomes import Moments
from qtn.states.operators import Basis


@dataclass(frozen=True, slots=True, repr=False)
class PostSelection(Technique):
    """Keep only shots with the right parity or number of ones.

    Applies in every measurement basis in which the symmetry can be read off: a parity where each of
    its letters is measured, a number of ones where all qubits are measured in Z. Other bases are
    left as they are. An error that keeps the symmetry is not seen.

    Args:
        parity: Pauli string of the symmetry as Qiskit prints it (qubit 0 rightmost), or None.
        value: its value in the ideal state, 1 or -1.
        ones: number of ones of the ideal state (a conserved particle number), or None.

    Reference: Bonet-Monroig, Sagastizabal, Singh, O'Brien, arXiv:1807.10050.
    """

    stage: ClassVar[str] = "select"

    parity: str | None = None
    value: int = 1
    ones: int | None = None

    def __post_init__(self) -> None:
        choice("value", self.value, (1, -1))
        if (self.parity is None) == (self.ones is None):
            raise ArgumentError(
                "Give PostSelection either `parity` (a Pauli string) or `ones` (a number), not "
                "both and not neither."
            )
        if self.parity is not None and (set(self.parity) - set("IXYZ") or not self.parity):
            raise ArgumentError(
                f"Argument `parity` must be a string of I, X, Y, Z, but is {self.parity!r}."
            )
        if self.ones is not None:
            bounded_int("ones", self.ones, 0)

    @property
    def label(self) -> str:
        """Short name."""
        return "post-selection"

    def prepare(self, task: Task, context: Context) -> Self:
        """Check that the symmetry fits the qubits of the circuit."""
        n = task.observables[0].n
        if self.parity is not None and len(self.parity) != n:
            raise ArgumentError(
                f"Argument `parity` has {len(self.parity)} letters, but the circuit has {n} qubits."
            )
        if self.ones is not None and self.ones > n:
            raise ArgumentError(f"Argument `ones` is {self.ones}, but the circuit has {n} qubits.")
        return self

    def correct(
        self, corrector: Corrector, task: Task, outcomes: Sequence[BitArray], device: str
    ) -> Corrector:
        """Return the corrector on the shots that are kept."""
        return _Selected(self, corrector)

    def applies(self, letters: str) -> bool:
        """Whether the symmetry can be read off outcomes in these bases (qubit 0 first)."""
        if self.parity is None:
            return set(letters) == {"Z"}
        return all(a in ("I", b) for a, b in zip(self.parity[::-1], letters, strict=True))

    def kept(self, bits: BitArray, letters: str) -> list[BitArray]:
        """Return the shots to keep, one array per binding.

        Raises:
            DeviceError: nothing is left for some binding.
        """
        tables = bits.to_bool_array(order="little").reshape(-1, bits.num_shots, bits.num_bits)
        if not self.applies(letters):
            return [BitArray.from_bool_array(t, order="little") for t in tables]
        kept = []
        for table in tables:
            good = table[self._good(table)]
            if len(good) == 0:
                raise DeviceError(
                    f"Post-selection kept none of {bits.num_shots} shots. Check the symmetry's "
                    "value, or give more shots."
                )
            kept.append(BitArray.from_bool_array(good, order="little"))
        return kept

    def _good(self, table: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if self.ones is not None:
            return np.asarray(table.sum(1) == self.ones)
        assert self.parity is not None
        used = [q for q, letter in enumerate(reversed(self.parity)) if letter != "I"]
        odd = table[:, used].sum(1) % 2 == 1
        return np.asarray(odd == (self.value == -1))


@dataclass(frozen=True, slots=True, eq=False)
class _Selected(Corrector):
    """Moments of the shots that have the symmetry."""

    selection: PostSelection
    inner: Corrector

    @property
    def variances(self) -> NDArray[np.float64]:  # type: ignore[override]
        """(rates,) of the calibration."""
        return self.inner.variances

    @property
    def calibration(self) -> ReadoutCalibration | None:
        """Rates of the readout, where it has rates."""
        return self.inner.calibration

    def moments(self, bits: BitArray, basis: Basis) -> Moments:
        """Return the moments of the terms of a basis, row by row: rows keep different shots."""
        rows = self.selection.kept(bits, basis.letters)
        parts = [self.inner.moments(row, basis) for row in rows]
        return Moments(
            np.concatenate([p.mean for p in parts]),
            np.concatenate([p.covariance for p in parts]),
            np.concatenate([p.gradient for p in parts]),
        )
