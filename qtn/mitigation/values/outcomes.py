"""Values of product terms from measured bit strings, with shot covariance and sensitivities.

The estimator of a term is the mean over shots of ∏_q w_q[bit_q]. Without readout correction w = v,
the diagonal of the factor; with the tensored inverse w_q = v_q A_q^{-1}, because
<v, A^{-1} p> = <A^{-T} v, p> factorises when A does. No vector of 2^n entries appears. Bits come
packed eight to a byte, so that a product over eight qubits is one look-up in a table of 256.

The derivative with respect to the error rates of qubit q replaces w_q by dw_q. With G_k[byte] the
sum over shots of the product of all other bytes, every derivative inside byte k is one dot product
of 256 numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers import BitArray

from qtn.devices.counts import variance_of_mean
from qtn.states.operators import Term

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Duals:
    """Per-qubit row vectors: `weights[q]` for outcomes (0, 1), and derivatives by the error rates.

    `weights`: (n, 2, 2) map A_q^{-1} applied from the right to the diagonal (v0, v1).
    `slopes`: (n, rates, 2, 2) derivatives of A_q^{-1}, or None when exact.
    """

    inverses: Floats
    slopes: Floats | None = None

    def weight(self, term: Term, qubit: int) -> Floats:
        """Outcome weights (2,) of the term's factor on `qubit`."""
        return np.asarray(term.diagonal(qubit)) @ self.inverses[qubit]

    def slope(self, term: Term, qubit: int, rate: int) -> Floats:
        """Derivative of `weight` by the error rate `rate` of the qubit."""
        assert self.slopes is not None
        return np.asarray(term.diagonal(qubit)) @ self.slopes[qubit, rate]


def exact_duals(n: int) -> Duals:
    """Duals of an ideal readout: the diagonals themselves."""
    return Duals(np.broadcast_to(np.eye(2), (n, 2, 2)))


@dataclass(frozen=True, slots=True)
class Moments:
    """Means of terms, covariance of the means by shot noise, and slopes by calibration rates.

    `mean`: (bindings, terms); `covariance`: (bindings, terms, terms);
    `gradient`: (bindings, terms, rates).
    """

    mean: Floats
    covariance: Floats
    gradient: Floats


def evaluate(bits: BitArray, terms: tuple[Term, ...], duals: Duals) -> Moments:
    """Estimate product terms, all diagonal in the measured basis, from bit strings.

    Args:
        bits: outcomes, shape () or (bindings,); bit i belongs to qubit i.
        terms: products; only their letters' diagonals matter here.
        duals: outcome weights, see `Duals`.

    Returns:
        Moments with one row per binding (one row for shape ()).

    Cost: bindings × shots × (bytes touched by the terms); memory bindings × shots × terms in
    blocks of at most about 100 MB.
    """
    packed = bits.array.reshape(-1, bits.num_shots, bits.array.shape[-1])
    bindings, shots, _ = packed.shape
    rates = 0 if duals.slopes is None else duals.slopes.shape[0] * duals.slopes.shape[1]
    mean = np.empty((bindings, len(terms)))
    covariance = np.empty((bindings, len(terms), len(terms)))
    gradient = np.zeros((bindings, len(terms), rates))
    tables = [_tables(term, duals) for term in terms]
    ends = np.array([ends_of(term, duals) for term in terms]).reshape(-1, 2)
    middle, reach = ends.mean(axis=1), np.ptp(ends, axis=1) / 2
    block = max(1, int(1.2e7 // max(1, shots * len(terms))))
    for start in range(0, bindings, block):
        rows = slice(start, start + block)
        values = np.stack([_products(packed[rows], table) for table in tables], axis=-1)
        mean[rows] = values.mean(axis=1)
        centred = values - mean[rows, None, :]
        scatter = np.matmul(centred.transpose(0, 2, 1), centred)
        offset = mean[rows] - middle
        outer = offset[:, :, None] * offset[:, None, :]
        covariance[rows] = variance_of_mean(scatter, outer, np.diag(reach**2), shots)
        if rates:
            for index, (term, table) in enumerate(zip(terms, tables, strict=True)):
                _add_gradient(gradient[rows, index], packed[rows], term, table, duals)
    return Moments(mean, covariance, gradient)


def ends_of(term: Term, duals: Duals) -> tuple[float, float]:
    """Return the least and the largest value that one shot can give to a product."""
    low = high = 1.0
    for qubit in term.qubits:
        weights = duals.weight(term, qubit)
        every = [end * float(weight) for end in (low, high) for weight in weights]
        low, high = min(every), max(every)
    return low, high


def _byte_of(qubit: int) -> tuple[int, int]:
    return -1 - qubit // 8, qubit % 8


def _table(weights: Mapping[int, Floats]) -> Floats:
    """Product over bits of a byte: entry b is ∏_j weights[j][bit j of b]."""
    table = np.ones(256)
    byte = np.arange(256)
    for position, weight in weights.items():
        table *= weight[(byte >> position) & 1]
    return table


def _split(term: Term, duals: Duals) -> dict[int, dict[int, Floats]]:
    groups: dict[int, dict[int, Floats]] = {}
    for qubit in term.qubits:
        byte, position = _byte_of(qubit)
        groups.setdefault(byte, {})[position] = duals.weight(term, qubit)
    return groups


def _tables(term: Term, duals: Duals) -> dict[int, Floats]:
    return {byte: _table(weights) for byte, weights in _split(term, duals).items()}


def _products(packed: NDArray[np.uint8], tables: Mapping[int, Floats]) -> Floats:
    values = np.ones(packed.shape[:2])
    for byte, table in tables.items():
        values *= table[packed[..., byte]]
    return values


def _add_gradient(
    out: Floats,
    packed: NDArray[np.uint8],
    term: Term,
    tables: Mapping[int, Floats],
    duals: Duals,
) -> None:
    """Fill `out` (bindings, rates) with the derivatives of the mean of one term."""
    assert duals.slopes is not None
    bindings, shots, _ = packed.shape
    per_qubit = duals.slopes.shape[1]
    offset = 256 * np.arange(bindings)[:, None]
    split = _split(term, duals)
    for byte, weights in split.items():
        others = _products(packed, {k: t for k, t in tables.items() if k != byte})
        index = (packed[..., byte] + offset).ravel()
        gathered = np.bincount(index, others.ravel(), 256 * bindings).reshape(bindings, 256)
        for position in weights:
            qubit = 8 * (-1 - byte) + position
            for rate in range(per_qubit):
                changed = {**weights, position: duals.slope(term, qubit, rate)}
                out[:, per_qubit * qubit + rate] += gathered @ _table(changed) / shots
