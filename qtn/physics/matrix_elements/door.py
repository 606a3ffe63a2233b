"""The door `qtn.off_diagonal_elements`: squared matrix elements between energies, smoothed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, fail, finite_array, real
from qtn._display import Display, Displayed, Table, with_error
from qtn._figures.axes import axes_of
from qtn._figures.curves import draw_curves
from qtn._machine import few_threads
from qtn._memory import check_memory
from qtn._progress import checked_progress, inner_bar, progress_bar
from qtn.errors import ArgumentError, VerificationError
from qtn.physics.matrix_elements.correlations import Correlations, Word, two_time
from qtn.physics.matrix_elements.windows import furthest, grid_for, shortest, smoothed, spread
from qtn.physics.terms import Terms, neighbour_terms, read_terms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qtn.interop.observables import ObservableLike

Array = NDArray[Any]
FIRST_BOND = 16
MOST_TIMES = 1000
MOST_STRINGS = 8
FLOOR = 2e-5
"""Relative error of the steps and the grid of times together, at most."""
HALVED = "Bars come from half of it."
SHORTER = 0.93
"""Share of the times whose result tells the error of the ends: 2.5 times larger at least."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OffDiagonal(Displayed):
    """Smoothed squares of matrix elements with their error bars.

    Args:
        frequencies: ω, differences of energies.
        values: A(ω), as `off_diagonal_elements` defines it.
        errors: bars, from the same with half the bond, and with fewer times.
        width: s of the windows.
        energy: E, the mean of the two energies.
        max_bond: largest bond of U(t).
        discarded: relative squared weight cut from U(t) in all, up to the last time.
        runs: correlations at the bond and at half of it, from which `at` works.
    """

    frequencies: Array
    values: Array
    errors: Array
    width: float
    energy: float
    max_bond: int
    discarded: float
    runs: tuple[Correlations, Correlations] = field(repr=False)
    scale: tuple[float, float, float] = field(repr=False)  # σ, mean energy, width of the run

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the smoothed squares over the frequency, with their bars.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes.
        """
        label = "squared element A(ω)"
        return draw_curves(
            axes_of(ax), self.frequencies.ravel(), {label: self.values.ravel()},
            {label: self.errors.ravel()}, xlabel="frequency ω (units of H)", ylabel=label,
        )  # fmt: skip

    def _brief(self) -> str:
        return (
            f"{self.values.size} frequencies, width {self.width:g}, bond "
            f"{self.max_bond}, bars ≤ {self._worst():.1e} of the largest value"
        )

    def _worst(self) -> float:
        return float(np.max(self.errors / np.abs(self.values).max()))

    def _display(self) -> Display:
        rows = [
            ("around the energy", self.energy),
            ("width", self.width),
            ("largest bond", self.max_bond),
            ("weight discarded", f"{self.discarded:.1e}"),
            ("bars", f"at most {self._worst():.1e} of the largest value"),
        ]
        found = zip(self.frequencies.ravel(), self.values.ravel(), self.errors.ravel(), strict=True)
        values = [(f"{w:.5g}", with_error(a, bar)) for w, a, bar in found]
        table = Table(("frequency", "squared element"), values)
        return Display("Off-diagonal matrix elements", rows, [table])

    def at(
        self, frequencies: ArrayLike, width: float | None = None, energy: float | None = None
    ) -> OffDiagonal:
        """Return the same run at other frequencies, with a larger width, around another energy.

        Args:
            frequencies: a sequence of ω.
            width: at least that of the run; None keeps it.
            energy: E; None keeps it.

        Returns:
            Values with bars; nothing is evolved again.

        Raises:
            ArgumentError: a smaller width, or energies beyond those that the run was made for.
        """
        omega = finite_array("frequencies", frequencies, ndim=1, dtype=float)
        sigma, centre, least = self.scale
        s = self.width if width is None else real("width", width, 0.0, open_low=True)
        mean = self.energy if energy is None else real("energy", energy)
        if s < least * (1.0 - 1e-12):
            raise fail("width", f"at least that of the run, {least:g}", s, "Run it again with it.")
        offset = abs(mean - centre) + float(np.abs(omega).max()) / 2.0
        limit = furthest(sigma, least, float(np.diff(self.runs[0].times[:2])[0]))
        if offset > limit * (1.0 + 1e-9):
            raise ArgumentError(
                f"Arguments `frequencies` and `energy` reach to windows at {offset:.4g} from the "
                f"mean energy {centre:g}, but this run was made for {limit:.4g}. Run it again."
            )
        values, errors = _barred(self.runs, omega, s, mean - centre)
        return OffDiagonal(
            omega, values, errors, s, mean, self.max_bond, self.discarded, self.runs, self.scale
        )


@few_threads(1)
def off_diagonal_elements(
    hamiltonian: ObservableLike,
    observable: ObservableLike,
    frequencies: ArrayLike,
    *,
    width: float = 1.0,
    energy: float | None = None,
    max_bond: int = 64,
    tolerance: float | None = 0.01,
    progress: bool | None = None,
) -> OffDiagonal:
    r"""Return squared matrix elements between eigenstates at a distance ω, smoothed over energies.

    .. math:: A(ω) = \frac{2^n\, \mathrm{Tr}[g_+ O\, g_- O]}{\mathrm{Tr}\, g_+ \mathrm{Tr}\, g_-},
        \qquad g_± = e^{-(H - E ∓ ω/2)^2 / 2 s^2},

    the mean of :math:`2^n |⟨i|O|j⟩|²` over pairs of energies near E ± ω/2, diagonal elements
    included. In the eigenstate thermalisation hypothesis it is :math:`f_O(E, ω)²` times a ratio of
    densities of states. No state and no window is built: both traces are sums over
    :math:`\mathrm{Tr}[U(t) O U(t') O]` of propagators, which serve all ω and all larger widths
    (`OffDiagonal.at`).

    Args:
        hamiltonian: Hermitian, couplings of neighbours; site i is qubit i.
        observable: O, a sum of at most eight Pauli strings.
        frequencies: a sequence of ω; energy.
        width: s; energy. The bond needed grows with its inverse.
        energy: E; None is the mean of all energies.
        max_bond: largest bond of U(t) to try, at least 4. It doubles from 16 until the bars
            are small.
        tolerance: of the bars, relative to the largest value; None takes `max_bond` at once and
            returns the bars whatever they are.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        An `OffDiagonal`: values, and bars that are the largest change within one width of ω when
        the bond was doubled.

    Raises:
        ArgumentError: bad operators, couplings beyond neighbours, a width that takes too many
            times, or windows where there are no states.
        VerificationError: bars above `tolerance` at `max_bond`.

    Cost: O(n χ³ M²) for M ≈ 4 σ / s times, σ² being the sum of the squared coefficients of H.

    Example:
        >>> import qtn
        >>> found = off_diagonal_elements(qtn.chain("tfim", n=6, field=0.8), "IIIZII", [0.0, 2.0])
        >>> found.values.shape, bool((found.errors < 1e-3 * found.values).all())
        ((2,), True)

    Reference: Luo, Trivedi, Bañuls and Cirac, Phys. Rev. B 109, 134304 (2024), who build the
        windows as matrix product operators; here they are sums over times.
    """
    terms = neighbour_terms(hamiltonian)
    sigma = spread(terms)
    if sigma == 0.0:
        raise fail("hamiltonian", "more than a constant", hamiltonian)
    words = _strings(observable, terms)
    omega = finite_array("frequencies", frequencies, ndim=1, dtype=float)
    s = real("width", width, 0.0, open_low=True)
    mean = terms.constant if energy is None else real("energy", energy)
    bond = bounded_int("max_bond", max_bond, 4, way_out=HALVED)
    checked_progress(progress)
    if tolerance is not None:
        real("tolerance", tolerance, 0.0, open_low=True)
    offset = abs(mean - terms.constant) + float(np.abs(omega).max()) / 2.0
    grid = _grid(terms, s, offset)
    check_memory(64.0 * terms.n * bond**2 * grid[1], f"U(t) at {grid[1]} times with bond {bond}")
    with progress_bar(None, "off-diagonal elements", progress):
        found = _doubled(terms, words, grid, (bond, tolerance), (omega, s, mean))
    if tolerance is not None and not _small(found, tolerance):
        worst = float(np.max(found.errors / np.abs(found.values).max()))
        raise VerificationError(
            f"At bond {found.max_bond} the error bars are {worst:.1e} of the largest value, above "
            f"the tolerance {tolerance:g}. Allow a larger `max_bond` or `tolerance`, or a larger "
            "`width`; tolerance=None returns the values with these bars."
        )
    return found


def _strings(observable: ObservableLike, terms: Terms) -> dict[Word, float]:
    read = read_terms(observable, "observable")
    if read.n != terms.n:
        raise fail("observable", f"an operator on {terms.n} qubits, as H", f"one on {read.n}")
    words: dict[Word, float] = {w: v for w, v in read.products.items() if v != 0.0}
    if read.constant != 0.0:
        words[()] = read.constant
    if not 1 <= len(words) <= MOST_STRINGS:
        raise fail(
            "observable", f"a sum of 1 to {MOST_STRINGS} Pauli strings", f"one of {len(words)}",
            "A sum over all sites is treated string by string, of which one is often enough.",
        )  # fmt: skip
    return words


def _grid(terms: Terms, width: float, offset: float) -> tuple[float, int]:
    sigma = spread(terms)
    if offset > 5.0 * sigma:
        raise ArgumentError(
            f"Arguments `frequencies` and `energy` reach to windows at {offset:.4g} from the mean "
            f"energy, where there are no states: their standard deviation is {sigma:.4g}."
        )
    least = shortest(terms, offset, MOST_TIMES)
    if width < least:
        raise fail("width", f"at least {least:.2g} here", width, "A smaller one takes more times.")
    return grid_for(terms, width, offset)


def _doubled(
    terms: Terms, words: dict[Word, float], grid: tuple[float, int],
    how: tuple[int, float | None], where: tuple[Array, float, float],
) -> OffDiagonal:  # fmt: skip
    """Double the bond until the bars are small or the largest bond is reached."""
    largest, tolerance = how
    omega, width, mean = where
    scale = (spread(terms), terms.constant, width)
    bond = largest if tolerance is None else min(largest, 2 * FIRST_BOND)
    coarse, fine = (_at_bond(terms, words, grid, size) for size in (max(1, bond // 2), bond))
    while True:
        values, errors = _barred((fine, coarse), omega, width, mean - terms.constant)
        found = OffDiagonal(
            omega, values, errors, width, mean, fine.max_bond, fine.discarded,
            (fine, coarse), scale,
        )  # fmt: skip
        if tolerance is None or bond >= largest or _small(found, tolerance):
            return found
        bond = min(2 * bond, largest)
        coarse, fine = fine, _at_bond(terms, words, grid, bond)


def _at_bond(
    terms: Terms, words: dict[Word, float], grid: tuple[float, int], bond: int
) -> Correlations:
    with inner_bar(None, f"bond {bond}"):
        return two_time(terms, words, grid, bond)


def _barred(
    runs: tuple[Correlations, Correlations], omega: Array, width: float, energy: float
) -> tuple[Array, Array]:
    """Return the values of the finer run, and the largest change of them within one width.

    Two curves may cross at a frequency, but not everywhere around it. Where a window holds few
    states its trace is small, and the ends of the times count for more: they are left out once.
    """
    around = omega[..., None] + width * np.linspace(-1.0, 1.0, 9)
    fine, coarse = (smoothed(run, around, width, energy) for run in runs)
    values = fine[..., 4]
    if not np.isfinite(fine).all() or not np.isfinite(coarse).all():
        raise ArgumentError(
            "Arguments `frequencies` and `energy` reach to windows that hold no states at all. "
            "Take smaller ones, or a larger `width`."
        )
    ends = np.abs(fine - smoothed(runs[0], around, width, energy, SHORTER)).max(-1)
    return values, np.abs(fine - coarse).max(-1) + ends + FLOOR * np.abs(values)


def _small(found: OffDiagonal, tolerance: float) -> bool:
    return bool(np.all(found.errors <= tolerance * np.abs(found.values).max()))
