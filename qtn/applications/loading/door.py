"""Functions as quantum states: amplitudes proportional to a function on a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, finite_array, items, positive_int, real
from qtn._display import Display, Displayed
from qtn._figures.axes import axes_of
from qtn._figures.heatmap import draw_field
from qtn._figures.palette import BLUE
from qtn._machine import few_threads
from qtn.applications.loading.multiscale import multiscale_cores
from qtn.applications.loading.named import Named, distribution, payoff
from qtn.applications.loading.variables import checked_values, several
from qtn.errors import ArgumentError, VerificationError
from qtn.states import MPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Domain = tuple[float, float]

MAX_QUBITS = 2000
SAMPLES = 4000


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Loaded(Displayed):
    r"""A function as a state: :math:`ψ = f / ‖f‖` at the middles of the cells of a grid.

    Args:
        state: the normalised matrix product state; `qtn.compile` takes it.
        name: what was loaded.
        domains: lower and upper end of every variable.
        sites: per variable the site of each of its binary digits, the coarsest first. A single
            variable has its coarsest digit on the last site, so that the amplitude with Qiskit's
            index j is that of cell j.
        error: distance ‖ψ - f/‖f‖‖ from the function itself, estimated from values at cells drawn
            with the probabilities |ψ|²; `tolerance` is the bound that it had to meet.
        tolerance: what was asked for.
        evaluations: values of the function that were used.
    """

    state: MPS
    name: str
    domains: tuple[Domain, ...]
    sites: tuple[tuple[int, ...], ...]
    error: float
    tolerance: float
    evaluations: int

    def _brief(self) -> str:
        return (
            f"{self.name}, {self._qubits()} qubits, bond {self.state.max_bond}, "
            f"error {self.error:.1e} of {self.tolerance:.1e}"
        )

    def _qubits(self) -> str:
        return " + ".join(str(len(part)) for part in self.sites)

    def _display(self) -> Display:
        rows = [
            ("function", self.name),
            ("qubits", self._qubits()),
            ("domain", "; ".join(f"{low:.6g} to {high:.6g}" for low, high in self.domains)),
            ("largest bond", self.state.max_bond),
            ("error (2-norm)", f"{self.error:.2e}, asked for {self.tolerance:.2e}"),
            ("values of the function", self.evaluations),
        ]
        return Display("Function as a state", rows)

    @few_threads(1)
    def places(self, bits: Ints) -> tuple[Floats, ...]:
        """Return where the cells lie whose sites have the bits given.

        Args:
            bits: shape (rows, sites), 0 or 1, site 0 first, as `state.sample` gives them.

        Returns:
            One array (rows,) per variable: the middles of the cells.
        """
        rows = finite_array("bits", bits, ndim=2, dtype=np.float64)
        if rows.shape[1] != self.state.n or not np.isin(rows, (0, 1)).all():
            raise fail("bits", f"zeros and ones, shape (rows, {self.state.n})", bits)
        out = []
        for (low, high), sites in zip(self.domains, self.sites, strict=True):
            halves = 0.5 ** np.arange(1, len(sites) + 1)
            unit = rows[:, list(sites)] @ halves + halves[-1] / 2
            out.append(low + (high - low) * unit)
        return tuple(out)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the probabilities of the cells: one variable as a curve, two as a map.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes.

        Raises:
            ArgumentError: three or more variables, or more than 2^20 cells.
        """
        if len(self.sites) > 2 or self.state.n > 20:
            raise ArgumentError(
                f"A picture shows one or two variables on up to 20 qubits, not {len(self.sites)} "
                f"on {self.state.n}. Load it on fewer qubits to look at it."
            )
        axes = axes_of(ax)
        axis = [site for part in self.sites for site in part]
        dense = self.state.to_dense().real.reshape((2,) * self.state.n)
        # Site i is axis n - 1 - i of an array in Qiskit's order.
        values = dense.transpose([self.state.n - 1 - site for site in axis]) ** 2
        if len(self.sites) == 1:
            low, high = self.domains[0]
            cells = values.size
            places = low + (high - low) * (np.arange(cells) + 0.5) / cells
            axes.plot(places, values.ravel(), color=BLUE)
            axes.set(xlabel="variable", ylabel="probability of a cell")
        else:
            grid = values.reshape(2 ** len(self.sites[0]), -1)
            x, y = (
                low + (high - low) * (np.arange(cells) + 0.5) / cells
                for (low, high), cells in zip(self.domains, grid.shape, strict=True)
            )
            label = "probability of a cell"
            draw_field(axes, x, y, grid, label, xlabel="variable 0", ylabel="variable 1")
        axes.set_title(self.name)
        return axes


