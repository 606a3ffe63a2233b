"""`PauliSum`: a sum of Pauli strings with real coefficients, as packed words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._display import Display, Displayed
from qtn.states.operators import Term
from qtn.states.pauli_sums.bits import WORD, words_of
from qtn.states.pauli_sums.readings import product_value, weights

__all__ = ["Dropped", "PauliSum"]

Array = NDArray[Any]
PROJECTORS = 12  # a product of k projectors is a sum of 2^k strings
_PARTS = {"0": ("Z", 1.0), "1": ("Z", -1.0), "+": ("X", 1.0), "-": ("X", -1.0), "r": ("Y", 1.0),
          "l": ("Y", -1.0)}  # fmt: skip
_BITS = {"X": (1, 0), "Z": (0, 1), "Y": (1, 1)}


@dataclass(frozen=True, slots=True)
class Dropped:
    """What cuts have taken from a sum.

    Args:
        values: Σ|c| of all that was dropped: bounds the error of a value in any state.
        trace: the sum over cuts of √(Σc²): bounds the error of Tr(A·)/2ⁿ per 2-norm of A.
        terms: number of strings dropped.
    """

    values: float = 0.0
    trace: float = 0.0
    terms: int = 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PauliSum(Displayed):
    r"""An operator Σ c P of Hermitian strings with real coefficients.

    Args:
        x: (terms, words) of uint64, bit q of a row set where the string has X or Y on qubit q.
        z: the same where it has Z or Y.
        coefficients: (terms,), real.
        n: number of qubits.

    Example:
        >>> total = PauliSum.from_terms([Term(0.5, ((0, "Z"), (2, "X")))], 3)
        >>> total, total.labels()
        (PauliSum(1 string on 3 qubits), ['XIZ'])
    """

    x: Array
    z: Array
    coefficients: Array
    n: int

    @classmethod
    def from_terms(cls, terms: Sequence[Term], n: int) -> PauliSum:
        """Return the sum of an observable's terms, projectors as sums of strings.

        Raises:
            ArgumentError: a product of more than 12 projectors.

        Cost: linear in the terms, times 2^k for k projectors in one.
        """
        rows, values = [], []
        for term in terms:
            choices: list[list[tuple[str, float]]] = []
            for _, letter in term.factors:
                if letter in _BITS:
                    choices.append([(letter, 1.0)])
                else:
                    axis, sign = _PARTS[letter]
                    choices.append([("I", 0.5), (axis, 0.5 * sign)])
            if sum(len(choice) == 2 for choice in choices) > PROJECTORS:
                raise fail("observables", f"products of at most {PROJECTORS} projectors", term)
            for chosen in product(*choices):
                rows.append([(q, one[0]) for q, one in zip(term.qubits, chosen, strict=True)])
                values.append(term.coefficient * float(np.prod([one[1] for one in chosen])))
        x = np.zeros((len(rows), words_of(n)), np.uint64)
        z = np.zeros_like(x)
        for k, row in enumerate(rows):
            for qubit, letter in row:
                if letter != "I":
                    bit = np.uint64(1) << np.uint64(qubit % WORD)
                    x[k, qubit // WORD] |= bit * np.uint64(_BITS[letter][0])
                    z[k, qubit // WORD] |= bit * np.uint64(_BITS[letter][1])
        return cls(x, z, np.array(values, float), n).merged()

    def __len__(self) -> int:
        return len(self.coefficients)

    @property
    def norm(self) -> float:
        """The 2-norm √(Σc²) = √(Tr(O²)/2ⁿ) of a sum whose strings differ."""
        return float(np.linalg.norm(self.coefficients))

    @property
    def total(self) -> float:
        """Σ|c|: no value of the sum in any state is larger."""
        return float(np.abs(self.coefficients).sum())

    @property
    def weights(self) -> Array:
        """Number of qubits on which each string acts."""
        return np.asarray(weights(self.x, self.z))

    def labels(self) -> list[str]:
        """Return every string as Qiskit prints it, qubit 0 rightmost."""
        shifts = np.arange(WORD, dtype=np.uint64)
        bits = [
            ((part[:, :, None] >> shifts) & np.uint64(1)).reshape(len(self), WORD * part.shape[1])[
                :, : self.n
            ]
            for part in (self.x, self.z)
        ]
        letters = np.array(list("IXZY"))[(bits[0] + np.uint64(2) * bits[1]).astype(int)]
        return ["".join(row[::-1]) for row in letters]

    def merged(self) -> PauliSum:
        """Return the sum with every string once, sorted; strings of coefficient 0 are left out."""
        keys = np.concatenate([self.x, self.z], axis=1)
        order = np.lexsort(keys.T)
        keys, values = keys[order], self.coefficients[order]
        first = np.ones(len(keys), bool)
        first[1:] = (keys[1:] != keys[:-1]).any(axis=1)
        starts = np.flatnonzero(first)
        summed = np.add.reduceat(values, starts) if len(starts) else values
        kept = summed != 0.0
        keys, words = keys[starts][kept], words_of(self.n)
        return PauliSum(
            np.ascontiguousarray(keys[:, :words]),
            np.ascontiguousarray(keys[:, words:]),
            summed[kept],
            self.n,
        )

    def truncated(
        self,
        max_terms: int | None = None,
        cutoff: float = 0.0,
        max_weight: int | None = None,
    ) -> tuple[PauliSum, Dropped]:
        """Return the largest coefficients, and what was dropped.

        Args:
            max_terms: most strings to keep; of equal coefficients the first.
            cutoff: magnitude below which a coefficient is dropped.
            max_weight: most qubits on which a string may act.

        Cost: O(terms · log terms).
        """
        kept = np.abs(self.coefficients) >= cutoff
        if max_weight is not None:
            kept &= self.weights <= max_weight
        chosen = np.flatnonzero(kept)
        if max_terms is not None and len(chosen) > max_terms:
            order = np.argsort(-np.abs(self.coefficients[chosen]), kind="stable")
            chosen = np.sort(chosen[order[:max_terms]])
        gone = np.delete(self.coefficients, chosen)
        dropped = Dropped(float(np.abs(gone).sum()), float(np.linalg.norm(gone)), len(gone))
        return PauliSum(self.x[chosen], self.z[chosen], self.coefficients[chosen], self.n), dropped

    def value(self, directions: Array | None = None) -> float:
        """Return the expectation value in a product state.

        Args:
            directions: (n, 3) ⟨X⟩, ⟨Y⟩, ⟨Z⟩ of every qubit; None is |0…0⟩.

        Cost: O(terms · n) at most.
        """
        if directions is None:
            straight = ~self.x.any(axis=1)
            return float(np.sum(self.coefficients[straight]))
        found = product_value(self.x, self.z, self.coefficients, np.ascontiguousarray(directions))
        return float(found)

    def inner(self, other: PauliSum) -> float:
        """Return Tr(A B) / 2ⁿ of two sums whose strings differ: Σ of products of coefficients.

        Cost: that of sorting both.
        """
        count = len(self)
        keys = np.concatenate([np.hstack([s.x, s.z]) for s in (self, other)])
        order = np.lexsort(keys.T)  # stable: of equal strings that of this sum comes first
        same = (keys[order][1:] == keys[order][:-1]).all(axis=1)
        left, right = order[:-1][same], order[1:][same] - count
        return float(np.dot(self.coefficients[left], other.coefficients[right]))

    def _brief(self) -> str:
        many = "string" if len(self) == 1 else "strings"
        return f"{len(self)} {many} on {self.n} qubits"

    def _display(self) -> Display:
        rows = [("strings", len(self)), ("qubits", self.n), ("2-norm", self.norm)]
        return Display("Sum of Pauli strings", [*rows, ("sum of |c|", self.total)])
