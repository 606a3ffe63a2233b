"""Born machines on a tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import flag
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.models.base import estimator
from qtn.models.born import BornMachine
from qtn.models.densities.counted import Counted, Flags
from qtn.models.densities.tree_conditionals import tree_completions, tree_marginals
from qtn.models.networks.trees import Pairs, chosen_tree
from qtn.models.recipes.candidates import FEW_ROWS
from qtn.models.recipes.growth import Sweeper, ladder
from qtn.models.recipes.settings import AUTO, is_auto
from qtn.models.recipes.tree_options import restored_tree
from qtn.models.structure.linkages import TREES, information_tree
from qtn.models.structure.orders import FEWEST, WIDEST
from qtn.models.sweeps.born_local import Floats, Ints
from qtn.models.sweeps.born_tree import Patterns, TreeSweeper
from qtn.models.sweeps.tree_growth import GrowingTree
from qtn.models.sweeps.tree_starts import chow_liu_density, coarse_grained, product

if TYPE_CHECKING:
    from qtn.states import TTN

# Noise of the product that a tree starts from, and of the density of Chow and Liu, where steps
# would otherwise leave what is zero as it is.
_NOISE, _STIRRED = 0.1, 1e-2
# Levels of a column up to which a tree starts from that density, whose bonds are as large.
_FEW_LEVELS = 4
# By hand, a table of fewer rows per bond is learned by heart from the sum of its rows.
_BY_HEART = 8


@dataclass(frozen=True, slots=True)
class _Shape:
    """A tree, and whether its shape changes in training.

    Args:
        pairs: the tree.
        name: of how it was learned from rows, which other rows may answer otherwise; or "".
        rewired: whether it changes.
    """

    pairs: Pairs
    name: str = ""
    rewired: bool = False


@estimator(
    *("bond", "recipe", "tree", "rewired", "shape", "bins", "sweeps", "mixture", "smoothing"),
    *("tolerance", "validation_fraction", "seed", "random_state", "progress"),
)
class TTNBornMachine(BornMachine):
    """Density of integer or binned rows, p(v) = |ψ(v)|² / ‖ψ‖², ψ a tree tensor network.

    Fitted by sweeps over the nodes, every one improved by a safeguarded Newton step; see
    `qtn.models.sweeps.born_tree`. Without settings by hand (`bond`, `sweeps`) the tree is learned
    from what the columns know of each other, may change its shape while bonds are small, and its
    bonds grow from 2 on while rows held out gain from it; a background is mixed in so that no value
    is impossible. `recipe_` says what came out, see `qtn.models.recipes.growth`. Two-dimensional
    data, and columns that depend on others far away, need smaller bonds on a tree than on a chain.

    Args:
        bond: largest bond dimension; bonds grow up to 32 by themselves. By hand 16, reached step by
            step too; half of it, a quarter, … are tried as well and the best is kept.
        recipe: as in `MPSBornMachine`.
        tree: "patches" (2-D, needs `shape`), "balanced" (neighbours), "linkage" or "chow-liu" (see
            `qtn.models.structure.linkages`), pairs of node numbers, see
            `qtn.models.networks.trees`, or "auto": what is best on rows held out at bond 4. None
            takes patches where a shape is given; else it is "auto" where bonds grow (4 to 256
            columns, at least 200 rows), and "balanced" otherwise.
        rewired: whether the tree changes its shape while bonds grow to 6, see
            `qtn.models.sweeps.tree_rewiring`. "auto" tries both where a learned tree is tried; it
            cannot be set by hand.
        shape: (height, width) of the image that one row is.
        sweeps: sweeps over the tree; by hand 20 at the largest bond, while bonds grow 6 at each.
        seed: chooses noise and validation rows.
        bins, mixture, smoothing, tolerance, validation_fraction, random_state, progress: as in
            `MPSBornMachine`.

    Attributes:
        history_, levels_, status_, recipe_, background_: as in `MPSBornMachine`.
        tree_: the pairs of the tree.

    Cost: a sweep takes about 20 · patterns · bond³ operations, with as many patterns at a node as
    there are different rows on the columns below it, and rows · sites · bond².

    Example:
        >>> rows = np.array([[0, 0, 1], [1, 1, 0]])
        >>> model = TTNBornMachine(bond=2).fit(rows)
        >>> model.score_samples(rows).round(3)
        array([-0.693, -0.693])

    Reference: Cheng, Wang, Xiang, Zhang, Phys. Rev. B 99, 155131 (2019). There the local step
    follows the gradient with a tuned learning rate, on a tree that is given.
    """

    kind: ClassVar[str] = "ttn-born-machine"

    FIXED: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"bond": 16, "sweeps": 20, "mixture": 0.0, "tree": None, "rewired": False}
    )
    GROWN: ClassVar[Mapping[str, Any]] = MappingProxyType({"bond": 32, "sweeps": 6})

    tree: str | Sequence[Sequence[int]] | None = None
    rewired: bool | str = AUTO
    shape: Sequence[int] | None = None

    def _check_parameters(self) -> None:
        auto = isinstance(self.rewired, str) and self.rewired == AUTO
        if not auto and flag("rewired", self.rewired) and not self._searches():
            raise ArgumentError(
                'Argument `rewired` must be "auto" or False where training is set by hand, but is '
                'True. Leave `bond` and `sweeps` open, or take recipe="search".'
            )
        super()._check_parameters()

    # ---------------------------------------------------------------- structure

    def _structures(self, data: Counted) -> dict[str, Any]:
        columns, rows = data.rows.shape[1], data.rows.astype(np.float64)
        found = {}
        for name in self._tree_names(data):
            if name in TREES:
                pairs = information_tree(name, rows, data.counts)
            else:
                pairs = chosen_tree(name or self.tree, columns, self.shape, "MPSBornMachine")
            changes: tuple[bool, ...] = (self.rewired is True,)
            if name in TREES and is_auto(self.rewired) and self._searches():
                changes = (False, True)
            for rewired in changes:
                key = f"{name or 'given'}{', rewired' if rewired else ''}"
                found[key] = _Shape(pairs, name, rewired)
        return found

    def _tree_names(self, data: Counted) -> tuple[str, ...]:
        """Return the names of the trees to choose from; "" for one given by its pairs."""
        plain = "balanced" if self.shape is None else "patches"
        if self.tree is None:
            columns = data.rows.shape[1]
            wide_enough = FEWEST <= columns <= WIDEST and data.total >= FEW_ROWS
            learns = self._searches() and self.shape is None and wide_enough
            return (plain, *TREES) if learns else (plain,)
        if isinstance(self.tree, str):
            return (plain, *TREES) if self.tree == AUTO else (self.tree,)
        return ("",)

    def _adopt(self, structure: Any) -> None:
        self.tree_ = structure.pairs

    def _structure(self) -> Any:
        return _Shape(self.tree_)

    def _shape(self, structure: Any, sweeper: Any) -> Any:
        return replace(structure, pairs=sweeper.pairs)

    def _structure_settings(self, name: str, structure: Any) -> dict[str, Any]:
        named = {"tree": structure.name} if structure.name else {}
        return named | {"rewired": structure.rewired}

    def _restore_structure(self, header: dict[str, Any]) -> None:
        self.tree_ = restored_tree(self, header, len(self.levels_), "MPSBornMachine")

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays, header = super().pack()
        return arrays, header | {"pairs": [list(pair) for pair in self.tree_]}

    # ----------------------------------------------------------------- training

    def _training(
        self, rows: Ints, weights: Floats, bond: int
    ) -> tuple[Sweeper, list[Callable[[], None]]]:
        data = Counted(rows, weights)
        sweeps = self._setting("sweeps")
        if len(np.unique(rows, axis=0)) <= _BY_HEART * bond:
            patterns = Patterns.of(self.tree_, rows, self.levels_)
            start = coarse_grained(patterns, data.shares, bond)
            sweeper = TreeSweeper(patterns, data.shares, start)
            return sweeper, [sweeper.sweep] * sweeps
        name = self._setting("tree")
        tree = self._begun(_Shape(self.tree_, name if isinstance(name, str) else ""), data)
        climb: list[Callable[[], None]]
        climb = [partial(self._rung, tree, below) for below in ladder(bond)[:-1]]
        return tree, climb + [partial(tree.sweep, bond)] * sweeps

    def _rung(self, tree: GrowingTree, bond: int) -> None:
        for _ in range(self.GROWN["sweeps"]):
            tree.sweep(bond)

    def _seedling(self, structure: Any, data: Counted) -> GrowingTree:
        if structure.name in TREES:  # learned from these rows alone
            rows = data.rows.astype(np.float64)
            structure = replace(
                structure, pairs=information_tree(structure.name, rows, data.counts)
            )
        return self._begun(structure, data)

    def _begun(self, structure: _Shape, data: Counted) -> GrowingTree:
        pairs, levels = structure.pairs, self.levels_
        rng = generator(self._seed, "start")
        if structure.name == "chow-liu" and max(levels) <= _FEW_LEVELS:
            exact = chow_liu_density(pairs, data.rows, data.counts, levels, self.smoothing)
            start = [t + _STIRRED * t.max() * rng.random(t.shape) for t in exact]
        else:
            start = product(pairs, self._background(data).amplitudes, 2, _NOISE, rng)
        table = (data.rows, levels, data.shares)
        return GrowingTree(pairs, table, start, structure.rewired, self._seed)

    def _steps(self, sweeper: Any, bond: int) -> list[Callable[[], None]]:
        return [partial(sweeper.sweep, bond)] * self._growing("sweeps")

    # -------------------------------------------------------------------- state

    def _log_p(self, structure: Any, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        from qtn.states import TTN

        state = TTN(tensors, structure.pairs)
        sign, log_size = state.log_amplitudes(rows)
        return np.where(sign == 0, -np.inf, 2 * (log_size - state.log_norm()))

    def _pure(self) -> TTN:
        from qtn.states import TTN

        return TTN(self.tensors_, self.tree_).normalised()

    def _marginals(self, rows: Ints, missing: Flags) -> tuple[Floats, list[Floats]]:
        state = self._pure()
        return tree_marginals(state.pairs, state.tensors, rows, missing)

    def _completions(
        self, rows: Ints, missing: Flags, rng: np.random.Generator
    ) -> tuple[Floats, Ints]:
        state = self._pure()
        return tree_completions(state.pairs, state.tensors, rows, missing, rng)

    def _forget(self, column: int, values: Ints, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self.tree_):
            if column in pair:
                tensors[k] = tensors[k].copy()
                np.moveaxis(tensors[k], pair.index(column), 0)[values] = 0.0

    def _hold(self, column: int, value: int, tensors: list[Floats]) -> None:
        for k, pair in enumerate(self.tree_):
            if column in pair:
                tensors[k] = tensors[k].take([value], axis=pair.index(column))
