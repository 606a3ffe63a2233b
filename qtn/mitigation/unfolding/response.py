r"""The response of a device: how likely outcome y is where the ideal one is x.

With flips before the measurement, undone afterwards, every bit is read wrongly with one rate r_q
whatever it is, and the response depends on x ⊕ y alone: R(y, x) = (N ∗ Π_q B_q)(x ⊕ y), N the flip
patterns of the gates (`faults`) and B_q those of the readout.

Up to `DENSE` bits all outcomes are kept. The Walsh-Hadamard transform turns ∗ into a product, so
that applying R, which is symmetric, is two transforms and a multiplication by the spectrum

    R̂(s) = Π_g D̂_g(s) Π_q (1 - 2 r_q)^{s_q}.

Above, R is computed between the outcomes that were seen: N is added up fault by fault, keeping the
likeliest patterns, and R(y, x) = Σ_m N(m) B(x ⊕ y ⊕ m) is exact in the readout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import kernel
from qtn.mitigation.unfolding.faults import Faults, Masks

Floats = NDArray[np.float64]
DENSE = 14  # bits up to which all outcomes are kept
PATTERNS = 2048  # likeliest flip patterns of the gates that are kept above


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """R on all 2^n outcomes, by its spectrum (2^n,)."""

    spectrum: Floats

    def forward(self, p: Floats) -> Floats:
        """Return the probabilities of all outcomes."""
        return walsh_hadamard(self.spectrum * walsh_hadamard(p)) / len(p)

    def backward(self, weights: Floats) -> Floats:
        """Return Rᵀ weights; R is symmetric."""
        return self.forward(weights)


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """R between outcomes that were seen (rows) and candidates (columns)."""

    entries: Floats

    def forward(self, p: Floats) -> Floats:
        """Return the probabilities of the outcomes that were seen."""
        return self.entries @ p

    def backward(self, weights: Floats) -> Floats:
        """Return Rᵀ weights."""
        return weights @ self.entries


Response = Convolution | Matrix


def walsh_hadamard(values: Floats) -> Floats:
    """Return Σ_x (-1)^{s·x} values(x) for all s.

    Cost: n 2^n.

    Example:
        >>> walsh_hadamard(np.array([1.0, 0.0, 0.0, 0.0]))
        array([1., 1., 1., 1.])
    """
    n = len(values).bit_length() - 1
    table = values.reshape((2,) * n) if n else values
    for axis in range(n):
        low, high = np.take(table, 0, axis), np.take(table, 1, axis)
        table = np.stack([low + high, low - high], axis)
    return np.asarray(table.reshape(-1))


def convolution(faults: Faults, rates: Floats) -> Convolution:
    """Return the response on all outcomes.

    Args:
        faults: of the gates.
        rates: (n,) of the readout.

    Cost: gates × n 2^n.
    """
    size = 1 << faults.n
    spectrum = np.ones(1)
    for rate in rates:  # bit after bit, each more significant than those before
        spectrum = np.concatenate([spectrum, (1 - 2 * rate) * spectrum])
    for masks, chances in zip(faults.masks, faults.chances, strict=True):
        pattern = np.bincount(masks.astype(np.int64), chances, size).astype(np.float64)
        pattern[0] += 1 - chances.sum()
        spectrum = spectrum * walsh_hadamard(pattern)
    return Convolution(spectrum)


def likely_patterns(faults: Faults, limit: int = PATTERNS) -> tuple[Masks, Floats]:
    """Return the likeliest flip patterns of all gates together, and their probabilities.

    Args:
        faults: of the gates.
        limit: patterns that are kept after every gate.

    Cost: gates × limit × patterns of a gate.
    """
    found, weights = np.zeros(1, dtype=np.uint64), np.ones(1)
    for masks, chances in zip(faults.masks, faults.chances, strict=True):
        own = np.concatenate([np.zeros(1, dtype=np.uint64), masks])
        likely = np.concatenate([[1 - chances.sum()], chances])
        grown, index = np.unique((found[:, None] ^ own).ravel(), return_inverse=True)
        products = np.outer(weights, likely).ravel()
        sums = np.bincount(index.ravel(), products, len(grown)).astype(np.float64)
        best = np.argsort(-sums, kind="stable")[:limit]
        found, weights = grown[best], sums[best]
    return found, weights


def matrix(seen: Masks, candidates: Masks, patterns: tuple[Masks, Floats], rates: Floats) -> Matrix:
    """Return the response between outcomes and candidates.

    Cost: outcomes × candidates × patterns × bytes of an outcome.
    """
    tables = np.ones((8, 256))
    byte = np.arange(256)
    for q, rate in enumerate(rates):
        tables[q // 8] *= np.where(byte >> (q % 8) & 1, rate, 1 - rate)
    used = (len(rates) + 7) // 8
    entries = np.zeros((len(seen), len(candidates)))
    _fill(entries, seen, candidates, patterns[0], patterns[1], tables[:used])
    return Matrix(entries)


@kernel()
def _fill(
    entries: Floats, seen: Masks, candidates: Masks, masks: Masks, weights: Floats, tables: Floats
) -> None:
    """entries[y, x] = Σ_m weights[m] Π_bytes tables[byte of y ⊕ x ⊕ m]."""
    for y in range(len(seen)):
        for x in range(len(candidates)):
            difference = seen[y] ^ candidates[x]
            total = 0.0
            for m in range(len(masks)):
                flipped = difference ^ masks[m]
                product = weights[m]
                for k in range(len(tables)):
                    product *= tables[k, (flipped >> np.uint64(8 * k)) & np.uint64(255)]
                total += product
            entries[y, x] = total
