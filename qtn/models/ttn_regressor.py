"""Regression by tree tensor networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Tensor

from qtn._checks import bounded_int
from qtn._random import RandomState
from qtn.models.networks.tree import TreeNetwork
from qtn.models.networks.trees import chosen_tree
from qtn.models.regressor import TensorNetworkRegressor
from qtn.models.ttn import START_ROWS


class TTNRegressor(TensorNetworkRegressor):
    """Regression by a tree tensor network, started by coarse-graining the data, squared loss.

        y(x) = ⟨Φ(x)|W⟩ / ‖h(x)‖,   one W per target, h the vector that reaches the root

    Args:
        bond: bond dimension, at least the dimension of a feature vector.
        tree, shape: as in `TTNClassifier`.
        features, epochs, batch_size, learning_rate, validation_fraction, patience, shifts, flips,
        rescale, checkpoint, device, dtype, seed, random_state, progress: as in `MPSRegressor`.

    Attributes:
        history_, status_, best_epoch_: as in `MPSRegressor`.

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
    _tree: ClassVar[bool] = True

    def __init__(
        self,
        bond: int = 8,
        *,
        tree: str | Sequence[Sequence[int]] | None = None,
        shape: Sequence[int] | None = None,
        shifts: int = 0,
        flips: bool = False,
        features: str = "polynomial",
        epochs: int = 60,
        batch_size: int = 64,
        learning_rate: float = 2e-3,
        validation_fraction: float = 0.0,
        patience: int = 10,
        rescale: bool | str = "auto",
        checkpoint: str | None = None,
        device: str = "cpu",
        dtype: str | None = None,
        seed: int = 0,
        random_state: RandomState = None,
        progress: bool | None = None,
    ) -> None:
        self.bond = bond
        self.tree = tree
        self.shape = shape
        self.shifts = shifts
        self.flips = flips
        self.features = features
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.rescale = rescale
        self.checkpoint = checkpoint
        self.device = device
        self.dtype = dtype
        self.seed = seed
        self.random_state = random_state
        self.progress = progress

    def _check_parameters(self) -> None:
        bounded_int("bond", self.bond, 2, way_out="8 is a good first choice.")
        super()._check_parameters()

    def _start(self, x: Tensor, y: Tensor, outputs: int, weights: Tensor) -> TreeNetwork:
        bounded_int("bond", self.bond, x.shape[2], way_out="A bond must hold one feature vector.")
        pairs = chosen_tree(self.tree, x.shape[1], self.shape, "MPSRegressor")
        some = slice(None, None, max(1, len(x) // START_ROWS))
        network: TreeNetwork = TreeNetwork.coarse_grained(
            x[some].cpu(), y[some].cpu(), outputs, pairs, self.bond, weights[some].cpu()
        )
        return network.to(self._dtype)

    def _empty(self, arrays: dict[str, NDArray[Any]]) -> TreeNetwork:
        count = sum(name.startswith("nodes.") for name in arrays)
        nodes = [torch.tensor(arrays[f"nodes.{i}"]) for i in range(count)]
        pairs = chosen_tree(self.tree, self._sites, self.shape, "MPSRegressor")
        return TreeNetwork(pairs, nodes, torch.tensor(arrays["label"]))
