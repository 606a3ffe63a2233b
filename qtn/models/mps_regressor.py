"""Regression by matrix product states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._optional import Tensor
from qtn.models.base import estimator
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.chain_starts import chain_start, check_chain_memory
from qtn.models.recipes.candidates import Candidate, Table, chain_regressors
from qtn.models.recipes.chain_options import CHAIN_FIXED, chain_settings, check_chain_settings
from qtn.models.recipes.settings import AUTO
from qtn.models.regressor import TensorNetworkRegressor
from qtn.models.structure.orders import site_order


@estimator(
    *("bond", "recipe", "features", "epochs", "batch_size", "learning_rate", "start", "noise"),
    *("ridge", "copies", "order", "validation_fraction", "patience", "shape", "shifts", "flips"),
    *("jitter", "rescale", "checkpoint", "device", "dtype", "seed", "random_state", "progress"),
)
class MPSRegressor(TensorNetworkRegressor):
    """Regression by a matrix product state: y(x) = ⟨Φ(x)|W⟩, one W per target, squared loss.

    Args:
        bond: bond dimension, at least 1; by hand 8.
        features: "polynomial" (1, x, x²), "legendre", "learned", "trigonometric", "amplitude" or
            "one_hot", as in `MPSClassifier`.
        start: "linear" starts from the least-squares linear model of all features, by hand;
            "screened" from that of the columns that tell something, "identity" from a product
            function.
        noise: standard deviation of the start's noise.
        validation_fraction: part of the rows held out to choose the best epoch; 0: the last.
        epochs: passes over the rows; with 0 the start is the model.
        recipe, ridge, copies, order, batch_size, learning_rate, patience, shape, shifts, flips,
        jitter, rescale, checkpoint, device, dtype, seed, random_state, progress: as in
            `MPSClassifier`; by hand learning_rate=2e-3 and copies=1.

    Attributes:
        history_: loss, in units of the targets' variance, and seconds per epoch.
        status_, best_epoch_, recipe_, order_: as in `MPSClassifier`.
        target_mean_, target_scale_: of the targets; the states of `state` give
            (y - target_mean_) / target_scale_ = exp(log_norms_) ⟨Φ(x)|state⟩.

    Cost: an epoch takes rows · sites · bond² · phys operations, three times over.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(0, 1, 50)[:, None] * [1.0, 0.5, 0.2]
        >>> model = MPSRegressor(bond=2, epochs=20).fit(x, x[:, 0] ** 2)
        >>> bool(model.score(x, x[:, 0] ** 2) > 0.99)
        True

    Reference: Stoudenmire and Schwab, NeurIPS 2016 (arXiv:1605.05775), eq. 1, with squared errors.
    """

    kind: ClassVar[str] = "mps-regressor"

    FIXED: ClassVar[Mapping[str, Any]] = CHAIN_FIXED | {
        "features": "polynomial",
        "learning_rate": 2e-3,
        "start": "linear",
        "copies": 1,
    }

    start: str = AUTO
    noise: float | str = AUTO
    ridge: float | str = AUTO
    copies: int | str = AUTO
    order: str | Sequence[int] | None = None

    def _check_parameters(self) -> None:
        check_chain_settings(self, ("linear", "screened", "identity"))
        super()._check_parameters()

    def _copies(self, columns: int) -> int:
        return int(self._setting("copies"))

    def _least_epochs(self) -> int:
        return 0  # the start is a model already

    def _site_order(
        self, rows: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.int64] | None:
        return site_order(self._setting("order"), rows, weights)

    def _candidates(self, table: Table) -> list[Candidate]:
        return chain_regressors(table)

    def _start(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> ChainNetwork:
        bond = self._setting("bond")
        check_chain_memory(bond, x.shape[1], x.shape[2], outputs)
        cores, label = chain_start(
            x.cpu().double().numpy(),
            y.cpu().double().numpy(),
            bond,
            chain_settings(self, self._seed),
            weights.cpu().double().numpy(),
        )
        return ChainNetwork.from_cores(cores, label).to(self._dtype)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> ChainNetwork:
        return ChainNetwork.from_arrays(arrays)