@few_threads(1)
def load_function(
    function: Callable[..., Any],
    qubits: int | Sequence[int],
    domain: Any,
    *,
    tolerance: float = 1e-4,
    seed: int = 0,
) -> Loaded:
    r"""Return the state whose amplitudes are proportional to a function of one or more variables.

    Args:
        function: takes one array per variable and returns an array; real and finite.
        qubits: number of qubits of every variable (2^qubits cells); one number for all.
        domain: (low, high), or one such pair per variable.
        tolerance: largest distance ‖ψ - f/‖f‖‖ in the 2-norm; at fidelity F a circuit for ψ adds
            about √(2 - 2√F).
        seed: of the cells at which the error is estimated, and of cross interpolation.

    Returns:
        A `Loaded`, whose `state` goes to `qtn.compile`.

    Raises:
        ArgumentError: values that are not finite or not real, a function that is 0, one that
            oscillates or (several variables) has kinks.
        VerificationError: the state misses the tolerance.

    Cost: one variable: about a thousand values, also where the function has kinks and
    singularities; several: (rank × nodes)² values per pair of variables.

    Example:
        >>> import numpy as np
        >>> bell = load_function(lambda x: np.exp(-x * x), 20, (-4, 4))
        >>> bell.state.n, bell.state.max_bond
        (20, 6)
        >>> hill = load_function(lambda x, y: np.exp(-x * x + x * y - y * y), (6, 8), (-3, 3))
        >>> [len(digits) for digits in hill.sites]
        [6, 8]

    Reference: see `qtn.applications.loading.multiscale` and `qtn.applications.loading.variables`.
    """
    if not callable(function):
        raise fail("function", "a function of arrays", function)
    domains = _domains(domain, qubits)
    counts = _counts(qubits, len(domains))
    bounded_int("seed", seed, 0)
    _tolerance(tolerance)
    name = getattr(function, "__name__", type(function).__name__)
    return _loaded(function, name.strip("<>"), counts, domains, tolerance, seed)


@few_threads(1)
def load_distribution(
    distribution: Any,
    qubits: int,
    *,
    domain: tuple[float, float] | None = None,
    tail: float = 1e-3,
    tolerance: float = 1e-4,
    seed: int = 0,
) -> Loaded:
    """Return the state that gives cell x with a probability proportional to the density at x.

    Args:
        distribution: the name of a continuous distribution of `scipy.stats` with its shape
            parameters in brackets ("norm", "lognorm(.5)", "gamma(2.5)"), or a frozen one.
        qubits: 2^qubits cells.
        domain: lower and upper end; None: the quantiles `tail` and 1 - `tail`.
        tail: probability that is cut off at either end.
        tolerance: as in `load_function`.
        seed: as in `load_function`.

    Returns:
        A `Loaded`, whose `state` goes to `qtn.compile`.

    Raises:
        ArgumentError: an unknown name (the error says which are near), shape parameters that are
            missing, a domain without probability.
        VerificationError: the state misses the tolerance.

    Example:
        >>> load_distribution("lognorm(.5)", 14).state.max_bond
        4
    """
    return _from_name(_density(distribution, tail, domain), qubits, tolerance, seed)


@few_threads(1)
def load_payoff(
    kind: str,
    qubits: int,
    *,
    strike: float,
    domain: tuple[float, float],
    tolerance: float = 1e-4,
    seed: int = 0,
) -> Loaded:
    """Return the state whose amplitudes are the payoff of an option at expiry.

    Args:
        kind: "call", max(x - strike, 0); "put", max(strike - x, 0); "digital", 1 from the strike.
        qubits: 2^qubits cells.
        strike: in the unit of the price x.
        domain: lowest and highest price.
        tolerance: as in `load_function`.
        seed: as in `load_function`.

    Returns:
        A `Loaded`, whose `state` goes to `qtn.compile`.

    Raises:
        ArgumentError: another kind, a strike outside the domain.

    Example:
        >>> load_payoff("call", 12, strike=1.5, domain=(0, 4)).state.max_bond
        3
    """
    (pair,) = _domains(domain, 1)
    return _from_name(payoff(kind, strike, pair), qubits, tolerance, seed)


