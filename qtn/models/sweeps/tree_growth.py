"""A tree in training whose bonds grow, and whose shape may change while they are small.

Every sweep goes a fraction of the way to the local optima only: a tree that follows each of them to
its end while its bonds still grow ends in a poor one.
"""

from __future__ import annotations

from collections.abc import Sequence

from qtn._random import generator
from qtn.models.networks.trees import Pairs
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.sweeps.born_tree import Patterns, TreeSweeper
from qtn.models.sweeps.tree_rewiring import Rewiring
from qtn.models.sweeps.tree_starts import widened

# Part of the way to a local optimum, and noise in new directions of a bond.
FRACTION, NOISE = 0.3, 1e-2
# Largest bond to which a tree grows by sweeps over two nodes.
_REWIRED = 6


class GrowingTree:
    """A tree and the rows that it is trained on.

    Args:
        pairs: the tree.
        table: site values, shape (rows, sites); number of values of every site; weights of the
            rows, summing to 1.
        tensors: axes (left, right, up), of a small bond.
        rewired: whether the tree changes its shape while bonds are small.
        seed: of the noise.
    """

    def __init__(
        self,
        pairs: Pairs,
        table: tuple[Ints, Sequence[int], Floats],
        tensors: Sequence[Floats],
        rewired: bool,
        seed: int,
    ) -> None:
        rows, levels, weights = table
        self.pairs, self._rows, self._levels = pairs, rows, levels
        self.rewired, self._seed = rewired, seed
        self._sweeper = TreeSweeper(Patterns.of(pairs, rows, levels), weights, tensors)
        self.bond = 0

    @property
    def tensors(self) -> list[Floats]:
        """The tensors, axes (left, right, up)."""
        return self._sweeper.tensors

    def log_likelihoods(self) -> Floats:
        """Return log p of every row."""
        return self._sweeper.log_likelihoods()

    def sweep(self, bond: int) -> None:
        """Let the bonds grow to `bond` if they are smaller, and improve every node once."""
        if self.bond and bond > self.bond:
            self._grow(bond)
        self.bond = max(bond, self.bond)
        self._sweeper.sweep(FRACTION)

    def _grow(self, bond: int) -> None:
        before = self._sweeper
        if self.rewired and bond <= _REWIRED:
            rewiring = Rewiring(before, bond)
            rewiring.sweep(FRACTION)
            self.pairs, tensors = rewiring.in_order()
            patterns = Patterns.of(self.pairs, self._rows, self._levels)
        else:
            rng = generator(self._seed, f"bond {bond}")
            tensors, patterns = widened(self.pairs, self.tensors, bond, NOISE, rng), before.patterns
        self._sweeper = TreeSweeper(patterns, before.weights, tensors)
