"""The one form in which a number leaves a quantum computation: a value with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Generic, cast

import numpy as np

from qtn._checks import bounded_int, choice, fail, instance, items, real, text
from qtn._display import Display, Displayed, Table, with_error
from qtn._figures.axes import axes_of
from qtn._figures.extrapolation import Fit, draw_fits
from qtn._figures.intervals import draw_values
from qtn._optional import data_frame
from qtn.errors import ArgumentError

Scalar = float | complex
Number = Scalar | np.ndarray

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from typing_extensions import TypeVar

    # What type checkers know of a value. A plain `Estimate` says nothing: its value is `Any`.
    ValueT = TypeVar("ValueT", bound=Number, default=Any)
else:
    from typing import TypeVar

    ValueT = TypeVar("ValueT")

_SHOWN = 100  # values of an array that a notebook shows


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimate(Displayed, Generic[ValueT]):
    """A measured or computed value with its standard error.

    For type checkers it is generic: `Estimate[float]` is one number, `Estimate[np.ndarray]` an
    array of them. Doors say which they give where their arguments do: `mitigate` of a circuit and
    one observable is an `Estimate[float]`. Elsewhere `scalar` is the one number.

    Args:
        value: the estimate; a number, or an array with one entry per parameter binding.
        stderr: one standard error of `value`, same shape, non-negative. 0 means exact.
        shots: total number of circuit executions behind the value, calibration included.
        method: how the value was obtained, for instance "readout + zne(exponential)".
        fits: the extrapolations behind it, where there are any; files do not keep them.

    Raises:
        ArgumentError: shapes differ, or a standard error is negative or NaN.

    Example:
        >>> Estimate(0.25, 0.01, 4096, "counts")
        Estimate(0.250 ± 0.010, shots=4096, method='counts')
    """

    kind: ClassVar[str] = "estimate"

    value: ValueT
    stderr: ValueT
    shots: int = 0
    method: str = "exact"
    fits: tuple[Fit, ...] = ()

    if not TYPE_CHECKING:

        def __class_getitem__(cls, item):
            """Return the class itself: `Estimate[float](0.5, 0.1)` is an `Estimate`."""
            return cls

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
        for k, fit in enumerate(items("fits", self.fits, "the extrapolations of mitigate")):
            instance(f"fits[{k}]", fit, Fit, "an extrapolation")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value; `()` for a single number."""
        return np.shape(self.value)

    @property
    def scalar(self) -> float:
        """The value where it is one real number, an array of one entry included.

        Raises:
            ArgumentError: several values, or a complex one.
        """
        value = np.asarray(self.value)
        if value.size != 1 or value.dtype.kind == "c":
            many = f"{value.size} values" if value.size != 1 else "a complex value"
            raise ArgumentError(
                f"The estimate holds {many}, which is no single real number. Take one of several "
                "by its index, estimate[0].scalar; of a complex one `value.real`."
            )
        return float(value.item())

    def interval(self, sigmas: float = 1.96) -> tuple[ValueT, ValueT]:
        """Return `value - sigmas * stderr` and `value + sigmas * stderr` (real values)."""
        sigmas = real("sigmas", sigmas, 0.0)
        value, half = cast("Any", self.value), sigmas * cast("Any", self.stderr)
        return value - half, value + half

    def __getitem__(self, index: Any) -> Estimate[Any]:
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

    def plot(self, ax: Axes | None = None, *, kind: str = "auto") -> Axes:
        """Draw the extrapolations behind the value with their residuals, or else the values.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "fits", values over noise factors, the curves through them, and below what they
                miss, in standard errors; "values", with 1.96 standard errors, of complex ones
                their real part; "auto" takes the fits where there are any.

        Returns:
            The axes; the residuals are in a panel below, within the same place.

        Raises:
            ArgumentError: another kind, or fits where there are none.

        Example:
            >>> Estimate(0.25, 0.01).plot().get_xlabel()
            'value, ± 1.96 standard errors'
        """
        if choice("kind", kind, ("auto", "fits", "values")) == "values" or not self.fits:
            if kind == "fits":
                raise fail("kind", '"values" for an estimate without extrapolation', kind)
            value, errors = np.asarray(self.value), 1.96 * np.asarray(self.stderr)
            unit = "± 1.96 standard errors"
            axes = axes_of(ax)
            what = "real part of the value" if value.dtype.kind == "c" else "value"
            return draw_values(axes, value.real, errors, xlabel="value", ylabel=what, unit=unit)
        return draw_fits(axes_of(ax, (5.2, 4.2)), self.fits)

    def to_frame(self) -> pd.DataFrame:
        """Return the values as a pandas data frame: index, value, standard error.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        errors = np.asarray(self.stderr)
        rows = [
            {**{f"index {axis}": i for axis, i in enumerate(index)}, "value": value.item(),
             "stderr": float(errors[index])}
            for index, value in np.ndenumerate(np.asarray(self.value))
        ]  # fmt: skip
        return data_frame(rows)

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays = {"value": np.asarray(self.value), "stderr": np.asarray(self.stderr, dtype=float)}
        return arrays, {"shots": self.shots, "method": self.method}

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Estimate[Any]:
        """Rebuild from what `pack` returned."""
        value, stderr = arrays["value"], arrays["stderr"]
        if value.ndim == 0:
            return Estimate(value.item(), stderr.item(), header["shots"], header["method"])
        return Estimate(value, stderr, header["shots"], header["method"])


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except Exception as error:  # a foreign `__array__` may raise anything
        raise fail(name, "a number or an array of numbers", value) from error
    if array.dtype.kind not in "fciu":
        raise fail(name, "a number or an array of numbers", value)
    return array
