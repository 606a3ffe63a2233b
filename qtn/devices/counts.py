"""Expectation values taken from counts: measurement bases, and values with their errors.

Products whose factors ask for the same axis on every shared qubit are read off the same shots
(`qtn.states.operators.grouped`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray

from qtn.interop.observables import listed, parse_observables
from qtn.states.operators import Basis, Observable, Term

__all__ = [
    "basis_rotation",
    "expectation",
    "measurement_bases",
    "plain_basis",
    "served",
    "variance_of_mean",
]

COUNTS_BATCH = 1 << 22  # bytes of unpacked bits handled at once


def measurement_bases(observables: Any, n: int) -> tuple[Basis, ...]:
    """Group the terms of `observables` into as few measurement bases as a greedy pass finds.

    Args:
        observables: one observable on `n` qubits or a list of them, in any form that `qtn.run`
            takes.
        n: number of qubits.

    Returns:
        Bases; each term is in exactly one of them.

    Raises:
        ArgumentError: no observables, or such that do not fit.

    Cost: (number of terms) x (number of bases) x (weight of a term).

    Example:
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> [b.label for b in measurement_bases([SparsePauliOp(["ZZ", "XX", "IZ"])], 2)]
        ['ZZ', 'XX']
    """
    parsed = parse_observables(listed(observables), n, "observables", ordered=False)
    return bases_of(parsed)


def bases_of(observables: Sequence[Observable]) -> tuple[Basis, ...]:
    """Return the bases of aligned observables: at least one, since something must be run."""
    return observables[0].bases or (plain_basis(observables[0].n),)


def plain_basis(n: int) -> Basis:
    """Return the basis of a circuit without observables: Z on every qubit."""
    return Basis("Z" * n, ())


def basis_rotation(label: str) -> QuantumCircuit:
    """Return the circuit that turns the axes of `label` onto Z (X: H; Y: S-dagger, then H)."""
    n = len(label)
    circuit = QuantumCircuit(n)
    for qubit in range(n):
        axis = label[n - 1 - qubit]
        if axis == "Y":
            circuit.sdg(qubit)
        if axis in "XY":
            circuit.h(qubit)
    return circuit


def served(observable: Observable, number: int, basis: Basis) -> list[Term]:
    """Return what the shots of a basis give of an observable, widest terms first.

    Args:
        observable: one of aligned ones.
        number: which of its bases; the first one serves the constant too.
        basis: that basis.
    """
    terms = [observable.terms[i] for i in basis.terms if observable.terms[i].coefficient]
    if number == 0 and observable.constant:
        terms.append(Term(observable.constant, ()))
    return sorted(terms, key=lambda t: -len(t.factors))


def variance_of_mean(scatter: Any, offset: Any, spread: Any, shots: int) -> Any:
    r"""Return the squared error of a mean over shots: the error rule of counts, for all doors.

    To the N shots x_s one more is added that nobody saw, in which every term t takes the two ends
    of its range, l_t and h_t, with equal chance and apart from the other terms. For one term this
    is half a count at each end, Jeffreys' prior of a probability. With

    .. math:: \mu_t = (h_t + l_t)/2, \quad r_t = (h_t - l_t)/2, \quad d = \bar x - \mu, \quad
        S = \sum_s (x_s - \bar x)(x_s - \bar x)^T

    the mean of all N + 1 is m = μ + d N/(N+1), their scatter about it

    .. math:: S + N (\bar x - m)(\bar x - m)^T + (\mu - m)(\mu - m)^T + \mathrm{diag}(r^2)
        = S + \tfrac{N}{N+1} d d^T + \mathrm{diag}(r^2),

    and the covariance of a mean over N shots is that over N (N + 1). It is never zero merely
    because all shots agreed: where they do, the error of one term of range ±1 is √2/N. For events
    of probability .001 to .1 in 100 shots, ± 1.96 errors hold the true value in 93 % of all runs
    and in 75 % at worst; with S/(N(N-1)) and a floor of 1/N it would be 90 % and 63 %. The mean
    itself stays that of the N shots. Σ c x has the variance cᵀ (…) c: sums and terms agree.

    Args:
        scatter: S, or its quadratic form cᵀ S c.
        offset: d dᵀ, or (c d)².
        spread: diag(r²), or Σ c² r².
        shots: N.

    Returns:
        The covariance matrix of the means, or the variance of the sum, in the shape given.

    Reference: Brown, Cai, DasGupta, Stat. Sci. 16, 101 (2001), for the coverage of Jeffreys' rule.
    """
    return (scatter + shots / (shots + 1) * offset + spread) / (shots * (shots + 1))


def expectation(
    bits: Sequence[BitArray], observables: Sequence[Observable]
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    r"""Estimate expectation values from the shots of every basis.

    With x_s the sum of the terms' values in shot s of a basis, the value is the sum over bases of
    mean(x), and its variance the sum of theirs (`variance_of_mean`); shots of different bases are
    independent.

    Args:
        bits: one `BitArray` per basis, bit i = qubit i, shape () or (bindings,).
        observables: aligned, as from `qtn.interop.observables.parse_observables`.

    Returns:
        Values and standard errors of shape (..., observables), and the total shots of one binding.

    Cost: bindings x shots x terms.
    """
    shape = bits[0].shape
    value = np.zeros((*shape, len(observables)))
    variance = np.zeros((*shape, len(observables)))
    for number, (data, basis) in enumerate(zip(bits, bases_of(observables), strict=True)):
        for k, one in enumerate(observables):
            terms = served(one, number, basis)
            if not terms:
                continue
            mean, var = _moments(data, terms)
            value[..., k] += mean
            variance[..., k] += var
    return value, np.sqrt(variance), sum(b.num_shots for b in bits)


def _moments(data: BitArray, terms: list[Term]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean over the shots and its variance, for each entry of `data`."""
    flat = data.array.reshape(-1, data.num_shots, data.array.shape[-1])
    ends = np.array([t.bounds for t in terms])
    middle, spread = ends.mean(axis=1).sum(), float((np.ptp(ends, axis=1) ** 2).sum() / 4)
    step = max(1, COUNTS_BATCH // max(1, data.num_shots * data.num_bits))
    means, variances = [], []
    for start in range(0, len(flat), step):
        unpacked = np.unpackbits(flat[start : start + step], axis=-1)[..., ::-1]
        total = np.zeros(unpacked.shape[:2])
        for term in terms:
            product = np.full(unpacked.shape[:2], term.coefficient)
            for qubit in term.qubits:
                at_0, at_1 = term.diagonal(qubit)
                product *= at_0 + (at_1 - at_0) * unpacked[..., qubit]
            total += product
        mean = total.mean(axis=1)
        scatter = ((total - mean[:, None]) ** 2).sum(axis=1)
        means.append(mean)
        variances.append(variance_of_mean(scatter, (mean - middle) ** 2, spread, data.num_shots))
    return (
        np.concatenate(means).reshape(data.shape),
        np.concatenate(variances).reshape(data.shape),
    )
