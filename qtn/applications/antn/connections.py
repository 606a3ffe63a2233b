"""A real Pauli sum in the computational basis: which configurations it connects, how strongly.

A Pauli word flips the sites of its X and Y and gives a phase: with x the flipped sites, z the sites
of Z and Y, and y its number of Y,

    P |s⟩ = i^y (-1)^(s·z) |s ⊕ x⟩.

Words with the same x are one connection. A sum that is real in this basis has an even y in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError
from qtn.physics.terms import Terms

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Connection:
    """All words that flip the same sites.

    Args:
        flips: (sites) 1 where they flip.
        signs: (words, sites) 1 where a 1 gives a minus.
        weights: real coefficients of the words.
    """

    flips: Bits
    signs: Bits
    weights: NDArray[np.float64]

    def elements(self, bits: Bits) -> NDArray[np.float64]:
        """Return ⟨s ⊕ x|H|s⟩ of rows of bits; H is symmetric."""
        odd = (bits.astype(np.int64) @ self.signs.T.astype(np.int64)) & 1
        return (1.0 - 2.0 * odd) @ self.weights


def connections_of(terms: Terms) -> tuple[Connection, ...]:
    """Return the connections of a Hamiltonian; the first one is its diagonal.

    Raises:
        ArgumentError: it is complex in the computational basis.
    """
    if not terms.real:
        raise ArgumentError(
            "Argument `hamiltonian` must be real in the basis of Z, an even number of Y in every "
            "word: amplitudes are real here. Rotate its sites until it is, or take "
            "qtn.ground_state."
        )
    n = terms.n
    zero = np.zeros(n, np.uint8)
    grouped: dict[bytes, list[tuple[Bits, float]]] = {zero.tobytes(): [(zero, terms.constant)]}
    for word, value in terms.products.items():
        flips, signs = zero.copy(), zero.copy()
        for site, letter in word:
            flips[site] = letter in "XY"
            signs[site] = letter in "YZ"
        turns = sum(letter == "Y" for _, letter in word) // 2
        entry = (signs, value * (-1.0) ** turns)
        grouped.setdefault(flips.tobytes(), []).append(entry)
    return tuple(
        Connection(np.frombuffer(key, np.uint8), np.array([s for s, _ in words]),
                   np.array([w for _, w in words]))
        for key, words in grouped.items()
    )  # fmt: skip


def connected(
    connections: tuple[Connection, ...], bits: Bits
) -> Iterator[tuple[NDArray[np.int64], Bits, NDArray[np.float64]]]:  # fmt: skip
    """Yield, per connection off the diagonal, rows, what they become, and elements not zero."""
    for connection in connections[1:]:
        elements = connection.elements(bits)
        rows = np.flatnonzero(np.abs(elements) > 1e-14)
        if len(rows):
            yield rows, bits[rows] ^ connection.flips, elements[rows]
