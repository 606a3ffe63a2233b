"""Which charges a Hamiltonian conserves: integer weights w with [H, Σ_i w_i Z_i] = 0.

In raising and lowering operators every Pauli word is a sum of words that change Σ_i w_i n_i by
Σ_i w_i σ_i, where σ_i = ±1 where the word raises or lowers and 0 elsewhere. So the weights are the
integer null space of the patterns σ of all words that are left once equal ones are added up. A
Heisenberg chain has one such charge (all ones), two species of particles have two, and pairs that
are created on neighbours (XX - YY) conserve the staggered charge.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from qtn.physics.mpo import Word
from qtn.physics.terms import Terms
from qtn.states.blocks.gate_charges import MOST_KINDS, null_vectors

__all__ = ["conserved_weights", "raising_words"]

MOST_FACTORS = 8  # a word of m factors X or Y is 2^m words
NEGLIGIBLE = 1e-14
_PARTS: dict[str, list[tuple[str, complex]]] = {
    "Z": [("Z", 1.0)],
    "X": [("+", 1.0), ("-", 1.0)],
    "Y": [("+", 1j), ("-", -1j)],
}


def raising_words(terms: Terms) -> dict[Word, complex] | None:
    """Return the sum in the letters Z, + = |1⟩⟨0|, - = |0⟩⟨1|; None if that has too many words."""
    found: dict[Word, complex] = {}
    for word, value in terms.products.items():
        if sum(letter != "Z" for _, letter in word) > MOST_FACTORS:
            return None
        for parts in itertools.product(*(_PARTS[letter] for _, letter in word)):
            turned = tuple((site, new) for (site, _), (new, _) in zip(word, parts, strict=True))
            phase = complex(np.prod([factor for _, factor in parts]))
            found[turned] = found.get(turned, 0.0) + value * phase
    least = NEGLIGIBLE * max((abs(v) for v in terms.products.values()), default=0.0)
    return {word: value for word, value in found.items() if abs(value) > least}


def conserved_weights(terms: Terms) -> NDArray[np.int64] | None:
    """Return integer weights (k, n) of independent charges, k ≤ 4; None if none is conserved.

    Cost: words × n² at most.
    """
    words = raising_words(terms)
    if words is None:
        return None
    patterns = np.zeros((len(words), terms.n), np.int64)
    for row, word in enumerate(words):
        for site, letter in word:
            patterns[row, site] = (letter == "+") - (letter == "-")
    patterns = np.unique(patterns, axis=0)
    basis = [w for w in null_vectors(patterns.astype(float)) if not (patterns @ w).any()]
    if not basis:
        return None
    found = np.array(basis)
    found = found if len(found) <= MOST_KINDS else found.sum(axis=0, keepdims=True)
    return found if found.any() else None
