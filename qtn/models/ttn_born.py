"""Born machines on a tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn.models.base import estimator
from qtn.models.born import BornMachine
from qtn.models.densities.counted import Counted
from qtn.models.networks.trees import Pairs, chosen_tree
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.sweeps.born_tree import Patterns, TreeSweeper
from qtn.models.sweeps.tree_starts import coarse_grained

if TYPE_CHECKING:
    from qtn.states import TTN


@estimator(
    *("bond", "recipe", "tree", "shape", "bins", "sweeps", "mixture", "smoothing", "tolerance"),
    *("validation_fraction", "seed", "random_state", "progress"),
)
class TTNBornMachine(BornMachine):
    """Density of integer or binned rows, p(v) = |ψ(v)|² / ‖ψ‖², ψ a tree tensor network.

    Started by coarse-graining the rows, then fitted by sweeps over the nodes, every one improved by
    a safeguarded Newton step; see `qtn.models.sweeps.born_tree`. Two-dimensional data, and columns
    that depend on others far away, need smaller bonds on a tree than on a chain.

    Args:
        bond: bond dimension; "auto" is 16. Half of it, a quarter, … are tried too and the best is
            kept.
        tree, shape: as in `TTNClassifier`.
        sweeps: largest number of sweeps over the tree; "auto" is 20.
        seed: chooses the validation rows.
        recipe: bonds of a tree do not grow; the settings are those given, or as by hand.
        bins, mixture, smoothing, tolerance, validation_fraction, random_state, progress: as in
            `MPSBornMachine`.

    Attributes:
        history_, levels_, status_, recipe_, background_: as in `MPSBornMachine`.

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

    FIXED: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"bond": 16, "sweeps": 20, "mixture": 0.0}
    )

    tree: str | Sequence[Sequence[int]] | None = None
    shape: Sequence[int] | None = None

    def _pairs(self) -> Pairs:
        return chosen_tree(self.tree, len(self.levels_), self.shape, "MPSBornMachine")

    def _structures(self, data: Counted) -> dict[str, Any]:
        return {"given": self._pairs()}

    def _adopt(self, structure: Any) -> None:
        pass  # the tree is a parameter

    def _structure(self) -> Any:
        return self._pairs()

    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[TreeSweeper, list[Callable[[], None]]]:
        patterns, share = Patterns.of(self._pairs(), rows, self.levels_), weights / weights.sum()
        sweeper = TreeSweeper(patterns, share, coarse_grained(patterns, share, bond))
        return sweeper, self._steps(sweeper, bond)

    def _seedling(self, structure: Any, data: Counted) -> TreeSweeper:
        patterns = Patterns.of(structure, data.rows, self.levels_)
        start = coarse_grained(patterns, data.shares, self._setting("bond"))
        return TreeSweeper(patterns, data.shares, start)

    def _steps(self, sweeper: Any, bond: int) -> list[Callable[[], None]]:
        return [sweeper.sweep] * self._setting("sweeps")

    def _log_p(self, structure: Any, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        from qtn.states import TTN

        state = TTN(tensors, structure)
        sign, log_size = state.log_amplitudes(rows)
        return np.where(sign == 0, -np.inf, 2 * (log_size - state.log_norm()))

    def _pure(self) -> TTN:
        from qtn.states import TTN

        return TTN(self.tensors_, self._pairs()).normalised()

    def _sum(
        self, tensors: Sequence[NDArray[Any]], vectors: Sequence[Floats]
    ) -> tuple[NDArray[Any], ...]:
        out: list[NDArray[Any]] = []
        sites = len(vectors)
        for t, pair in zip(tensors, self._pairs(), strict=True):
            # Bonds inside the tree are longer by one; columns and the root's end are shared.
            more = [*(child >= sites for child in pair), len(out) < len(tensors) - 1]
            new = np.zeros(np.add(t.shape, more), dtype=t.dtype)
            new[: t.shape[0], : t.shape[1], : t.shape[2]] = t
            a, b = (
                np.eye(n)[-1] if child >= sites else vectors[child]
                for child, n in zip(pair, new.shape[:2], strict=True)
            )
            new[:, :, -1] += np.outer(a, b)
            out.append(new)
        return tuple(out)

    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self._pairs()):
            if column in pair:
                tensors[k] = tensors[k].copy()
                np.moveaxis(tensors[k], pair.index(column), 0)[values] = 0.0

    def _hold(self, column: int, value: int, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self._pairs()):
            if column in pair:
                tensors[k] = tensors[k].take([value], axis=pair.index(column))
