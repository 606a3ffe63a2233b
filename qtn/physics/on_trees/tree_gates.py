"""Product formulas on a tree: gates on pairs of sites at any distance, coloured into layers.

The pairs that a Hamiltonian couples are the edges of a graph. Edges of one colour share no site, so
that their gates commute: H = Σ_c H_c. With the Lie step χ(h) = Π_c exp(-i h H_c) in rising and its
adjoint χ*(h) in falling order of the colours, a formula for two parts with the fractions
a_1, b_1, a_2, … is χ*(α_1 h) χ(α_2 h) χ*(α_3 h) … with a_1 = α_1, b_1 = α_1 + α_2,
a_2 = α_2 + α_3, …, and has the same order for any number of parts. So the chain's tables serve.

Reference: S. Blanes and P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002); the equivalence:
R. I. McLachlan, SIAM J. Sci. Comput. 16, 151 (1995). Gates on trees: `qtn.states.tree`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.physics.suzuki import stages
from qtn.physics.terms import Terms
from qtn.states import TTN
from qtn.states.kernels.tree_sweeps import Pairs
from qtn.states.operators import FACTORS
from qtn.states.tree import apply_tree_gates

__all__ = ["Gates", "coloured", "pair_matrices", "sequence"]

Tensor = NDArray[Any]
Pair = tuple[int, int]


class Gates:
    """The gates of one step; those of a step size are made once (mutable)."""

    def __init__(self, terms: Terms, pairs: Pairs, order: int) -> None:
        """Diagonalise all pairs."""
        matrices = pair_matrices(terms, pairs)
        self.spectra = {pair: np.linalg.eigh(matrix) for pair, matrix in matrices.items()}
        self.constant = terms.constant
        self.layers = coloured(matrices)
        self.sequence = sequence(order, len(self.layers))
        self.made: dict[complex, list[tuple[Pair, Tensor]]] = {}

    def step(
        self, state: TTN, step: complex, cutoff: float, max_bond: int | None
    ) -> tuple[TTN, float, NDArray[np.float64]]:
        """Return the state after a step, of norm 1; 1; the weight lost per bond."""
        if step not in self.made:
            self.made[step] = [
                (pair, self._gate(pair, step * fraction))
                for colour, fraction in self.sequence
                for pair in self.layers[colour]
            ]
        build = apply_tree_gates(state, self.made[step], max_bond=max_bond, cutoff=cutoff)
        if step.imag:  # only the direction matters
            return build.state, 1.0, build.discarded
        *nodes, root = build.state.tensors
        root = root * np.exp(-1j * self.constant * step)
        return TTN((*nodes, root), state.pairs), 1.0, build.discarded

    def _gate(self, pair: Pair, time: complex) -> Tensor:
        energies, vectors = self.spectra[pair]
        # In imaginary time only the ratios matter: the largest weight is 1.
        shift = energies[0] if time.imag else 0.0
        gate = (vectors * np.exp(-1j * time * (energies - shift))) @ vectors.conj().T
        return gate.real if np.isreal(gate).all() else gate


def pair_matrices(terms: Terms, pairs: Pairs) -> dict[Pair, Tensor]:
    """Return H = constant + Σ h as a 4 × 4 matrix per coupled pair of sites, in rising order.

    A field on a site is shared equally by the pairs that hold it; a site that nothing couples is
    paired with its neighbour.
    """
    coupled = sorted({(w[0][0], w[1][0]) for w in terms.products if len(w) == 2})
    holders: dict[int, list[Pair]] = {site: [] for site in range(terms.n)}
    for pair in coupled:
        for site in pair:
            holders[site].append(pair)
    found = {pair: np.zeros((4, 4), dtype=complex) for pair in coupled}
    for word, value in terms.products.items():
        if len(word) == 2:
            (i, left), (j, right) = word
            found[i, j] += value * np.kron(FACTORS[left], FACTORS[right])
            continue
        ((site, letter),) = word
        shares = holders[site] or [(site - 1, site) if site else (0, 1)]
        for pair in shares:
            one = [FACTORS[letter] if place == site else FACTORS["I"] for place in pair]
            matrix = found.setdefault(pair, np.zeros((4, 4), dtype=complex))
            matrix += value / len(shares) * np.kron(*one)
    return dict(sorted(found.items()))


def coloured(pairs: Any) -> list[list[Pair]]:
    """Colour pairs greedily so that those of one colour share no site.

    Example:
        >>> coloured([(0, 1), (1, 2), (2, 3)])
        [[(0, 1), (2, 3)], [(1, 2)]]
    """
    layers: list[list[Pair]] = []
    used: list[set[int]] = []
    for pair in pairs:
        colour = next((c for c, sites in enumerate(used) if not sites & set(pair)), len(layers))
        if colour == len(layers):
            layers.append([])
            used.append(set())
        layers[colour].append(pair)
        used[colour] |= set(pair)
    return layers


def sequence(order: int, colours: int) -> list[tuple[int, float]]:
    """Return one step as (colour, fraction of the step), equal neighbours merged.

    Example:
        >>> sequence(2, 3)
        [(0, 0.5), (1, 0.5), (2, 1.0), (1, 0.5), (0, 0.5)]
    """
    if colours < 2:
        return [(0, 1.0)] * colours
    if order == 1:
        return [(colour, 1.0) for colour in range(colours)]
    fractions = [fraction for _, fraction in stages(order)]
    found: list[tuple[int, float]] = []
    alpha, backwards = fractions[0], False
    for k in range(len(fractions) - 1):
        alpha = fractions[k] - (alpha if k else 0.0)
        places = range(colours) if not backwards else range(colours - 1, -1, -1)
        for colour in places:
            if found and found[-1][0] == colour:
                found[-1] = (colour, found[-1][1] + alpha)
            else:
                found.append((colour, alpha))
        backwards = not backwards
    return found
