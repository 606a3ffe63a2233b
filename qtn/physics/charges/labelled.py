"""Matrix product operators whose bonds carry charges.

The bond index of a conserving Hamiltonian says by how much the operators left of it have raised
the charge. Built from words in Z, + and - (see `conserved`), every index has one such charge,
since the coefficients of a cut are factorised charge by charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.charges.conserved import raising_words
from qtn.physics.mpo import Word, assembled
from qtn.physics.terms import Terms
from qtn.states.operators import FACTORS

__all__ = ["Labelled", "labelled_operator", "squared"]

Array = NDArray[Any]
Piece = tuple[int, int, int, int, Array]


@dataclass(frozen=True, slots=True)
class Labelled:
    """An operator with a charge on every bond index.

    Args:
        tensors: arrays (left, right, out, in).
        labels: packed charge of every index of the n + 1 bonds.
    """

    tensors: list[Array]
    labels: list[Array]

    def pieces(self, site: int) -> list[Piece]:
        """Return (charge left, charge right, out, in, matrix (left, right)) where not zero."""
        found = []
        tensor, left, right = self.tensors[site], self.labels[site], self.labels[site + 1]
        for a in dict.fromkeys(left.tolist()):
            for b in dict.fromkeys(right.tolist()):
                part = tensor[np.ix_(left == a, right == b)]
                for out, into in np.argwhere(part.any(axis=(0, 1))):
                    matrix = np.ascontiguousarray(part[:, :, out, into])
                    found.append((a, b, int(out), int(into), matrix))
        return found


def labelled_operator(terms: Terms, levels: Sequence[int]) -> Labelled:
    """Return H of a conserving Pauli sum.

    Args:
        terms: a sum that conserves Σ_i levels[i] n_i.
        levels: packed charge of the excited level of every site.
    """
    words = raising_words(terms)
    assert words is not None, "asked for only where weights were found"
    letters = {
        "I": FACTORS["I"].real,
        "Z": FACTORS["Z"].real,
        "+": np.array([[0.0, 0.0], [1.0, 0.0]]),
        "-": np.array([[0.0, 1.0], [0.0, 0.0]]),
    }
    products: dict[Word, Any] = dict(words)
    if all(abs(value.imag) <= 1e-14 * abs(value) for value in words.values()):
        products = {word: value.real for word, value in words.items()}

    def charge(word: Word) -> int:
        return sum(levels[site] * ((x == "+") - (x == "-")) for site, x in word)

    tensors, labels = assembled(products, letters, terms.n, terms.constant, charge=charge)
    return Labelled(tensors, [np.array(row, dtype=object) for row in labels])


def squared(operator: Labelled, energy: float) -> Labelled:
    """Return (H - energy)², bonds multiplied and not compressed."""
    n, tensors = len(operator.tensors), []
    for tensor in operator.tensors:
        shifted = tensor.copy()
        # The channel from "nothing yet" to "all done" holds the one-site terms and the constant.
        shifted[0, -1] -= np.eye(2) * energy / n
        product = np.einsum("abom,cdmi->acbdoi", shifted, shifted)
        left, right = (side * side for side in tensor.shape[:2])
        tensors.append(product.reshape(left, right, 2, 2))
    labels = [np.add.outer(row, row).reshape(-1) for row in operator.labels]
    return Labelled(tensors, labels)