def _density(source: Any, tail: float, domain: Any) -> Named:
    pair = None if domain is None else _domains(domain, 1)[0]
    return distribution(source, tail, pair)


def _from_name(named: Named, qubits: int, tolerance: float, seed: int) -> Loaded:
    counts = _counts(qubits, 1)
    bounded_int("seed", seed, 0)
    _tolerance(tolerance)
    return _loaded(named.function, named.name, counts, (named.domain,), tolerance, seed)


def _loaded(
    function: Callable[..., Any],
    name: str,
    counts: tuple[int, ...],
    domains: tuple[Domain, ...],
    tolerance: float,
    seed: int,
) -> Loaded:
    if len(counts) == 1:
        cores = multiscale_cores(function, *domains[0], counts[0], tolerance / 4)
        raw = MPS(tuple(tensor.transpose(2, 1, 0) for tensor in reversed(cores.tensors)))
        state = raw.truncated(cutoff=tolerance**2 / (8 * counts[0])).state.normalised()
        sites: tuple[tuple[int, ...], ...] = (tuple(reversed(range(counts[0]))),)
        evaluations = cores.evaluations
    else:
        laid = several(function, domains, counts, tolerance / 4, seed)
        state, sites, evaluations = laid.state, laid.sites, laid.evaluations
    found = Loaded(state, name, domains, sites, 0.0, tolerance, evaluations)
    error = _distance(found, function, seed)
    if not error <= tolerance:
        raise VerificationError(
            f"The state of {name} is {error:.2e} away from the function, more than the tolerance "
            f"{tolerance:.1e}: it has narrow parts that were not seen. Take a smaller domain or "
            "fewer qubits."
        )
    return Loaded(state, name, domains, sites, error, tolerance, evaluations + SAMPLES)


def _distance(found: Loaded, function: Callable[..., Any], seed: int) -> float:
    r"""Estimate ‖ψ - f/‖f‖‖ from cells drawn with the probabilities |ψ|².

    With the ratios :math:`w = f/ψ`, :math:`⟨ψ|f⟩ = E[w]` and :math:`‖f‖^2 = E[w^2]`, so that
    :math:`‖ψ - f/‖f‖‖^2 = 2 - 2 E[w] / \sqrt{E[w^2]}`, without cancellation from the variance of w.
    """
    bits = found.state.sample(SAMPLES, seed=seed)
    amplitudes = found.state.amplitudes(bits).real
    values = checked_values(function, np.stack(found.places(bits), axis=1))
    ratios = values / amplitudes
    ratios = ratios / np.mean(ratios)
    square = np.mean(ratios**2)
    # 1 - 1/√(1 + v), v the relative variance.
    variance = float(np.mean((ratios - 1.0) ** 2))
    return float(np.sqrt(2.0 * variance / (np.sqrt(square) * (1.0 + np.sqrt(square)))))


def _domains(domain: Any, qubits: Any) -> tuple[Domain, ...]:
    given = finite_array("domain", domain, dtype=np.float64)
    if given.shape == (2,):
        many = (
            1 if isinstance(qubits, int | np.integer) else len(items("qubits", qubits, "numbers"))
        )
        given = np.tile(given, (many, 1))
    if given.ndim != 2 or given.shape[1] != 2 or not (given[:, 0] < given[:, 1]).all():
        raise fail("domain", "a pair low < high, or one pair per variable", domain)
    return tuple((float(low), float(high)) for low, high in given)


def _counts(qubits: Any, variables: int) -> tuple[int, ...]:
    single = isinstance(qubits, int | np.integer) or not isinstance(qubits, Sequence)
    given = [qubits] * variables if single else list(qubits)
    counts = tuple(positive_int("qubits", count, maximum=MAX_QUBITS) for count in given)
    if len(counts) != variables:
        raise ArgumentError(
            f"Argument `qubits` has {len(counts)} numbers, but the domain has {variables} "
            "variables."
        )
    return counts


def _tolerance(tolerance: float) -> None:
    real("tolerance", tolerance, 1e-12, 0.999)
