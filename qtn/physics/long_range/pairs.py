r"""Hamiltonians of decaying couplings as matrix product operators, built site by site.

.. math:: H = \sum_{PQ} \sum_{i<j} J_{PQ}(j - i) P_i Q_j + \sum_P \sum_i h_{P,i} P_i

The bond carries "nothing yet", "all done" and, for every kind of pair, the exponentials of its
coupling: P opens them, every site between multiplies them by their rates, Q closes them with their
weights. A conjugate pair of rates ρ e^{±iθ} is a rotation by θ times ρ, so that the tensors are
real wherever the Hamiltonian is.

Reference: Crosswhite and Bacon, Phys. Rev. A 78, 012356 (2008); McCulloch, J. Stat. Mech. P10014
(2007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, choice, fail, finite_array
from qtn._display import Display, Displayed, Table
from qtn._machine import few_threads
from qtn.physics.long_range.exponentials import (
    MAX_SITES,
    Coupling,
    ExponentialFit,
    fit_exponentials,
)
from qtn.states import MPO
from qtn.states.operators import FACTORS

Array = NDArray[Any]
PAIRS = tuple(a + b for a in "XYZ" for b in "XYZ")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LongRange(Displayed):
    """A Hamiltonian of decaying couplings, as `qtn.ground_state` and `qtn.evolve` take it.

    Args:
        operator: the MPO, of bond 2 + Σ K.
        fits: the sum of exponentials of every kind of pair.
    """

    operator: MPO
    fits: Mapping[str, ExponentialFit]

    @property
    def bound(self) -> float:
        """The operator norm of the difference from all pairs is at most this; energy."""
        return sum(fit.bound for fit in self.fits.values())

    def _brief(self) -> str:
        return f"{self.operator!r}, energies within {self.bound:.1e}"

    def _display(self) -> Display:
        rows = [("operator", repr(self.operator)), ("energies within", f"{self.bound:.1e}")]
        fits = [
            (kind, fit.terms, f"{fit.max_error:.1e}", f"{fit.bound:.1e}")
            for kind, fit in self.fits.items()
        ]
        table = Table(("pairs", "exponentials", "largest error", "energies within"), fits)
        return Display("Long-range Hamiltonian", rows, [table])


@few_threads(1)
def long_range_mpo(
    n: int,
    pairs: Mapping[str, Coupling],
    fields: Mapping[str, ArrayLike] | None = None,
    *,
    tolerance: float = 1e-10,
    max_terms: int | None = None,
) -> LongRange:
    r"""Build a Hamiltonian of decaying couplings as an MPO by sums of exponentials.

    .. math:: H = \sum_{PQ} \sum_{i<j} J_{PQ}(j - i) P_i Q_j + \sum_P \sum_i h_{P,i} P_i

    in Pauli matrices; every J is written as a sum of K exponentials (`fit_exponentials`), so that
    the bond is 2 + K for every kind of pair, whatever the length.

    Args:
        n: number of sites, at least 2.
        pairs: {"ZZ": coupling, "XX": …}: `PowerLaw(...)`, a function of an array of distances, or
            n - 1 values; energy.
        fields: {"X": h, …}: a number, or one per site; energy.
        tolerance: largest error of a coupling at any distance, relative to the largest |J|.
        max_terms: largest K; None for 64.

    Returns:
        The MPO and its fits; `bound` holds for every energy.

    Raises:
        ArgumentError: a coupling that does not decay or is not finite, an unknown kind, fields of
            another length, or too few exponentials for the tolerance.

    Cost: the fits, and n (2 + Σ K)² numbers.

    Example:
        >>> import qtn
        >>> model = qtn.long_range_mpo(100, {"ZZ": qtn.PowerLaw(3.0, -1.0)}, {"X": -1.0})
        >>> model.operator, model.bound < 1e-7
        (MPO(100 sites, max bond 13, float64), True)

    Reference: Crosswhite and Bacon, Phys. Rev. A 78, 012356 (2008).
    """
    bounded_int("n", n, 2, MAX_SITES)
    kinds = _mapping("pairs", pairs, PAIRS)
    given = {} if fields is None else fields
    local = {p: _field(p, h, n) for p, h in _mapping("fields", given, "XYZ").items()}
    if not kinds and not local:
        raise fail("pairs", "one kind of pair or field at least", pairs)
    fits = _fits(n, kinds, tolerance, max_terms)
    return LongRange(MPO(tuple(_tensors(n, fits, local))), fits)


def _mapping(name: str, given: Any, kinds: Sequence[str]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise fail(name, f"a mapping such as {{{kinds[-1]!r}: …}}", given)
    return {choice(f"{name} key", kind, kinds): value for kind, value in given.items()}


def _field(letter: str, value: ArrayLike, n: int) -> Array:
    array = finite_array(f"fields[{letter!r}]", value, dtype=float)
    if array.ndim and array.shape != (n,):
        raise fail(f"fields[{letter!r}]", f"a number or {n} numbers, one per site", array)
    return np.broadcast_to(array, (n,))


def _fits(
    n: int, kinds: Mapping[str, Coupling], tolerance: float, max_terms: int | None
) -> dict[str, ExponentialFit]:
    """Fit every coupling; one that several kinds share, once."""
    done = dict[int, ExponentialFit]()
    for coupling in kinds.values():
        if id(coupling) not in done:
            done[id(coupling)] = fit_exponentials(
                coupling, n, tolerance=tolerance, max_terms=max_terms
            )
    return {kind: done[id(coupling)] for kind, coupling in kinds.items()}


def _tensors(n: int, fits: Mapping[str, ExponentialFit], local: Mapping[str, Array]) -> list[Array]:
    """Return arrays (left, out, in, right)."""
    odd = any(word.count("Y") % 2 for word in (*fits, *local))
    letters = FACTORS if odd else {x: (FACTORS[x] * (1j if x == "Y" else 1)).real for x in "IXYZ"}
    bond = 2 + sum(fit.terms for fit in fits.values())
    inner = np.zeros((bond, 2, 2, bond), dtype=complex if odd else float)
    inner[0, :, :, 0] = inner[-1, :, :, -1] = np.eye(2)
    begin = 1
    for kind, fit in fits.items():
        own = slice(begin, begin + fit.terms)
        opened, step, closed = realised(fit)
        # Y Y = -(iY)(iY)
        sign = -1.0 if kind == "YY" and not odd else 1.0
        inner[0, :, :, own] = sign * letters[kind[0]][:, :, None] * opened
        inner[own, :, :, own] = np.eye(2)[None, :, :, None] * step[:, None, None, :]
        inner[own, :, :, -1] = closed[:, None, None] * letters[kind[1]]
        begin += fit.terms
    tensors = []
    for site in range(n):
        tensor = inner.copy() if local else inner
        for letter, field_here in local.items():
            tensor[0, :, :, -1] += field_here[site] * letters[letter]
        tensors.append(tensor)
    return [tensors[0][:1], *tensors[1:-1], tensors[-1][:, :, :, -1:]]


def realised(fit: ExponentialFit) -> tuple[Array, Array, Array]:
    """Return real a, M, b with J(r) = a M^(r-1) b: rates on the diagonal, pairs as rotations."""
    rates, weights = fit.rates, fit.weights
    opened, closed = np.where(rates.imag < 0, 0.0, 1.0), np.array(weights.real)
    step = np.diag(rates.real)
    for lower in np.flatnonzero(rates.imag < 0):
        upper = int(np.argmin(np.abs(rates - rates[lower].conj())))
        step[upper, lower], step[lower, upper] = rates[upper].imag, -rates[upper].imag
        closed[upper], closed[lower] = 2.0 * weights[upper].real, -2.0 * weights[upper].imag
    return opened, step, closed
