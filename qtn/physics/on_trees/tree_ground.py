"""Ground states on trees: node by node, with bonds that grow by what the Hamiltonian asks for.

A sweep goes from the root down every branch and back. At a node the lowest eigenvector of what it
feels replaces its tensor. When the centre of orthogonality moves on over a bond, the bond keeps its
own directions and gets the leading ones of

    (1 - P) O_c C,    c the open channels of the bond,

the parts of H|ψ⟩ outside the basis that the neighbour can answer; they begin with weight zero, the
neighbour is solved with them, and then the bond is cut to its size. A two-site search would take
tensors of χ⁴ entries, and on a tree it cannot grow a bond that is 1 between two inner nodes.

Reference: M. Gerster et al., Phys. Rev. B 90, 125154 (2014), for trees; A. Gleis, J.-W. Li and
J. von Delft, Phys. Rev. Lett. 130, 246402 (2023), for the growth: there both sides are projected
out, here the side of the centre.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._machine import few_threads, suited
from qtn._progress import progress_bar
from qtn._random import generator
from qtn.physics.krylov import lowest
from qtn.physics.on_trees.bonds import cut, on_leg
from qtn.physics.on_trees.node_blocks import (
    blocks_below,
    carried,
    local_map,
    open_images,
    returned,
    turned,
)
from qtn.physics.on_trees.tree_channels import TreeOperator, tree_operator
from qtn.physics.terms import Terms
from qtn.states import TTN
from qtn.states.kernels.tree_sweeps import Pairs
from qtn.states.kernels.truncate import kept_rank, svd

__all__ = ["random_start", "sweep_to_rest"]

Tensor = NDArray[Any]
SMALL = 16
"""Bonds up to this are not cut by weight before the search ends."""


def random_start(pairs: Pairs, seed: int) -> TTN:
    """Return a random real tree of bond 4: it overlaps every symmetry sector."""
    rng = generator(seed, "ground-start")
    n = len(pairs) + 1
    sides = [2] * n
    tensors = []
    for k, (a, b) in enumerate(pairs):
        up = 1 if k == len(pairs) - 1 else min(4, sides[a] * sides[b])
        tensors.append(rng.normal(size=(sides[a], sides[b], up)))
        sides.append(up)
    return TTN(tuple(tensors), pairs).normalised()


def sweep_to_rest(
    terms: Terms, start: TTN, limits: tuple[float, int], method: Any, progress: bool | None
) -> tuple[TTN, float, int, bool, float]:
    """Return state, energy, sweeps, whether it settled, and the worst discard of the last sweep.

    Args:
        terms: the Hamiltonian.
        start: canonical, of norm 1.
        limits: relative squared weight that one cut may lose; largest bond.
        method: `DMRG(...)`.
        progress: show a bar.
    """
    cutoff, max_bond = limits
    search = _Search(tree_operator(terms, start.pairs), start, method.krylov)
    energy, previous, quiet = np.inf, np.inf, 0
    with progress_bar(method.sweeps, "ground state", progress) as bar:
        for done in range(1, method.sweeps + 1):
            # Early sweeps only find the way: small bonds and loose cuts make them cheap.
            search.bond = min(max_bond, 8 * 2**done)
            search.cutoff = max(cutoff, 1e-6 * 0.01**done)
            with few_threads(suited(search.bond)):
                energy = search.sweep()
            final = search.bond == max_bond and search.cutoff == cutoff
            bar.word = "at most" if final else ""  # earlier sweeps are cheaper
            bar.update()
            # What the cuts lose also moves the energy: changes far below it are rest.
            least = max(method.tolerance, 1e-3 * search.lost)
            rest = abs(previous - energy) <= least * (abs(energy) + 1)
            quiet = quiet + 1 if rest and final else 0
            if quiet == 2:
                break
            previous = energy
    tensors, _, lost = cut(search.tensors, start.pairs, cutoff, max_bond)
    worst = max(search.lost, lost.max(initial=0.0))
    state = TTN(tuple(tensors), start.pairs)
    energy = float(_root_block(search.operator, state).real)
    return state, energy, done, quiet == 2, float(worst)


def _root_block(operator: TreeOperator, state: TTN) -> Any:
    """Return ⟨H⟩ of a canonical tree of norm 1."""
    below = blocks_below(operator, state.tensors)
    a, b = operator.pairs[-1]
    return carried(below[a], below[b], operator.cores[-1], state.tensors[-1])[0, 0, 0]


class _Search:
    """A canonical tree with its centre on the move, and the blocks around it (mutable)."""

    def __init__(self, operator: TreeOperator, start: TTN, krylov: int) -> None:
        real = all(leaf.dtype == np.float64 for leaf in operator.leaves)
        dtype = start.dtype if real else np.dtype(complex)
        self.operator, self.krylov = operator, krylov
        self.tensors: list[Tensor] = [t.astype(dtype) for t in start.tensors]
        self.below = [*blocks_below(operator, self.tensors), np.zeros(0)]
        self.above: list[Tensor] = [np.ones((1, 1, 1))] * len(self.tensors)
        self.bond, self.cutoff, self.lost = 1, 0.0, 0.0

    def sweep(self) -> float:
        """Visit all nodes from the root and back; return the energy."""
        self.lost = 0.0
        last = len(self.tensors) - 1
        self._solve(last)
        self._visit(last)
        centre = self.tensors[last].reshape(-1)
        return float(np.vdot(centre, self._felt(last)(centre)).real)

    def _visit(self, k: int) -> None:
        n = self.operator.n
        for axis, child in enumerate(self.operator.pairs[k]):
            if child >= n:
                self._move(k, axis, child - n, 2)
                self._visit(child - n)
                self._move(child - n, 2, k, axis)

    def _felt(self, k: int) -> Any:
        a, b = self.operator.pairs[k]
        return local_map(self.below[a], self.below[b], self.operator.cores[k], self.above[k])

    def _solve(self, k: int) -> None:
        centre = self.tensors[k]
        least = max(1e-14, 0.1 * self.cutoff)
        vector = lowest(self._felt(k), centre.reshape(-1), self.krylov, least)[1]
        self.tensors[k] = vector.reshape(centre.shape)

    def _sides(self, k: int, axis: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return the blocks behind a node's other legs and its weights, the leg last."""
        a, b = self.operator.pairs[k]
        blocks = (self.below[a], self.below[b], self.above[k])
        others = tuple(block for i, block in enumerate(blocks) if i != axis)
        return others[0], others[1], turned(self.operator.cores[k], axis)

    def _move(self, k: int, axis: int, to: int, leg: int) -> None:
        """Move the centre over the bond at leg `axis` of k, leg `leg` of `to`, and solve there."""
        sides = self._sides(k, axis)
        centre = turned(self.tensors[k], axis)
        flat = centre.reshape(-1, centre.shape[2])
        u, s, vh = svd(flat)
        keep = kept_rank(s * s, self.bond, self.cutoff)[0]
        images = open_images(*sides, centre)
        if axis == 2:
            images = images * np.repeat(self.operator.scales[k], centre.shape[2])
        more = max(4, self.bond // 4)
        if keep < self.bond:
            more = min(self.bond - keep, max(more, SMALL - keep))
        basis = _grown(u[:, :keep], images, more)
        carry = np.zeros((basis.shape[1], vh.shape[1]), dtype=flat.dtype)
        carry[:keep] = s[:keep, None] * vh[:keep] / np.linalg.norm(s[:keep])
        isometry = basis.reshape(*centre.shape[:2], -1)
        block = carried(*sides, isometry)
        self._put(k, axis, to, block)
        self.tensors[to] = on_leg(self.tensors[to], carry, leg)
        self._solve(to)
        if to == len(self.tensors) - 1 or basis.shape[1] <= min(self.bond, SMALL):
            # Two bonds of a node may have to be wide before either of them gets weight: always at
            # the root, which has no third leg, and at small bonds.
            self.tensors[k] = returned(isometry, axis)
            return
        # The bond, now that the neighbour has taken what it wants of it, is cut to its size.
        view = np.moveaxis(self.tensors[to], leg, 0)
        u, s, _ = svd(view.reshape(len(view), -1))
        keep, gone, total = kept_rank(s * s, self.bond, self.cutoff)
        self.lost = max(self.lost, gone / total)
        u = u[:, :keep]
        kept = on_leg(self.tensors[to], u.conj().T, leg)
        self.tensors[to] = kept / np.linalg.norm(kept)
        self.tensors[k] = returned(isometry @ u, axis)
        self._put(k, axis, to, u.conj().T @ block @ u)

    def _put(self, k: int, axis: int, to: int, block: Tensor) -> None:
        """Keep the block that k now is to its neighbour."""
        if axis == 2:
            self.below[self.operator.n + k] = block
        else:
            self.above[to] = block


def _grown(own: Tensor, images: Tensor, most: int) -> Tensor:
    """Return orthonormal columns: the own ones, then the leading ones of the images outside."""
    rest = images - own @ (own.conj().T @ images)
    rest = rest - own @ (own.conj().T @ rest)
    room = min(most, len(own) - own.shape[1])
    if room <= 0 or not rest.size:
        return own
    # The eigenvectors of the smaller Gram matrix serve: only the leading ones are wanted.
    u, s, _ = svd(rest) if rest.shape[1] < len(rest) else svd(rest @ rest.conj().T)
    there = s > max(1e-10 * s[0], 1e-14)
    return np.concatenate([own, u[:, : min(room, int(there.sum()))]], axis=1)
