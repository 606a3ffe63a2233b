"""Regression by matrix product states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Tensor

from qtn._checks import choice, positive_int, real
from qtn._random import RandomState
from qtn.models.networks.chain import ChainNetwork
from qtn.models.regressor import TensorNetworkRegressor
from qtn.models.training.starts import chain_start, check_chain_memory


class MPSRegressor(TensorNetworkRegressor):
    """Regression by a matrix product state: y(x) = ⟨Φ(x)|W⟩, one W per target, squared loss.

    Args:
        bond: bond dimension, at least 1.
        features: "polynomial" (1, x, x²), "legendre", "learned", "trigonometric", "amplitude" or
            "one_hot", as in `MPSClassifier`.
        epochs: passes over the rows.
        batch_size: rows per step.
        learning_rate: first step size of Adam; a cosine schedule lowers it to a hundredth.
        start: "linear" starts from the least-squares linear model of all features, "identity" from
            a product function.
        noise: standard deviation of the start's noise.
        validation_fraction: part of the rows held out to choose the best epoch; 0: the last.
        patience, shape, shifts, flips, rescale, checkpoint, device, dtype, seed, random_state,
        progress: as in `MPSClassifier`.

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

    def __init__(
        self,
        bond: int = 8,
        *,
        features: str = "polynomial",
        epochs: int = 60,
        batch_size: int = 64,
        learning_rate: float = 2e-3,
        start: str = "linear",
        noise: float = 1e-2,
        validation_fraction: float = 0.0,
        patience: int = 10,
        shape: Sequence[int] | None = None,
        shifts: int = 0,
        flips: bool = False,
        rescale: bool | str = "auto",
        checkpoint: str | None = None,
        device: str = "cpu",
        dtype: str | None = None,
        seed: int = 0,
        random_state: RandomState = None,
        progress: bool | None = None,
    ) -> None:
        self.bond = bond
        self.features = features
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.start = start
        self.noise = noise
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.shape = shape
        self.shifts = shifts
        self.flips = flips
        self.rescale = rescale
        self.checkpoint = checkpoint
        self.device = device
        self.dtype = dtype
        self.seed = seed
        self.random_state = random_state
        self.progress = progress

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
            self.start,
            self.noise,
            self._seed,
            weights.cpu().double().numpy(),
        )
        return ChainNetwork.from_cores(cores, label).to(self._dtype)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> ChainNetwork:
        return ChainNetwork(*(torch.tensor(arrays[k]) for k in ("left", "label", "right")))
