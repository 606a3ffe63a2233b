"""From correlations to the dynamical structure factor, and what is known of its errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import fail, finite_array, real
from qtn._display import Display, Displayed, Settings, Table, with_error
from qtn._figures.axes import axes_of
from qtn._figures.heatmap import draw_field
from qtn._optional import data_frame
from qtn.physics.response.broadening import last_time, left_out, open_share, peak
from qtn.physics.response.two_point import Correlations
from qtn.states import MPS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, repr=False)
class Window(Settings):
    """A window of time: its name, the standard deviation of its lines, where a Gaussian is cut."""

    name: str
    broadening: float
    smallest: float

    @property
    def last(self) -> float:
        """Time up to which correlations are needed."""
        return last_time(self.name, self.broadening, self.smallest)


class _Moments(NamedTuple):
    weight: Array
    weight_exact: Array
    first: Array
    first_exact: Array


class SumRules(Displayed, _Moments):
    """Moments of S(k, ω) over ω beside what they must be; arrays over k.

    Args:
        weight: ∫ S dω.
        weight_exact: the correlation at equal times.
        first: ∫ ω S dω.
        first_exact: Σ_x cos k(x-c) ⟨A_x† [H, A_c]⟩, without any evolution.
    """

    __slots__ = ()

    def _brief(self) -> str:
        weight, first = self._off()
        return f"{len(self.weight)} momenta, weights off by {weight:.1e}, first moments {first:.1e}"

    def _off(self) -> tuple[float, float]:
        """Return the largest differences from what the moments must be."""
        return (
            float(np.abs(self.weight - self.weight_exact).max()),
            float(np.abs(self.first - self.first_exact).max()),
        )

    def _display(self) -> Display:
        rows = [(str(k), *values) for k, values in enumerate(zip(*self, strict=True))]
        table = Table(("momentum", "∫ S", "exact", "∫ ω S", "exact"), rows)
        return Display("Sum rules", tables=[table])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StructureFactor(Displayed):
    """A dynamical structure factor with its error bars.

    Args:
        momenta: k; radians per site.
        frequencies: ω; energy.
        values: S(k, ω), shape (momenta, frequencies).
        errors: bars, of the same shape.
        window: its name, and its broadening η.
        runs: correlations at the bond and at half of it; `runs[0].values` is C(x, t).
    """

    momenta: Array
    frequencies: Array
    values: Array
    errors: Array
    window: Window
    runs: tuple[Correlations, Correlations] = field(repr=False)

    def _brief(self) -> str:
        return (
            f"{len(self.momenta)} momenta, {len(self.frequencies)} frequencies, "
            f"{self.window.name} of width {self.broadening:.3g}, bond {self.max_bond}, "
            f"bars ≤ {self._worst():.1e} of the largest value"
        )

    def _worst(self) -> float:
        return float(self.errors.max() / np.abs(self.values).max())

    def _display(self) -> Display:
        rows = [
            ("momenta", len(self.momenta)),
            ("frequencies", f"{len(self.frequencies)}, up to {self.frequencies.max():.4g}"),
            ("window", f"{self.window.name} of width {self.broadening:.4g}"),
            ("sites, centre", f"{len(self.correlations)}, {self.center}"),
            ("times", f"{len(self.times)} up to {self.times[-1]:.4g}"),
            ("largest bond", self.max_bond),
            ("error of the steps", f"{self.step_error:.1e}"),
            ("bars", f"at most {self._worst():.1e} of the largest value"),
        ]
        best = self.values.argmax(1)
        highest = [
            (f"{k:.4g}", self.frequencies[j], with_error(self.values[i, j], self.errors[i, j]))
            for i, (k, j) in enumerate(zip(self.momenta, best, strict=True))
        ]
        table = Table(("momentum", "highest at ω", "S(k, ω)"), highest)
        return Display("Dynamical structure factor", rows, [table])

    @property
    def broadening(self) -> float:
        """η, the standard deviation of a line."""
        return self.window.broadening

    @property
    def ground(self) -> MPS:
        """The ground state, as `qtn.compile` takes it."""
        return self.runs[0].ground

    @property
    def times(self) -> Array:
        """Times of the correlations."""
        return self.runs[0].times

    @property
    def correlations(self) -> Array:
        """C(x, t), shape (sites, times)."""
        return self.runs[0].values

    @property
    def center(self) -> int:
        """The site that was disturbed."""
        return self.runs[0].centre

    @property
    def max_bond(self) -> int:
        """Largest bond of the states."""
        return self.runs[0].max_bond

    @property
    def step_error(self) -> float:
        """Estimated norm of the error of the last state from finite steps."""
        return self.runs[0].step_error

    @property
    def discarded(self) -> float:
        """Relative squared weight cut from the state on the way."""
        return self.runs[0].discarded

    @property
    def edge(self) -> float:
        """What has reached an end of the chain, weighted by the window, relative to C(c, 0)."""
        run = self.runs[0]
        shares = open_share(self.window.name, self.broadening, run.times) * run.edges
        return float(shares.max())

    def at(
        self, momenta: ArrayLike, frequencies: ArrayLike, broadening: float | None = None
    ) -> StructureFactor:
        """Return the same run at other momenta and frequencies, or with broader lines.

        Args:
            momenta: a sequence of k.
            frequencies: a sequence of ω, at most π over the step of the times.
            broadening: η, at least that of the run; None keeps it.

        Raises:
            ArgumentError: finer lines, or frequencies beyond those that the times resolve.
        """
        k = finite_array("momenta", momenta, ndim=1, dtype=float)
        omega = finite_array("frequencies", frequencies, ndim=1, dtype=float)
        eta = self.broadening
        if broadening is not None:
            eta = real("broadening", broadening, 0.0, open_low=True)
        if eta < self.broadening * (1.0 - 1e-12):
            raise fail(
                "broadening", f"at least that of the run, {self.broadening:.4g}", eta,
                "Run it again with it.",
            )  # fmt: skip
        limit = math.pi / self.times[1]
        if np.abs(omega).max() > limit:
            raise fail(
                "frequencies", f"at most {limit:.4g} in size, π over the step of the times", omega
            )
        window = Window(self.window.name, eta, self.window.smallest)
        return evaluated(self.runs, window, k, omega)

    def sum_rules(self) -> SumRules:
        """Return ∫ S dω and ∫ ω S dω at the momenta, beside their exact values.

        Moments do not depend on the window, and a Gaussian serves for both, whose tails end. The
        integrals run over a whole period of the grid of times, from six broadenings below zero
        on: weight outside would be seen here.
        """
        run = self.runs[0]
        broad = Window("gaussian", 1.0, self.window.smallest).last / self.window.last
        window = Window("gaussian", broad, self.window.smallest)
        period = 2.0 * math.pi / run.times[1]
        count = 8 * len(run.times)
        omega = (np.arange(count) / count) * period - 6.0 * broad
        values = transformed(run, window, self.momenta, omega)
        waves = _waves(run, self.momenta)
        cell = period / count
        return SumRules(
            values.sum(1) * cell, (waves @ run.values[:, 0]).real,
            values @ omega * cell, (waves @ run.slopes).real,
        )  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw S(k, ω) as a map.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes.
        """
        return draw_field(
            axes_of(ax), self.momenta, self.frequencies, self.values, "S(k, ω)",
            xlabel="momentum k (1/site)", ylabel="frequency ω (units of H)",
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return momentum, frequency, value and bar as a pandas data frame, one line each.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return data_frame([
            {"momentum": float(k), "frequency": float(omega), "value": float(value),
             "error": float(bar)}
            for k, values, bars in zip(self.momenta, self.values, self.errors, strict=True)
            for omega, value, bar in zip(self.frequencies, values, bars, strict=True)
        ])  # fmt: skip


def _waves(run: Correlations, momenta: Array) -> Array:
    """Return cos k(x - c), shape (momenta, sites)."""
    places = np.arange(len(run.values)) - run.centre
    return np.asarray(np.cos(np.multiply.outer(momenta, places)))


def transformed(run: Correlations, window: Window, momenta: Array, frequencies: Array) -> Array:
    r"""Return S(k, ω) of one run.

    .. math:: S(k, ω) = \frac{δ}{2π} \Big[C_k(0) + 2\,\mathrm{Re} \sum_{j ≥ 1} w(t_j)
        e^{iωt_j} C_k(t_j)\Big], \quad C_k(t) = \sum_x \cos k(x - c)\, C(x, t)

    H and A are real up to a phase, so that C(x, -t) = C(x, t)*. The times may go beyond the window.
    """
    use = run.times <= window.last * (1.0 + 1e-9)
    times = run.times[use]
    wave = _waves(run, momenta) @ run.values[:, use]
    shares = 2.0 * open_share(window.name, window.broadening, times)
    shares[0] = 1.0
    phases = np.exp(1j * np.multiply.outer(times, frequencies))
    step = run.times[1]
    return np.asarray((wave * shares @ phases).real * step / (2.0 * math.pi))


def evaluated(
    runs: tuple[Correlations, Correlations], window: Window, momenta: Array, frequencies: Array
) -> StructureFactor:
    """Return S(k, ω) with bars.

    A bar is the largest change within one broadening when the bonds of both states were halved, and
    what finite steps and the end of the window may do.
    """
    around = frequencies[:, None] + window.broadening * np.linspace(-1.0, 1.0, 5)
    fine, coarse = (
        transformed(run, window, momenta, around.reshape(-1)).reshape(len(momenta), -1, 5)
        for run in runs
    )
    run, height = runs[0], peak(window.name, window.broadening)
    # |⟨g|A_k† δ⟩| ≤ |A_k|g⟩| |δ|, and |A_k|g⟩|² is about n times that of one site.
    steps = math.sqrt(len(run.values)) * run.values[run.centre, 0].real * run.step_error
    # Where sites differ, S(k, ω) has lines of both signs and |C_k(t)| may exceed |C_k(0)|.
    most = np.abs(_waves(run, momenta) @ run.values).max(1)
    end = left_out(window.name, window.broadening, min(window.last, run.times[-1] + run.times[1]))
    bars = np.abs(fine - coarse).max(-1) + height * (steps + end * most)[:, None]
    return StructureFactor(momenta, frequencies, fine[..., 2], bars, window, runs)
