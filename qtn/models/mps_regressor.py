"""Regression by matrix product states."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import NDArray
from torch import Tensor

from qtn._checks import choice, positive_int, real
from qtn.models.base import estimator
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.chain_starts import Start, chain_start, check_chain_memory
from qtn.models.regressor import TensorNetworkRegressor


@estimator(
    *("bond", "features", "epochs", "batch_size", "learning_rate", "start", "noise"),
    *("validation_fraction", "patience", "shape", "shifts", "flips", "rescale", "checkpoint"),
    *("device", "dtype", "seed", "random_state", "progress"),
)
class MPSRegressor(TensorNetworkRegressor):
    """Regression by a matrix product state: y(x) = ⟨Φ(x)|W⟩, one W per target, squared loss.

    Args:
        bond: bond dimension, at least 1.
        features: "polynomial" (1, x, x²), "legendre", "learned", "trigonometric", "amplitude" or
            "one_hot", as in `MPSClassifier`.
        start: "linear" starts from the least-squares linear model of all features, "identity" from
            a product function.
        noise: standard deviation of the start's noise.
        validation_fraction: part of the rows held out to choose the best epoch; 0: the last.
        epochs, batch_size, learning_rate, patience, shape, shifts, flips, rescale, checkpoint,
        device, dtype, seed, random_state, progress: as in `MPSClassifier`.

    Attributes:
        history_: loss, in units of the targets' variance, and seconds per epoch.
        status_, best_epoch_: as in `MPSClassifier`.

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

    start: str = "linear"
    noise: float = 1e-2

    def _check_parameters(self) -> None:
        positive_int("bond", self.bond, way_out="8 is a good first choice.")
        choice("start", self.start, ("linear", "identity"))
        real("noise", self.noise, 0.0)
        super()._check_parameters()

    def _start(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> ChainNetwork:
        check_chain_memory(self.bond, x.shape[1], x.shape[2], outputs)
        cores, label = chain_start(
            x.cpu().double().numpy(),
            y.cpu().double().numpy(),
            self.bond,
            Start(self.start, self.noise, self._seed),
            weights.cpu().double().numpy(),
        )
        return ChainNetwork.from_cores(cores, label).to(self._dtype)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> ChainNetwork:
        return ChainNetwork.from_arrays(arrays)
