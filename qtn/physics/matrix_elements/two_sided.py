r"""Fourth-order TEBD of a propagator, gates on both sides, at every time of a grid.

Hastings' update on right-canonical tensors B with the Schmidt values λ of the bonds: with
:math:`θ = K B_i B_{i+1}` and :math:`ψ = λ θ`, sector by sector of the middle bond,

.. math:: ψ^† ψ = V w V^†, \quad B_{i+1} ← V^†, \quad B_i ← θ V .

The weights w of all sectors are cut together. U keeps the norm that the cuts leave: what is lost is
not made up for by the rest.

Reference: M. B. Hastings, J. Math. Phys. 50, 095207 (2009); for operators Zwolak and Vidal, Phys.
Rev. Lett. 93, 207205 (2004). What differs: gates on both sides, which keeps U = Uᵀ and with it two
sectors, and cuts by subspace iteration from the vectors before the gate.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from qtn._random import generator
from qtn.physics.matrix_elements.sectors import (
    Letters,
    Site,
    Weights,
    both_sides,
    identity,
    in_parities,
    letters_of,
)
from qtn.physics.suzuki import layers
from qtn.physics.terms import Terms, bond_matrices
from qtn.states.kernels.truncate import kept_rank, svd

Array = NDArray[Any]
CUTOFF = 1e-14
"""Relative squared weight that one cut may lose whatever the bond."""
SPARE, ROUNDS = 6, 2
"""Columns beside the vectors kept, and rounds, of a subspace iteration."""
STRONGEST = 0.35
"""Largest coupling times one step of the formula on one side, for an error near 1e-6."""


@dataclass(slots=True)
class _Evolving:
    """The propagator in the middle of its evolution."""

    sites: list[Site]
    weights: list[Weights]
    letters: Letters
    max_bond: int
    discarded: float = 0.0

    def apply(self, maps: list[dict[int, Array]], first: int) -> None:
        """Apply the gates of every second bond."""
        for left in range(first, len(self.sites) - 1, 2):
            self._pair(left, maps[left])

    def _pair(self, left: int, gate: dict[int, Array]) -> None:
        theta = {
            key: np.matmul(gate[key[0] ^ key[1]], block)
            for key, block in self._product(left).items()
        }
        rows, columns = (sorted({key[k] for key in theta}) for k in (0, 1))
        parts = {m: self._middle(theta, rows, columns, m) for m in self.letters.sectors}
        capped = sum(map(len, self.weights[left + 1].values())) == self.max_bond
        found = {}
        for m, matrix in parts.items():
            lengths = [np.repeat(self.weights[left][a], len(self.letters.of(a ^ m))) for a in rows]
            start = self._before(left + 1, m, columns) if capped else None
            found[m] = _spectrum(np.concatenate(lengths)[:, None] * matrix, start)
        kept, lost = _shares(found, self.max_bond)
        self.discarded += lost
        norm = np.sqrt(sum(float(found[m][0][:k].sum()) for m, k in kept.items()))
        first: Site = {}
        second: Site = {}
        weights: Weights = {}
        for m, k in kept.items():
            basis = found[m][1][:, :k]
            weights[m] = np.sqrt(found[m][0][:k]) / norm
            matrix = parts[m]
            assert matrix is not None
            self._scatter(
                matrix @ basis, basis.conj().T, (rows, columns, m), theta, (first, second)
            )
        self.sites[left], self.sites[left + 1] = first, second
        self.weights[left + 1] = weights

    def _product(self, left: int) -> Site:
        """Return the blocks (left, pairs of letters, right) of two sites."""
        one, two = self.sites[left], self.sites[left + 1]
        rows, columns = {a for a, _ in one}, {b for _, b in two}
        found = {}
        for a in rows:
            for b in columns:
                parts = []
                for m in self.letters.sectors:
                    count = len(self.letters.of(m)), len(self.letters.of(m ^ a ^ b))
                    x, y = one.get((a, m ^ a)), two.get((m ^ a, b))
                    height = next(t for (s, _), t in one.items() if s == a).shape[0]
                    width = next(t for (_, s), t in two.items() if s == b).shape[2]
                    if x is None or y is None:
                        parts.append(np.zeros((height, count[0] * count[1], width), complex))
                        continue
                    block = x.reshape(-1, x.shape[2]) @ y.reshape(y.shape[0], -1)
                    parts.append(block.reshape(height, count[0] * count[1], width))
                found[a, b] = np.concatenate(parts, 1) if len(parts) > 1 else parts[0]
        return found

    def _before(self, site: int, m: int, columns: list[int]) -> Array | None:
        """Return the right vectors of a middle sector before the gate, as columns."""
        blocks = [self.sites[site].get((m, b)) for b in columns]
        lines = [x.reshape(len(x), -1) for x in blocks if x is not None]
        return np.concatenate(lines, 1).conj().T if len(lines) == len(columns) else None

    def _middle(self, theta: Site, rows: list[int], columns: list[int], m: int) -> Array:
        """Return the matrix (left letter, letter right) of one middle sector."""
        lines = []
        for a in rows:
            line = []
            for b in columns:
                block = theta[a, b]
                p, q = len(self.letters.of(a ^ m)), len(self.letters.of(m ^ b))
                start = self._start(a, b, m)
                part = block[:, start : start + p * q]
                line.append(part.reshape(len(block) * p, q * block.shape[2]))
            lines.append(np.concatenate(line, 1))
        return np.concatenate(lines)

    def _start(self, a: int, b: int, m: int) -> int:
        """Return where the pairs of letters over the middle sector m begin: a's own first."""
        if len(self.letters.sectors) == 1 or a == m:
            return 0
        return len(self.letters.of(0)) * len(self.letters.of(a ^ b))

    def _scatter(
        self, up: Array, down: Array, place: tuple[list[int], list[int], int], theta: Site,
        sites: tuple[Site, Site],
    ) -> None:  # fmt: skip
        """Cut both factors of one middle sector into the blocks of the two sites."""
        rows, columns, m = place
        rank, start = up.shape[1], 0
        for a in rows:
            height, letters = len(theta[a, columns[0]]), len(self.letters.of(a ^ m))
            stop = start + height * letters
            sites[0][a, m] = up[start:stop].reshape(height, letters, rank)
            start = stop
        start = 0
        for b in columns:
            width, letters = theta[rows[0], b].shape[2], len(self.letters.of(m ^ b))
            stop = start + width * letters
            sites[1][m, b] = down[:, start:stop].reshape(rank, letters, width)
            start = stop


