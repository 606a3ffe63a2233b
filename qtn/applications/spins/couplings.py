r"""Magnets: Hamiltonians that no rotation of all spins changes, as couplings of pairs.

.. math:: H = c + \sum_{ij} J_{ij}\, S_i \cdot S_j, \quad
   S_i \cdot S_j = \tfrac{1}{2} P_{ij} - \tfrac{1}{4}

with the swap P of two spins 1/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from qtn._checks import bounded_int, fail, items
from qtn.errors import ArgumentError
from qtn.physics.terms import read_terms

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

Pair = tuple[int, int]
Sites = tuple[int, ...]
MOST_SPINS = 24  # 208,012 singlet paths


@dataclass(frozen=True, slots=True)
class Couplings:
    """A magnet of spins 1/2.

    Args:
        n: number of spins.
        constant: c.
        pairs: J of every coupled pair (i, j), i < j.
    """

    n: int
    constant: float
    pairs: dict[Pair, float]

    @property
    def scale(self) -> float:
        """The largest |J|, down to a power of two, by which nothing is rounded."""
        return float(2.0 ** np.floor(np.log2(max(map(abs, self.pairs.values())))))

    @property
    def closed(self) -> bool | None:
        """Whether it is a ring (True) or an open chain (False) of reach two; None if neither."""
        n = self.n
        if all(j - i <= 2 for i, j in self.pairs):
            return False
        return True if all(min(j - i, n - j + i) <= 2 for i, j in self.pairs) else None

    @property
    def triangles(self) -> list[Sites]:
        """All sets of three spins that are coupled pair by pair."""
        beside: dict[int, set[int]] = {k: set() for k in range(self.n)}
        for i, j in self.pairs:
            beside[i].add(j)
        return [(i, j, k) for i, j in sorted(self.pairs) for k in sorted(beside[i] & beside[j])]

    def order(self) -> list[int]:
        """Return the spins so that coupled ones stand near each other."""
        if self.closed is False:
            return list(range(self.n))
        links = np.zeros((self.n, self.n))
        for i, j in self.pairs:
            links[i, j] = links[j, i] = 1.0
        if self.closed and self.n > 4:  # a folded ring: neighbours are two places apart
            ends = [(k, self.n - 1 - k) for k in range((self.n + 1) // 2)]
            return list(dict.fromkeys(k for pair in ends for k in pair))
        return [int(k) for k in reverse_cuthill_mckee(csr_array(links), symmetric_mode=True)]

    def dimers(self) -> list[Pair]:
        """Return pairs of all spins with the largest sum of couplings, the start's singlets.

        Raises:
            ArgumentError: spins that cannot all be paired along couplings.
        """
        import rustworkx as rx

        graph = rx.PyGraph()
        graph.add_nodes_from(range(self.n))
        graph.add_edges_from([(i, j, value) for (i, j), value in self.pairs.items()])
        scale = 1e6 / max(abs(v) for v in self.pairs.values())
        # Ties fall to the lowest numbers: (0, 1), (2, 3), … on chains.
        found = rx.max_weight_matching(
            graph, max_cardinality=True, weight_fn=lambda value: round(scale * value)
        )
        if 2 * len(found) != self.n:
            raise ArgumentError(
                f"The couplings of Argument `hamiltonian` leave {self.n - 2 * len(found)} of "
                f"{self.n} spins without a partner. Name the pairs of the start: "
                "singlets=[(0, 1), …]."
            )
        along = [(k, k + 1) for k in range(0, self.n, 2)]
        known = sorted((min(pair), max(pair)) for pair in found)
        weight = sum(self.pairs[pair] for pair in known)
        chain = sum(self.pairs.get(pair, -np.inf) for pair in along)
        return along if chain >= weight else known


def read_couplings(hamiltonian: Any) -> Couplings:
    """Read a Hamiltonian that commutes with all rotations.

    Raises:
        ArgumentError: no observable, an odd number of spins, too many, or another term.
    """
    terms = read_terms(hamiltonian)
    if terms.n % 2:
        raise fail(
            "hamiltonian", "on an even number of spins", f"on {terms.n}",
            "Spins 1/2 couple to total spin 0 in even numbers only: add one, or take one away.",
        )  # fmt: skip
    if terms.n > MOST_SPINS:
        raise fail(
            "hamiltonian", f"on at most {MOST_SPINS} spins", f"on {terms.n}",
            "Beyond, take qtn.ground_state and qtn.compile.",
        )  # fmt: skip
    found: dict[Pair, dict[str, float]] = {}
    for word, value in terms.products.items():
        letters = "".join(letter for _, letter in word)
        if len(letters) != 2 or letters[0] != letters[1]:
            raise _uneven("".join(f"{letter}{site} " for site, letter in word).strip())
        found.setdefault((word[0][0], word[1][0]), {})[letters[0]] = value
    pairs = {}
    for pair, values in found.items():
        three = [values.get(letter, 0.0) for letter in "XYZ"]
        if max(three) - min(three) > 1e-12 * max(map(abs, three)):
            raise _uneven(f"XX, YY and ZZ of {pair} with {three}")
        pairs[pair] = 4.0 * three[0]
    if not pairs:
        raise fail("hamiltonian", "a sum of couplings S_i·S_j", "a constant")
    return Couplings(terms.n, terms.constant, pairs)


def _uneven(term: str) -> ArgumentError:
    return ArgumentError(
        f"Argument `hamiltonian` must be a sum of couplings S_i·S_j, which no rotation changes, "
        f"but has {term}. Fields and other anisotropies need qtn.vqe."
    )


def kagome(cells: int = 6) -> SparsePauliOp:
    """Return the Heisenberg antiferromagnet on a kagome lattice, a torus of `cells` in a helix.

    Cell k has the spins 3k, 3k + 1, 3k + 2 in a triangle that points up; the triangles that point
    down join spin 1 of cell k, spin 0 of cell k + 1 and spin 2 of cell k - 1. Six cells are the 18
    spins of the literature.

    Args:
        cells: an even number from 6.

    Returns:
        H = Σ S_i·S_j over the edges of all triangles.

    Raises:
        ArgumentError: fewer cells, or an odd number.

    Cost: linear in the cells.

    Example:
        >>> kagome().num_qubits, len(kagome())
        (18, 108)

    Reference: East, Alonso-Linaje and Park, arXiv:2309.07250, figure of 18 spins: the same lattice
    (ground energy -8.06448 J) under other numbers.
    """
    from qtn.interop.observables import operator_from_words

    bounded_int("cells", cells, 6)
    if cells % 2:
        raise fail("cells", "an even number", cells, "An odd number of spins has no singlet.")
    edges = [tuple(sorted(pair)) for t in kagome_triangles(cells) for pair in combinations(t, 2)]
    words = [(2 * letter, list(edge), 0.25) for edge in edges for letter in "XYZ"]
    return operator_from_words(words, 3 * cells)


def kagome_triangles(cells: int) -> list[tuple[int, int, int]]:
    """Return the triangles of `kagome`, those that point up first."""
    up = [(3 * k, 3 * k + 1, 3 * k + 2) for k in range(cells)]
    ring = [((k + 1) % cells, (k - 1) % cells) for k in range(cells)]
    return up + [(3 * k + 1, 3 * a, 3 * b + 2) for k, (a, b) in enumerate(ring)]


def checked_sets(name: str, value: Any, size: int, n: int) -> list[Sites]:
    """Return sets of `size` different spins.

    Raises:
        ArgumentError: another form, spins that are not there, or twice the same.
    """
    expected = f"a sequence of {size} different spins each"
    found = []
    for one in items(name, value, expected):
        sites = tuple(bounded_int(name, k, 0, n - 1) for k in items(name, one, expected))
        if len(sites) != size or len(set(sites)) != size:
            raise fail(name, expected, one)
        found.append(sites)
    if not found:
        raise fail(name, expected, value)
    return found
