"""Born machines on a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qtn.models.base import estimator
from qtn.models.born import BornMachine
from qtn.models.networks.trees import Pairs, chosen_tree
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.sweeps.born_tree import Patterns, TreeSweeper
from qtn.models.sweeps.tree_starts import coarse_grained

if TYPE_CHECKING:
    from qtn.states import TTN


@estimator(
    *("bond", "tree", "shape", "bins", "sweeps", "tolerance", "validation_fraction"),
    *("seed", "random_state", "progress"),
)
class TTNBornMachine(BornMachine):
    """Density of integer or binned rows, p(v) = |ψ(v)|² / ‖ψ‖², ψ a tree tensor network.

    Started by coarse-graining the rows, then fitted by sweeps over the nodes, every one improved by
    a safeguarded Newton step; see `qtn.models.sweeps.born_tree`. Two-dimensional data, and columns
    that depend on others far away, need smaller bonds on a tree than on a chain.

    Args:
        bond: bond dimension. Half of it, a quarter, … are tried too and the best is kept.
        tree, shape: as in `TTNClassifier`.
        sweeps: largest number of sweeps over the tree.
        seed: chooses the validation rows.
        bins, tolerance, validation_fraction, random_state, progress: as in `MPSBornMachine`.

    Attributes:
        history_, levels_, status_: as in `MPSBornMachine`.

    Cost: a sweep takes about 20 · patterns · bond³ operations, with as many patterns at a node as
    there are different rows on the columns below it, and rows · sites · bond².

    Example:
        >>> rows = np.array([[0, 0, 1], [1, 1, 0]])
        >>> model = TTNBornMachine(bond=2).fit(rows)
        >>> model.score_samples(rows).round(3)
        array([-0.693, -0.693])

    Reference: Cheng, Wang, Xiang, Zhang, Phys. Rev. B 99, 155131 (2019). There the local step
    follows the gradient with a tuned learning rate.
    """

    kind: ClassVar[str] = "ttn-born-machine"

    tree: str | Sequence[Sequence[int]] | None = None
    shape: Sequence[int] | None = None

    def _pairs(self) -> Pairs:
        return chosen_tree(self.tree, len(self.levels_), self.shape, "MPSBornMachine")

    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[TreeSweeper, list[Callable[[], None]]]:
        patterns, share = Patterns.of(self._pairs(), rows, self.levels_), weights / weights.sum()
        sweeper = TreeSweeper(patterns, share, coarse_grained(patterns, share, bond))
        return sweeper, [sweeper.sweep] * self.sweeps

    def _log_p(self, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        from qtn.states import TTN

        state = TTN(tensors, self._pairs())
        sign, log_size = state.log_amplitudes(rows)
        return np.where(sign == 0, -np.inf, 2 * (log_size - state.log_norm()))

    def _unnormalised(self, form: str, number: int) -> TTN:
        from qtn.states import TTN

        return TTN(self.tensors_, self._pairs())

    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self._pairs()):
            if column in pair:
                tensors[k] = tensors[k].copy()
                np.moveaxis(tensors[k], pair.index(column), 0)[values] = 0.0

    def _given(self, column: int, value: int, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self._pairs()):
            if column in pair:
                tensors[k] = tensors[k].take([value], axis=pair.index(column))