def _spectrum(matrix: Array, start: Array | None) -> tuple[Array, Array, float]:
    """Return the largest squared singular values, right singular vectors as columns, and the rest.

    By subspace iteration from the vectors before the gate, `start`, which is near the identity;
    all of them where there is no start or little to cut.
    """
    if start is None or 2 * (start.shape[1] + SPARE) >= min(matrix.shape):
        _, values, adjoint = svd(matrix)
        return values**2, adjoint.conj().T, 0.0
    basis = np.concatenate([start, _spare(len(start))], 1)
    for _ in range(ROUNDS):
        basis = np.linalg.qr(matrix.conj().T @ (matrix @ basis))[0]
    image = matrix @ basis
    values, vectors = eigh(image.conj().T @ image, driver="evd", check_finite=False)
    values = np.maximum(values[::-1], 0.0)
    rest = max(0.0, float(np.vdot(matrix, matrix).real) - float(values.sum()))
    return values, basis @ vectors[:, ::-1], rest


@functools.cache
def _spare(rows: int) -> Array:
    """Return fixed random columns, beside which the kept vectors of a bond may grow."""
    return generator(rows, "spare columns").normal(size=(rows, SPARE)) / np.sqrt(rows)


def _shares(
    found: dict[int, tuple[Array, Array, float]], max_bond: int
) -> tuple[dict[int, int], float]:
    """Return how many values of every sector are kept, and the relative weight that is lost."""
    owners = np.concatenate([np.full(len(w), m) for m, (w, _, _) in found.items()])
    values = np.concatenate([w for w, _, _ in found.values()])
    rest = sum(r for _, _, r in found.values())
    order = np.argsort(-values, kind="stable")
    keep, lost, total = kept_rank(values[order], max_bond, CUTOFF)
    owners = owners[order[:keep]]
    counts = {m: int(np.count_nonzero(owners == m)) for m in found}
    return {m: count for m, count in counts.items() if count}, (lost + rest) / (total + rest)


def propagators(
    terms: Terms, step: float, steps: int, max_bond: int,
) -> Iterator[tuple[list[Site], float]]:  # fmt: skip
    """Yield the blocks of U(t) at t = 0, step, …, steps·step, and the weight discarded so far.

    Args:
        terms: a Hamiltonian of neighbours; its constant is left out.
        step: of the grid; the formula takes shorter ones where a coupling is strong.
        steps: number of steps.
        max_bond: largest bond, its sectors together.

    Cost: O(steps layers n (4 χ)³), an eighth of it in two sectors.
    """
    letters = letters_of(terms.real)
    energies, vectors = np.linalg.eigh(bond_matrices(terms))
    tables: dict[float, list[dict[int, Array]]] = {}
    parts = max(1, math.ceil(0.5 * terms.strength * step / STRONGEST))
    sequence = layers(4, parts)
    for _, fraction in sequence:
        if fraction in tables:
            continue
        phases = np.exp(-0.5j * step / parts * fraction * energies)
        gates = (vectors * phases[:, None, :]) @ vectors.conj().transpose(0, 2, 1)
        tables[fraction] = in_parities(both_sides(gates), letters)
    sites, weights = identity(terms.n, letters)
    state = _Evolving(sites, weights, letters, max_bond)
    yield list(state.sites), 0.0
    for _ in range(steps):
        for part, fraction in sequence:
            state.apply(tables[fraction], part)
        yield list(state.sites), state.discarded
