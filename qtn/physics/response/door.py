"""The door `qtn.structure_factor`: spectra of chains, as neutrons see them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, choice, fail, real
from qtn._machine import few_threads
from qtn._progress import checked_progress, inner_bar, progress_bar
from qtn.errors import VerificationError
from qtn.physics.evolution import default_step
from qtn.physics.response.broadening import WINDOWS, open_share
from qtn.physics.response.spectrum import StructureFactor, Window, evaluated
from qtn.physics.response.two_point import Correlations, Grid, correlated
from qtn.physics.terms import Terms, read_terms
from qtn.states.operators import FACTORS

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

Array = NDArray[Any]
OPERATORS: dict[str, Array] = {
    **{letter: FACTORS[letter] for letter in "XYZ"},
    **{f"S{letter.lower()}": FACTORS[letter] / 2.0 for letter in "XYZ"},
    "S+": (FACTORS["X"] + 1j * FACTORS["Y"]) / 2.0,
    "S-": (FACTORS["X"] - 1j * FACTORS["Y"]) / 2.0,
}
FIRST_BOND = 32
MOST_TIMES = 20_000
"""Order of the number of times beyond which a broadening is refused."""


@few_threads(1)
def structure_factor(
    hamiltonian: ObservableLike,
    operator: str = "Sz",
    *,
    broadening: float | None = None,
    window: str = "gaussian",
    edges: str = "refuse",
    max_bond: int = 256,
    tolerance: float = 0.01,
    progress: bool | None = None,
) -> StructureFactor:
    r"""Return the dynamical structure factor of a chain in its ground state.

    .. math:: S(k, ω) = \sum_x \cos k(x - c) \int \frac{dt}{2π}\, w(t)\, e^{iωt}
        \big[⟨A_x^†(t) A_c⟩ - ⟨A_x^†⟩⟨A_c⟩\big],

    c being the site in the middle, the left one of two. The ground state comes from DMRG; the
    operator acts on it at c, the result evolves in time, and w turns lines into peaks of standard
    deviation η. In a long uniform chain this is the structure factor per site as long as nothing
    has reached its ends.

    Args:
        hamiltonian: Hermitian and real (an even number of Y in every term); site i is qubit i.
        operator: A: "Sx", "Sy", "Sz", "S+", "S-" or the Pauli matrices "X", "Y", "Z". S^+ raises
            the spin, from |1⟩ to |0⟩.
        broadening: η; energy. None takes the time at which the response reaches an end of the
            chain, and the η that goes with it.
        window: "gaussian", or "parzen", which for the same η ends earlier but has tails.
        edges: "refuse" a run in which the response reaches an end of the chain; "include" it: the
            spectrum of this finite chain, exact lines of η and echoes and all.
        max_bond: largest bond to try. It doubles from 32 until the bars are small.
        tolerance: of the bars and of the first moment, relative to their largest values.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `StructureFactor` at n // 2 + 1 momenta from 0 to π and at frequencies to where the
        spectrum ends; `.at` gives it at others from the same run.

    Raises:
        ArgumentError: bad operators, a broadening that takes too many times, a chain that is too
            short, a ground state that A only multiplies by a number.
        VerificationError: the response reaches an end of the chain, bars above `tolerance` at
            `max_bond`, or a first moment that is not that of the Hamiltonian.

    Cost: DMRG and O(T n χ³) at the last bond χ, T ≈ 4 / η; in blocks where charges are conserved by
        H and A ("Sz", "S+", "S-").

    Example:
        >>> import qtn
        >>> found = qtn.structure_factor(qtn.chain("heisenberg", n=16))
        >>> k, w = divmod(found.values.argmax(), len(found.frequencies))
        >>> float(round(found.momenta[k], 2)), bool(found.errors.max() < 0.01 * found.values.max())
        (3.14, True)

    Reference: White and Affleck, Phys. Rev. B 77, 134437 (2008); without their extrapolation in
        time (linear prediction).
    """
    terms = _chain(hamiltonian)
    matrix = OPERATORS[choice("operator", operator, OPERATORS)]
    choice("window", window, WINDOWS)
    choice("edges", edges, ("refuse", "include"))
    bond = bounded_int("max_bond", max_bond, 2)
    checked_progress(progress)
    share = real("tolerance", tolerance, 1e-8, 1.0)
    if broadening is not None:
        least = 20.0 * terms.strength / MOST_TIMES
        real("broadening", broadening, least, 100.0 * terms.strength)
    elif edges == "include":
        raise fail("broadening", "a number where edges='include'", None)
    plan = _Plan(terms, matrix, (window, broadening), share, edges)
    with progress_bar(None, "structure factor", progress):
        return plan.run(hamiltonian, bond)


def _chain(hamiltonian: ObservableLike) -> Terms:
    terms = read_terms(hamiltonian)
    if not terms.real:
        raise fail(
            "hamiltonian", "real: an even number of Y in every term", hamiltonian,
            "Correlations at negative times then follow from those at positive ones.",
        )  # fmt: skip
    if terms.strength == 0.0:
        raise fail("hamiltonian", "more than a constant", hamiltonian)
    return terms


class _Plan:
    """How one spectrum is computed: times, windows, and what is refused."""

    def __init__(
        self, terms: Terms, matrix: Array, window: tuple[str, float | None], tolerance: float,
        edges: str,
    ) -> None:  # fmt: skip
        self.terms, self.matrix, self.tolerance, self.edges = terms, matrix, tolerance, edges
        self.name, self.broadening = window
        self.smallest = 0.01 * tolerance
        # Discarded weights add up over some 10⁴ cuts, and amplitudes are their square roots.
        self.cutoff = min(1e-8, max(1e-15, 1e-6 * tolerance**2))

    def run(self, hamiltonian: Any, max_bond: int) -> StructureFactor:
        """Double the bond until the bars are small; raise where they are not."""
        bond = min(max_bond, 2 * FIRST_BOND)
        grid = self.grid()
        coarse = self.at_bond(hamiltonian, max(1, bond // 2), grid)
        window = self.window(coarse)
        if self.broadening is None and 12.0 * window.broadening > self.margin(None):
            # A short chain: its lines are broad, and the times must lie closer.
            self.broadening = window.broadening
            return self.run(hamiltonian, max_bond)
        grid = replace(grid, count=len(coarse.times) - 1, edge=None)
        while True:
            fine = self.at_bond(hamiltonian, bond, grid)
            found = self.spectrum((fine, coarse), window)
            worst = float(found.errors.max() / np.abs(found.values).max())
            if worst <= self.tolerance:
                self.check_moments(found)
                return found
            if bond >= max_bond or fine.max_bond < bond:
                larger = "`max_bond`, `broadening`" if fine.max_bond >= bond else "`broadening`"
                raise VerificationError(
                    f"At bond {fine.max_bond} the error bars are {worst:.1e} of the largest value, "
                    f"above the tolerance {self.tolerance:g}. Allow a larger {larger} or "
                    "`tolerance`."
                )
            coarse, bond = fine, min(2 * bond, max_bond)

    def at_bond(self, hamiltonian: Any, bond: int, grid: Grid) -> Correlations:
        """Return the correlations in time at a bond."""
        with inner_bar(None, f"bond {bond}"):
            return correlated(hamiltonian, self.matrix, bond, grid)

    def grid(self) -> Grid:
        """Return the times of the first run."""
        strength, n = self.terms.strength, self.terms.n
        if self.broadening is None:
            # A response that has not reached the ends by then moves slowly, or not at all.
            last, edge = 3.0 * n / strength, self.tolerance
        else:
            last, edge = Window(self.name, self.broadening, self.smallest).last, None
        step = 2.0 * math.pi / (8.0 * strength + self.margin(self.broadening))
        # Errors of fourth order; at 1e-4 those of the default step no longer count.
        longest = default_step(strength, 4, self.cutoff) * min(1.0, 1e4 * self.tolerance) ** 0.25
        return Grid(step, math.ceil(last / step), edge, self.cutoff, longest)

    def margin(self, broadening: float | None) -> float:
        """Return what lines add to the width of a spectrum: six standard deviations, twice."""
        return 4.0 * self.terms.strength if broadening is None else 12.0 * broadening

    def window(self, run: Correlations) -> Window:
        """Return the window; refuse one that is open when the response reaches an end."""
        if self.broadening is None:
            return Window(self.name, self.finest(run), self.smallest)
        window = Window(self.name, self.broadening, self.smallest)
        found = evaluated((run, run), window, np.zeros(1), np.zeros(1))
        if self.edges == "refuse" and found.edge > 0.1 * self.tolerance:
            raise VerificationError(
                "The response reaches an end of the chain while the window is open: "
                f"{found.edge:.1e} of C(c, 0) is seen there. Take `broadening` of at least "
                f"{self.finest(run):.3g}, a longer chain, or edges='include' for the spectrum of "
                "the finite chain."
            )
        return window

    def finest(self, run: Correlations) -> float:
        """Return the smallest η whose window has closed when the response reaches an end."""
        unit = Window(self.name, 1.0, self.smallest).last
        late, limit = run.times[1:], 0.1 * self.tolerance
        low, high = unit / late[-1], unit / late[0]
        for _ in range(40):
            middle = math.sqrt(low * high)
            seen = open_share(self.name, middle, late) * run.edges[1:]
            low, high = (low, middle) if seen.max() <= limit else (middle, high)
        return high

    def spectrum(self, runs: tuple[Correlations, Correlations], window: Window) -> StructureFactor:
        """Return S(k, ω) from k = 0 to π, up to the frequency where nothing is left."""
        momenta = np.linspace(0.0, math.pi, self.terms.n // 2 + 1)
        limit = math.pi / runs[0].times[1]
        frequencies = np.linspace(0.0, limit, max(2, math.ceil(4.0 * limit / window.broadening)))
        found = evaluated(runs, window, momenta, frequencies)
        high = np.abs(found.values).max(0)
        end = int(np.flatnonzero(high > 1e-3 * high.max())[-1]) + 2
        return StructureFactor(
            momenta, frequencies[:end], found.values[:, :end], found.errors[:, :end], window, runs
        )

    def check_moments(self, found: StructureFactor) -> None:
        """Refuse a spectrum whose first moment is not that of the Hamiltonian."""
        rules = found.sum_rules()
        off = np.abs(rules.first - rules.first_exact).max() / np.abs(rules.first_exact).max()
        if off > max(self.tolerance, 1e-3):
            raise VerificationError(
                f"The first moment of the spectrum is off by {off:.1e} of its largest value, above "
                f"the tolerance {self.tolerance:g}: the ground state is not found, or the spectrum "
                "is wider than the times resolve. Allow a larger `max_bond`."
            )
