r"""Decaying couplings as sums of exponentials, :math:`J(r) ≈ \sum_k w_k λ_k^{r-1}`.

A sum of K exponentials is a sequence whose Hankel matrix :math:`H_{ab} = J(a + b + 1)` has rank K.
The K leading left singular vectors U of H span nearly the columns of the Vandermonde matrix of the
rates, so that shifting them by one row is multiplication by the rates: the eigenvalues of
:math:`U_{\text{up}}^+ U_{\text{down}}` (ESPRIT). The weights follow by least squares. Couplings are
real, so rates are real or in conjugate pairs; a pair stands for ρ^q cos qθ and ρ^q sin qθ, and
nothing complex is left.

If |J - fit| ≤ ε everywhere, the Hankel matrix of a rank-K sequence lies within ε √(rows · columns)
of H; hence no K with a larger :math:`σ_{K+1}` can reach ε, by this fit or by any other.

Reference: Roy and Kailath, IEEE Trans. ASSP 37, 984 (1989), for ESPRIT; Pirvu, Murg, Cirac and
Verstraete, New J. Phys. 12, 025012 (2010), section 4, for couplings of chains.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, finite_array, positive_int, real
from qtn._display import Display, Displayed, Settings, Table
from qtn._machine import few_threads
from qtn.errors import ArgumentError

Array = NDArray[Any]
MAX_SITES = 10_000
MOST_TERMS = 64
LARGEST = 10.0
"""What λ^q may grow to within the chain."""
ROWS = 800
"""Rows of the Hankel matrix at most: SVDs of longer chains stay within seconds."""


@dataclass(frozen=True, slots=True, repr=False)
class PowerLaw(Settings):
    """The coupling J(r) = strength / r^exponent.

    Args:
        exponent: positive.
        strength: its value at distance 1.
    """

    exponent: float
    strength: float = 1.0

    def __post_init__(self) -> None:
        way_out = "A coupling that does not decay is no sum of decaying exponentials."
        real("exponent", self.exponent, 0.0, open_low=True, way_out=way_out)
        real("strength", self.strength)

    def __call__(self, distance: Array) -> Array:
        """Return J at distances of at least 1."""
        array = finite_array("distance", distance, dtype=float)
        if array.min() < 1.0:
            raise fail("distance", "at least 1", array)
        return self.strength * array**-self.exponent


Coupling: TypeAlias = PowerLaw | Callable[[Array], Any] | Sequence[float] | NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExponentialFit(Displayed):
    """A coupling as a sum of K exponentials.

    Args:
        weights: w_k.
        rates: λ_k, real, or complex where conjugate pairs occur.
        errors: J(r) minus the fit, r = 1 … n-1.
        fewest: no sum of fewer exponentials reaches the tolerance asked for.
    """

    weights: Array
    rates: Array
    errors: Array
    fewest: int

    @property
    def terms(self) -> int:
        """K, the number of exponentials."""
        return len(self.rates)

    @property
    def max_error(self) -> float:
        """The largest |error| of a coupling."""
        return float(np.abs(self.errors).max())

    @property
    def bound(self) -> float:
        """Σ_r (n - r) |error_r|, which no energy of one kind of Pauli pair is wrong by more."""
        return float(np.abs(self.errors) @ np.arange(len(self.errors), 0, -1))

    def values(self, distances: Any) -> Array:
        """Return the fit at whole distances of at least 1."""
        array = finite_array("distances", distances, ndim=1, dtype=float)
        if array.min() < 1 or (array % 1 != 0).any():
            raise fail("distances", "whole numbers of at least 1", array)
        return (self.rates ** (array[:, None] - 1) @ self.weights).real

    def _brief(self) -> str:
        return f"{self.terms} exponentials, largest error {self.max_error:.1e}"

    def _display(self) -> Display:
        rows = [
            ("distances", f"1 to {len(self.errors)}"),
            ("exponentials", f"{self.terms}; {self.fewest} at least"),
            ("largest error", f"{self.max_error:.1e}"),
            ("energies within", f"{self.bound:.1e}"),
        ]
        terms = Table(("term", "rate", "weight"), [
            (str(k), rate, weight)
            for k, (rate, weight) in enumerate(zip(self.rates, self.weights, strict=True))
        ])  # fmt: skip
        return Display("Sum of exponentials", rows, [terms])


@few_threads(1)
def fit_exponentials(
    coupling: Coupling, n: int, *, tolerance: float = 1e-10, max_terms: int | None = None
) -> ExponentialFit:
    r"""Write a decaying coupling of a chain as a sum of as few exponentials as this fit needs.

    .. math:: J(r) ≈ \sum_{k=1}^{K} w_k λ_k^{r-1}, \quad r = 1 … n - 1

    Args:
        coupling: `PowerLaw(...)`, a function of an array of distances, or the n - 1 values
            themselves; energy.
        n: number of sites, at least 2.
        tolerance: largest error at any distance, relative to the largest |J|.
        max_terms: largest K; None for 64.

    Returns:
        The fit, with its error at every distance.

    Raises:
        ArgumentError: a coupling that does not decay or is not finite; no K up to `max_terms`
            reaches the tolerance (the error names what is reached).

    Cost: one SVD of at most 800 × n, and O(n K²) for every K tried.

    Example:
        >>> import qtn
        >>> fit = qtn.fit_exponentials(qtn.PowerLaw(3.0), 100, tolerance=1e-6)
        >>> fit.terms, fit.max_error < 1e-6
        (6, True)

    Reference: Pirvu et al., New J. Phys. 12, 025012 (2010); there Prony's method by a QR
        decomposition, here singular vectors, which weigh all distances alike.
    """
    bounded_int("n", n, 2, MAX_SITES)
    real("tolerance", tolerance, 0.0, 1.0, open_low=True)
    most = MOST_TERMS if max_terms is None else positive_int("max_terms", max_terms)
    values = sampled(coupling, n)
    largest = float(np.abs(values).max())
    if largest == 0.0:
        return ExponentialFit(np.zeros(0), np.zeros(0), values, 0)
    scaled = values / largest
    left, singular = _hankel_basis(scaled)
    reach = tolerance * math.sqrt(len(left) * (len(values) + 1 - len(left)))
    fewest = max(1, int((singular > reach).sum()))
    best: tuple[float, Array, Array, Array] | None = None
    for basis in _bases(left, scaled, min(fewest, most), most):
        rates = _rates(basis, len(scaled))
        weights, errors = _weights(scaled, rates)
        found = float(np.abs(errors).max()), rates, weights, errors
        best = found if best is None or found[0] < best[0] else best
        if best[0] <= tolerance:
            break
    assert best is not None
    reached, rates, weights, errors = best
    if reached > tolerance:
        raise _too_few(tolerance, reached, len(rates), most, fewest)
    return ExponentialFit(weights * largest, rates, errors * largest, fewest)


def sampled(coupling: Coupling, n: int, name: str = "coupling") -> Array:
    """Return J(1) … J(n - 1) after checks."""
    way_out = "Give PowerLaw(...), a function of distances, or n - 1 numbers."
    try:
        given = coupling(np.arange(1.0, n)) if callable(coupling) else coupling
    except ArgumentError:
        raise
    except Exception as error:  # a function of the caller may raise anything
        raise fail(name, "a function of an array of distances", coupling, way_out) from error
    values = finite_array(name, given, dtype=float, way_out=way_out)
    if values.shape != (n - 1,):
        raise fail(name, f"{n - 1} values, one per distance", values, way_out)
    size = np.abs(values)
    half = (n - 1) // 2
    if half and size.any() and size[half:].max() >= size[:half].max():
        raise fail(
            name, "one that decays with distance", values,
            "Write terms that do not decay as a SparsePauliOp, which all doors take.",
        )  # fmt: skip
    return values


def _hankel_basis(values: Array) -> tuple[Array, Array]:
    """Return left singular vectors and the singular values of the Hankel matrix."""
    rows = min(len(values) // 2 + 1, ROWS)
    matrix = np.lib.stride_tricks.sliding_window_view(values, len(values) - rows + 1)
    left, singular, _ = np.linalg.svd(matrix, full_matrices=False)
    return left, singular


def _bases(left: Array, values: Array, first: int, most: int) -> Iterator[Array]:
    """Yield the leading singular vectors, one more each time."""
    for terms in range(first, min(most, len(left) - 1, left.shape[1]) + 1):
        yield left[:, :terms]
    # K exponentials go through 2 K values: an odd number of them leaves one free, which goes on
    # as the last two values do on a double logarithmic scale.
    half, odd = divmod(len(values) + 1, 2)
    if not odd and half <= most and len(left) < ROWS:
        following = 0.0
        if len(values) > 1 and 0.0 < values[-1] / (values[-2] or math.inf) < 1.0:
            slope = math.log(values[-1] / values[-2]) / math.log1p(1.0 / (len(values) - 1))
            following = values[-1] * (1.0 + 1.0 / len(values)) ** slope
        yield _hankel_basis(np.append(values, following))[0][:, :half]


def _rates(left: Array, count: int) -> Array:
    """Return the eigenvalues of the shift, sorted by size, conjugate pairs side by side."""
    shift = np.linalg.lstsq(left[:-1], left[1:], rcond=None)[0]
    rates = np.linalg.eigvals(shift)
    rates = rates[np.lexsort((rates.imag, -rates.real, -np.abs(rates).round(12)))]
    # A rate beyond 1 is rounding, or goes through the last values of a short chain.
    rates = rates / np.maximum(1.0, np.abs(rates) / LARGEST ** (1.0 / count))
    return rates.real if not rates.imag.any() else rates


def real_basis(rates: Array, count: int) -> Array:
    """Return the columns λ^q, and ρ^q cos qθ, ρ^q sin qθ of a pair, q = 0 … count - 1."""
    powers = rates[None, :] ** np.arange(count)[:, None]
    return np.where(rates.imag < 0, -powers.imag, powers.real)


def _weights(values: Array, rates: Array) -> tuple[Array, Array]:
    """Return the weights of rates by least squares, and the errors."""
    basis = real_basis(rates, len(values))
    found = np.linalg.lstsq(basis, values, rcond=1e-15)[0]
    return complex_weights(found, rates), values - basis @ found


def complex_weights(found: Array, rates: Array) -> Array:
    """Return w of λ^q from the coefficients of cosine (a) and sine (b): (a - i b)/2 for λ."""
    if not np.iscomplexobj(rates):
        return found
    weights = found.astype(complex)
    lower = np.flatnonzero(rates.imag < 0)
    upper = [int(np.argmin(np.abs(rates - rates[k].conj()))) for k in lower]
    weights[upper] = (found[upper] - 1j * found[lower]) / 2.0
    weights[lower] = weights[upper].conj()
    return weights


def _too_few(tolerance: float, reached: float, terms: int, most: int, fewest: int) -> ArgumentError:
    need = f"at least {fewest} are needed" if fewest > most else "more may be needed"
    return ArgumentError(
        f"Argument `tolerance` is {tolerance:.1e}, but up to {most} exponentials reach "
        f"{reached:.1e} (with {terms}); {need}. Raise `tolerance` or `max_terms`, or give all "
        "pairs as a SparsePauliOp (qtn.chain)."
    )
