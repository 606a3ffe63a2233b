r"""Two-time correlations of propagators: C(t, t') = Tr[U(t) O U(t') O] / 2ⁿ at all pairs of times.

In Pauli matrices, with :math:`U(t) = \sum c_p P_p` and O a sum of Pauli strings,

.. math:: C(t, t') = \sum_{kl} a_k a_l \sum_{pq} c_p(t) c_q(t')
    \prod_i \mathrm{Tr}[P_{p_i} σ_{k,i} P_{q_i} σ_{l,i}] / 2 ,

contracted from left to right for one t and all t' at once. H and O are Hermitian, so that
:math:`U(-t) = U(t)^†` has the coefficients conjugated, :math:`C(t, t') = C(t', t)` and
:math:`C(-t, -t') = C(t, t')^*`: a quarter of the plane gives all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Display, Displayed
from qtn.physics.matrix_elements.sectors import (
    BASIS,
    Letters,
    Site,
    largest_bond,
    letters_of,
    trace,
)
from qtn.physics.matrix_elements.two_sided import propagators
from qtn.physics.terms import Terms
from qtn.states.operators import FACTORS

Array = NDArray[Any]
Word = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Correlations(Displayed):
    """What all frequencies and widths are made from.

    Args:
        times: -M δ … M δ.
        pairs: C(t, t') on that grid.
        traces: of U(t), over 2ⁿ.
        max_bond: largest bond of U(t).
        discarded: relative squared weight cut from U on the way, all cuts added.
    """

    times: Array
    pairs: Array
    traces: Array
    max_bond: int
    discarded: float

    def _brief(self) -> str:
        return f"{len(self.times)} times up to {self.times[-1]:.4g}, bond {self.max_bond}"

    def _display(self) -> Display:
        rows = [
            ("times", f"{len(self.times)} up to {self.times[-1]:.4g}"),
            ("C(t, t')", self.pairs),
            ("largest bond", self.max_bond),
            ("weight discarded", f"{self.discarded:.1e}"),
        ]
        return Display("Correlations at two times", rows)


def two_time(
    terms: Terms, words: dict[Word, float], grid: tuple[float, int], max_bond: int
) -> Correlations:
    """Return C(t, t') for all |t|, |t'| ≤ M δ, without the constant of the Hamiltonian.

    Args:
        terms: the Hamiltonian, of neighbours.
        words: Pauli strings of O with their coefficients.
        grid: δ and M.
        max_bond: largest bond of U.

    Cost: the evolution, and O(M² n χ³) for every pair of Pauli strings.
    """
    step, count = grid
    letters = letters_of(terms.real)
    chains, lost = [], 0.0
    for sites, discarded in propagators(terms, step, count, max_bond):
        chains.append(sites)
        lost = discarded
    stacks = [stacked([chain[i] for chain in chains]) for i in range(terms.n)]
    bond = max(map(largest_bond, chains))
    pairs = np.zeros((2 * count + 1, 2 * count + 1), complex)
    for one, a in words.items():
        for other, b in words.items():
            links = linked(one, other, terms.n)
            for k in range(count + 1):
                ahead = np.arange(k + 1)
                row = _row(stacks, k, links, letters, conjugate=False)
                pairs[count + k, count + ahead] += a * b * row
                row = _row(stacks, k, links, letters, conjugate=True)
                pairs[count + k, count - ahead[1:]] += a * b * row[1:]
    traces = np.array([trace(chain) for chain in chains])
    times = step * np.arange(-count, count + 1)
    return Correlations(
        times, _completed(pairs, count), np.concatenate([traces[:0:-1].conj(), traces]), bond, lost
    )


def _completed(pairs: Array, count: int) -> Array:
    """Fill the plane from its part 0 ≤ |t'| ≤ t."""
    whole = pairs.copy()
    index = np.arange(-count, count + 1)
    t, u = np.meshgrid(index, index, indexing="ij")
    swap = np.abs(u) > np.abs(t)
    t, u = np.where(swap, u, t), np.where(swap, t, u)
    back = t < 0
    whole = pairs[count + np.where(back, -t, t), count + np.where(back, -u, u)]
    return np.asarray(np.where(back, whole.conj(), whole))


def stacked(sites: Sequence[Site]) -> Site:
    """Return one site at all times: blocks (time, left, letters, right), padded with zeros."""
    keys = {key for site in sites for key in site}
    found = {}
    for key in keys:
        blocks = [site.get(key) for site in sites]
        left = max(_side(site, 0, key[0]) for site in sites)
        right = max(_side(site, 1, key[1]) for site in sites)
        letters = next(x.shape[1] for x in blocks if x is not None)
        stack = np.zeros((len(sites), left, letters, right), complex)
        for k, block in enumerate(blocks):
            if block is not None:
                stack[k, : block.shape[0], :, : block.shape[2]] = block
        found[key] = stack
    return found


def _side(site: Site, axis: int, sector: int) -> int:
    return max((x.shape[2 * axis] for key, x in site.items() if key[axis] == sector), default=0)


def linked(one: Word, other: Word, n: int) -> list[Array]:
    """Return for every site Tr[P_p σ P_q σ'] / 2, all p and q."""
    first, second = dict(one), dict(other)
    links = []
    for site in range(n):
        a, b = FACTORS[first.get(site, "I")], FACTORS[second.get(site, "I")]
        links.append(np.einsum("pij,jk,qkl,li->pq", BASIS, a, BASIS, b) / 2.0)
    return links


def _row(
    stacks: Sequence[Site], k: int, links: Sequence[Array], letters: Letters, conjugate: bool
) -> Array:
    """Return C(t_k, t') for t' = t_0 … t_k, or for -t_0 … -t_k with `conjugate`.

    With t' negative the other factor would be conjugated at all times; instead U(t_k) and the links
    are, and the result once more.
    """
    parts: dict[tuple[int, int], Array] = {(0, 0): np.ones((k + 1, 1, 1), complex)}
    for stack, link in zip(stacks, links, strict=True):
        link = link.conj() if conjugate else link
        fixed = {key: x[k].conj() if conjugate else x[k] for key, x in stack.items()}
        parts = _next(parts, fixed, stack, link, letters)
    row = parts[0, 0][:, 0, 0]
    return row.conj() if conjugate else row


def _next(
    parts: dict[tuple[int, int], Array], fixed: Site, stack: Site, link: Array, letters: Letters
) -> dict[tuple[int, int], Array]:
    """Carry the left environments (time, other's bond, fixed one's bond) over one site."""
    found: dict[tuple[int, int], Array] = {}
    for (a, c), part in parts.items():
        count, height, width = part.shape
        for (left, b), block in fixed.items():
            if left != a:
                continue
            moved = part.reshape(count * height, width) @ block.reshape(width, -1)
            moved = moved.reshape(count, height, block.shape[1], block.shape[2])
            for (other, d), stacked_block in stack.items():
                if other != c:
                    continue
                chosen = link[np.ix_(letters.of(a ^ b), letters.of(c ^ d))]
                if not chosen.any():
                    continue
                turned = np.einsum("thpr,pq->thqr", moved, chosen)
                turned = turned.reshape(count, -1, block.shape[2])
                lower = stacked_block[:count].reshape(count, -1, stacked_block.shape[3])
                term = np.matmul(lower.transpose(0, 2, 1), turned)
                found[b, d] = found[b, d] + term if (b, d) in found else term
    return found
