"""A mitigated distribution of outcomes, with its errors and its distance from another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, finite_array, flag
from qtn._display import Display, Displayed, Table, with_error
from qtn.estimate import Estimate

Floats = NDArray[np.float64]
SHOWN = 12


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MitigatedDistribution(Displayed):
    """Probabilities of outcomes after mitigation, likeliest first.

    Args:
        n: number of bits.
        strings: (outcomes,) as numbers; bit i is the circuit's i-th measured classical bit, or
            qubit i where it measures none.
        probabilities: (outcomes,) non-negative, of sum 1.
        stderr: (outcomes,) standard errors.
        raw: (outcomes,) frequencies as measured.
        shots: all executions behind it, learning and calibration included.
        method: what was done.
    """

    kind: ClassVar[str] = "mitigated-distribution"

    n: int
    strings: NDArray[np.uint64]
    probabilities: Floats
    stderr: Floats
    raw: Floats
    shots: int
    method: str

    def to_dict(self) -> dict[str, float]:
        """Return the positive probabilities by bit string, bit 0 rightmost."""
        pairs = zip(self.strings, self.probabilities, strict=True)
        return {self._text(s): float(p) for s, p in pairs if p > 0}

    def probability(self, outcome: str) -> Estimate[float]:
        """Return the probability of one outcome with its standard error.

        Args:
            outcome: bit string as Qiskit prints it.

        Raises:
            ArgumentError: no bit string of this length.
        """
        number = self._number("outcome", outcome)
        places = np.flatnonzero(self.strings == number)
        if not places.size:
            floor = float(self.stderr.min(initial=np.inf))
            return Estimate(0.0, floor, self.shots, self.method)
        k = int(places[0])
        value, error = float(self.probabilities[k]), float(self.stderr[k])
        return Estimate(value, error, self.shots, self.method)

    def fidelity(self, ideal: Any, *, raw: bool = False) -> float:
        """Return the fidelity (Σ √(p q))² with another distribution.

        Args:
            ideal: probabilities by bit string (a mapping), or of all 2^n outcomes (an array).
            raw: take the frequencies as measured.

        Raises:
            ArgumentError: not a distribution on this many bits.
        """
        flag("raw", raw)
        other = self._matched(ideal)
        own = self.raw if raw else self.probabilities
        return float(np.sqrt(np.maximum(own, 0.0) * other).sum() ** 2)

    def hellinger(self, ideal: Any, *, raw: bool = False) -> float:
        """Return the Hellinger distance √(1 - Σ √(p q)) from another distribution.

        Args:
            ideal: as in `fidelity`.
            raw: as in `fidelity`.
        """
        return float(np.sqrt(max(0.0, 1 - np.sqrt(self.fidelity(ideal, raw=raw)))))

    def _matched(self, ideal: Any) -> Floats:
        """Return the probabilities of the other distribution at this one's outcomes."""
        expected = f"probabilities by strings of {self.n} bits, or an array of 2^{self.n}"
        if isinstance(ideal, Mapping):
            known = {self._number("ideal", key): value for key, value in ideal.items()}
            values = finite_array("ideal", list(known.values()), ndim=1)
            table = dict(zip(known, values, strict=True))
            found = np.array([table.get(int(s), 0.0) for s in self.strings])
        else:
            values = finite_array("ideal", ideal, ndim=1)
            if len(values) != 1 << self.n:
                raise fail("ideal", expected, f"of shape {values.shape}")
            found = values[self.strings.astype(np.int64)]
        if values.min(initial=0.0) < 0 or abs(values.sum() - 1) > 1e-6:
            raise fail("ideal", "non-negative, with sum 1", f"with sum {values.sum():.6g}")
        return np.asarray(found, dtype=np.float64)

    def _number(self, name: str, outcome: Any) -> int:
        if not isinstance(outcome, str) or len(outcome) != self.n or set(outcome) - {"0", "1"}:
            raise fail(name, f"a string of {self.n} bits", outcome)
        return int(outcome, 2)

    def _text(self, number: np.uint64) -> str:
        return f"{int(number):0{self.n}b}"

    def _brief(self) -> str:
        return f"{self.n} bits, {int((self.probabilities > 0).sum())} outcomes, {self.method}"

    def _display(self) -> Display:
        about = [("shots", self.shots), ("method", self.method)]
        rows = [
            (self._text(s), with_error(float(p), float(e)), float(r))
            for s, p, e, r in zip(self.strings, self.probabilities, self.stderr, self.raw)
        ][:SHOWN]
        return Display(
            "Mitigated distribution", about, [Table(("outcome", "probability", "measured"), rows)]
        )
