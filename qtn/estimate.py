"""The one form in which a number leaves a quantum computation: a value with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from qtn._checks import bounded_int, fail, real, text
from qtn._display import Display, Displayed, Table, with_error
from qtn.errors import ArgumentError

Scalar = float | complex
Number = Scalar | np.ndarray
_SHOWN = 100  # values of an array that a notebook shows


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimate(Displayed):
    """A measured or computed value with its standard error.

    Args:
        value: the estimate; a number, or an array with one entry per parameter binding.
        stderr: one standard error of `value`, same shape, non-negative. 0 means exact.
        shots: total number of circuit executions behind the value, calibration included.
        method: how the value was obtained, for instance "readout + zne(exponential)".

    Raises:
        ArgumentError: shapes differ, or a standard error is negative or NaN.

    Example:
        >>> Estimate(0.25, 0.01, 4096, "counts")
        Estimate(0.250 ± 0.010, shots=4096, method='counts')
    """

    kind: ClassVar[str] = "estimate"

    value: Number
    stderr: Number
    shots: int = 0
    method: str = "exact"

    def __post_init__(self) -> None:
        value, stderr = _numbers("value", self.value), _numbers("stderr", self.stderr)
        if np.isnan(stderr).any():
            raise fail("stderr", "real and non-negative", self.stderr)
        if value.shape != stderr.shape:
            raise ArgumentError(
                f"Arguments `value` and `stderr` must have the same shape, but have {value.shape} "
                f"and {stderr.shape}. Give one standard error per value."
            )
        if stderr.dtype.kind not in "fiu" or not (stderr >= 0).all():
            raise fail("stderr", "real and non-negative", self.stderr)
        bounded_int("shots", self.shots, 0)
        text("method", self.method)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value; `()` for a single number."""
        return np.shape(self.value)

    def interval(self, sigmas: float = 1.96) -> tuple[Number, Number]:
        """Return `value - sigmas * stderr` and `value + sigmas * stderr` (real values)."""
        sigmas = real("sigmas", sigmas, 0.0)
        return self.value - sigmas * self.stderr, self.value + sigmas * self.stderr

    def __getitem__(self, index: Any) -> Estimate:
        value, stderr = np.asarray(self.value)[index], np.asarray(self.stderr)[index]
        if np.ndim(value) == 0:
            value, stderr = value.item(), stderr.item()
        return Estimate(value, stderr, self.shots, self.method)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("A single estimate has no length; use .value and .stderr.")
        return self.shape[0]

    def __bool__(self) -> bool:
        """Return True: an estimate is always something, whatever its value or length.

        So `if estimate:` asks whether there is one, never whether it differs from zero; for that,
        compare `.value` with a multiple of `.stderr`.
        """
        return True

    def __float__(self) -> float:
        return float(self.value)  # type: ignore[arg-type]

    def _brief(self) -> str:
        tail = f"shots={self.shots}, method={self.method!r}"
        if self.shape:
            return f"{' × '.join(map(str, self.shape))} values, {tail}"
        return f"{with_error(self.value, self.stderr)}, {tail}"

    def _display(self) -> Display:
        about = [("shots", self.shots or None), ("method", self.method)]
        if not self.shape:
            return Display("Estimate", [("value", self), *about])
        found = islice(np.ndenumerate(np.asarray(self.value)), _SHOWN)
        errors = np.asarray(self.stderr)
        rows = [(", ".join(map(str, i)), with_error(v, errors[i])) for i, v in found]
        shown = "" if np.size(self.value) <= _SHOWN else f"the first {_SHOWN}"
        table = Table(("index", "value"), rows, shown)
        return Display("Estimates", [("shape", " × ".join(map(str, self.shape))), *about], [table])

    def __str__(self) -> str:
        return self._display().text() if self.shape else repr(self)

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays = {"value": np.asarray(self.value), "stderr": np.asarray(self.stderr, dtype=float)}
        return arrays, {"shots": self.shots, "method": self.method}

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Estimate:
        """Rebuild from what `pack` returned."""
        value, stderr = arrays["value"], arrays["stderr"]
        if value.ndim == 0:
            return cls(value.item(), stderr.item(), header["shots"], header["method"])
        return cls(value, stderr, header["shots"], header["method"])


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except Exception as error:  # a foreign `__array__` may raise anything
        raise fail(name, "a number or an array of numbers", value) from error
    if array.dtype.kind not in "fciu":
        raise fail(name, "a number or an array of numbers", value)
    return array
