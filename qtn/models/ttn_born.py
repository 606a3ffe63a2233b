"""Born machines on a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from qtn._random import RandomState
from qtn.models.born import BornMachine
from qtn.models.networks.trees import Pairs, chosen_tree
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.sweeps.born_tree import TreeSweeper

if TYPE_CHECKING:
    from qtn.states import TTN


class TTNBornMachine(BornMachine):
    """Density of integer or binned rows, p(v) = |ψ(v)|² / ‖ψ‖², ψ a tree tensor network.

    Started by coarse-graining the rows, then fitted by sweeps over the nodes, every one improved by
    a safeguarded Newton step; see `qtn.models.sweeps.born_tree`. Two-dimensional data, and columns
    that depend on others far away, need smaller bonds on a tree than on a chain.

    Args:
        bond: bond dimension. Half of it, a quarter, … are tried too and the best is kept.
        tree: "patches" (2-D, needs `shape`), "balanced" (1-D), or pairs of node numbers, see
            `qtn.models.networks.trees`; None takes patches where a shape is given.
        shape: (height, width) of the image that one row is.
        bins: "auto" takes columns of integers 0 … 63 as they are, and cuts all others into 8 bins
            at the quantiles of the training rows; None takes integers only; a number cuts every
            column into as many bins.
        sweeps: largest number of sweeps over the tree.
        tolerance: stop when a sweep lowers the loss by less than this, in nats per row.
        validation_fraction: part of the rows held out; the sweep with the best one is kept.
        seed: chooses the validation rows.
        random_state: the same by scikit-learn's name, see `MPSClassifier`.
        progress: True or False shows or hides the bar; None shows it where someone can watch.

    Attributes:
        history_, levels_, status_: as in `MPSBornMachine`.

    Cost: a sweep takes about 20 · rows · sites · bond³ operations and rows · sites · bond numbers.

    Example:
        >>> rows = np.array([[0, 0, 1], [1, 1, 0]])
        >>> model = TTNBornMachine(bond=2).fit(rows)
        >>> model.score_samples(rows).round(3)
        array([-0.693, -0.693])

    Reference: Cheng, Wang, Xiang, Zhang, Phys. Rev. B 99, 155131 (2019). There the local step
    follows the gradient with a tuned learning rate.
    """

    kind: ClassVar[str] = "ttn-born-machine"

    def __init__(
        self,
        bond: int = 16,
        *,
        tree: str | Sequence[Sequence[int]] | None = None,
        shape: Sequence[int] | None = None,
        bins: int | str | None = "auto",
        sweeps: int = 20,
        tolerance: float = 1e-5,
        validation_fraction: float = 0.0,
        seed: int = 0,
        random_state: RandomState = None,
        progress: bool | None = None,
    ) -> None:
        self.bond = bond
        self.tree = tree
        self.shape = shape
        self.bins = bins
        self.sweeps = sweeps
        self.tolerance = tolerance
        self.validation_fraction = validation_fraction
        self.seed = seed
        self.random_state = random_state
        self.progress = progress

    def _pairs(self) -> Pairs:
        return chosen_tree(self.tree, len(self.levels_), self.shape, "MPSBornMachine")

    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[TreeSweeper, list[Callable[[], None]]]:
        sweeper = TreeSweeper(self._pairs(), rows, self.levels_, weights / weights.sum(), bond)
        return sweeper, [sweeper.sweep] * self.sweeps

    def _log_p(self, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        from qtn.states import TTN

        state = TTN(tensors, self._pairs())
        sign, log_size = state.log_amplitudes(rows)
        return np.where(sign == 0, -np.inf, 2 * (log_size - state.log_norm()))

    def state(self) -> TTN:
        """Return the normalised state ψ, one site per column."""
        from qtn.states import TTN

        check_is_fitted(self)
        return TTN(self.tensors_, self._pairs()).normalised()

    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self._pairs()):
            if column in pair:
                tensors[k] = tensors[k].copy()
                np.moveaxis(tensors[k], pair.index(column), 0)[values] = 0.0

    def _given(self, column: int, value: int, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self._pairs()):
            if column in pair:
                tensors[k] = tensors[k].take([value], axis=pair.index(column))
