"""Regression by tree tensor networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from qtn._checks import bounded_int
from qtn._machine import few_threads, suited
from qtn._optional import Tensor
from qtn.models.base import estimator
from qtn.models.networks.tree import START_ROWS, WIDEST_DIRECT, TreeNetwork
from qtn.models.recipes.candidates import Candidate, Table, tree_models
from qtn.models.recipes.tree_options import learned_tree, restored_tree
from qtn.models.regressor import TensorNetworkRegressor
from qtn.models.training.place import tree_work


@estimator(
    *("bond", "recipe", "tree", "shape", "shifts", "flips", "jitter", "features", "epochs"),
    *("batch_size", "learning_rate", "validation_fraction", "patience", "rescale", "checkpoint"),
    *("device", "dtype", "seed", "random_state", "progress"),
)
class TTNRegressor(TensorNetworkRegressor):
    """Regression by a tree tensor network, started by coarse-graining the data, squared loss.

        y(x) = ⟨Φ(x)|W⟩ / ‖h(x)‖,   one W per target, h the vector that reaches the root

    Args:
        bond: bond dimension, at least the dimension of a feature vector; by hand 8.
        tree, shape: as in `TTNClassifier`.
        recipe, features, epochs, batch_size, learning_rate, validation_fraction, patience, shifts,
        flips, jitter, rescale, checkpoint, device, dtype, seed, random_state, progress: as in
            `MPSRegressor`.

    Attributes:
        history_, status_, best_epoch_, recipe_: as in `MPSRegressor`.
        target_mean_, target_scale_: of the targets; `state(register="root")` gives
            (y - target_mean_) / target_scale_ = readout_ @ ĥ(x).
        tree_: as in `TTNClassifier`.

    Cost: an epoch takes about 3 · rows · sites · bond³ operations.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(0, 1, 50)[:, None] * [1.0, 0.5, 0.2]
        >>> model = TTNRegressor(bond=3, epochs=20).fit(x, x[:, 0] ** 2)
        >>> bool(model.score(x, x[:, 0] ** 2) > 0.99)
        True

    Reference: Stoudenmire, Quantum Sci. Technol. 3, 034003 (2018) for the start.
    """

    kind: ClassVar[str] = "ttn-regressor"

    FIXED: ClassVar[Mapping[str, Any]] = {
        "bond": 8, "features": "polynomial", "epochs": 60, "batch_size": 64, "learning_rate": 2e-3,
        "jitter": 0.0,
    }  # fmt: skip

    tree: str | Sequence[Sequence[int]] | None = None

    def _values(self, amplitude: Tensor, log_scale: Tensor) -> Tensor:
        return amplitude

    @property
    def _unit(self) -> bool:
        return True

    def _check_parameters(self) -> None:
        bounded_int("bond", self._setting("bond"), 2, way_out="8 is a good first choice.")
        super()._check_parameters()

    def _learn_columns(self, rows: NDArray[Any], weights: NDArray[Any]) -> None:
        super()._learn_columns(rows, weights)
        sites = self._sites_of(rows.shape[1], 1)
        self.tree_ = learned_tree(self, rows, weights, sites, "MPSRegressor")

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays, header = super().pack()
        return arrays, header | {"pairs": [list(pair) for pair in self.tree_]}

    def _restore_structure(self, header: dict[str, Any]) -> None:
        self.tree_ = restored_tree(self, header, self._sites, "MPSRegressor")

    def _step_work(self, sites: int, phys: int) -> float:
        return tree_work(
            sites, phys, self._setting("bond"), int(self._setting("batch_size")), self._wants_norm()
        )

    def _candidates(self, table: Table) -> list[Candidate]:
        return tree_models(table, {})

    def _start(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> TreeNetwork:
        bond = bounded_int(
            "bond",
            self._setting("bond"),
            x.shape[2],
            way_out="A bond must hold one feature vector.",
        )
        step = max(1, len(x) // START_ROWS)
        where = self._place if bond**2 > WIDEST_DIRECT else "cpu"
        x, y, weights = (t[::step].to(where) for t in (x, y, weights))
        with few_threads(suited(bond**2 // 2)):  # pairs of children are diagonalised
            network = TreeNetwork.coarse_grained(x, y, outputs, self.tree_, bond, weights)
        return network.to(self._dtype)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> TreeNetwork:
        return TreeNetwork.from_arrays(self.tree_, arrays)
