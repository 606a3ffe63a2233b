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

__all__ = ["basis_rotation", "expectation", "measurement_bases", "plain_basis", "served"]

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


def expectation(
    bits: Sequence[BitArray], observables: Sequence[Observable]
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    r"""Estimate expectation values from the shots of every basis.

    With x_s the sum of the terms' values in shot s of a basis, the value is the sum over bases of
    mean(x), and its variance the sum of var(x)/shots; shots of different bases are independent.
    The variance counts half a pseudo-shot at each end of the possible range (Jeffreys' rule for a
    probability), so that it is never zero merely because all shots agreed.

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
            variance[..., k] += var / data.num_shots
    return value, np.sqrt(variance), sum(b.num_shots for b in bits)


def _moments(data: BitArray, terms: list[Term]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean over the shots and the variance of one shot, for each entry of `data`."""
    flat = data.array.reshape(-1, data.num_shots, data.array.shape[-1])
    low = sum(t.bounds[0] for t in terms)
    high = sum(t.bounds[1] for t in terms)
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
        means.append(total.mean(axis=1))
        variances.append(_jeffreys_variance(total, low, high))
    return (
        np.concatenate(means).reshape(data.shape),
        np.concatenate(variances).reshape(data.shape),
    )


def _jeffreys_variance(x: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    weight = x.shape[1] + 1.0
    mean = (x.sum(axis=1) + 0.5 * (low + high)) / weight
    square = ((x - mean[:, None]) ** 2).sum(axis=1)
    square = square + 0.5 * (low - mean) ** 2 + 0.5 * (high - mean) ** 2
    return np.asarray(square / weight)
