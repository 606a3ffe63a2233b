"""What all regressors share: targets in, squared errors, predictions."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.metrics import r2_score
from torch import Tensor

from qtn._checks import fail, finite_array
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.models.base import estimator
from qtn.models.model import TensorNetworkModel
from qtn.models.training.losses import values
from qtn.models.training.rows import all_or_nothing, check_targets, check_weights


@estimator()
class TensorNetworkRegressor(MultiOutputMixin, RegressorMixin, TensorNetworkModel):
    """Base of the regressors; see `MPSRegressor` for the parameters.

    The network predicts every target less its mean, in units of its standard deviation.
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on rows `X` with targets `y`.

        Args:
            X: shape (samples, features); see `rescale` for values outside [0, 1].
            y: targets, shape (samples,) or (samples, targets).
            sample_weight: weight of every row in the loss, shape (samples,).

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was trained.
        """
        self._check_parameters()
        with all_or_nothing(self):
            rows, y = check_targets(self, X, y)
            weights = check_weights(sample_weight, len(rows))
            rows, y, weights = rows[weights > 0], y[weights > 0], weights[weights > 0]
            self._mean = np.average(y, axis=0, weights=weights)
            size = np.sqrt(np.average((y - self._mean) ** 2, axis=0, weights=weights))
            self._size = np.where(size > 0, size, 1.0)
            targets = ((y - self._mean) / self._size).reshape(len(y), -1)
            self._fit_rows(rows, targets, weights / weights.mean())
        return self

    def _held_out(self, targets: NDArray[np.float64]) -> NDArray[np.int64]:
        rows = len(targets)
        if not self.validation_fraction:
            return np.empty(0, dtype=np.int64)
        if rows < 2:
            raise ArgumentError(
                "Argument `X` holds one row only, which cannot be split into training and "
                "validation. Add rows or set validation_fraction=0."
            )
        count = min(max(1, round(self.validation_fraction * rows)), rows - 1)
        return np.sort(generator(self._seed, "validation").permutation(rows)[:count])

    def _values(self, amplitude: Tensor, log_scale: Tensor) -> Tensor:
        return values(amplitude, log_scale)

    @property
    def _unit(self) -> bool:
        """Whether a target is an amplitude per unit length of the contracted row."""
        return False

    def _batch_loss(
        self, x: Tensor, y: Tensor, weights: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        found = self._values(*self._forward(x, self._unit))
        loss = ((found - y).square().mean(dim=1) * weights).mean()
        return loss, {"loss": loss.detach()}

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the predicted targets of rows `X`, of the shape of `y` in training.

        Raises:
            ArgumentError: the rows cannot be used.
        """
        found = self._values(*self._amplitudes(X, self._unit)).numpy()
        return np.asarray(found.reshape(len(found), *self._mean.shape) * self._size + self._mean)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the coefficient of determination R² of `predict`, the mean over targets.

        Raises:
            ArgumentError: rows, targets or weights that cannot be used.
        """
        found = self.predict(X)
        targets = finite_array("y", y, dtype=np.float64)
        if targets.shape != found.shape:
            raise fail("y", f"targets of shape {found.shape}", targets)
        weights = None if sample_weight is None else check_weights(sample_weight, len(found))
        return float(r2_score(targets, found, sample_weight=weights))

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays, header = super().pack()
        return arrays | {"target.mean": self._mean, "target.size": self._size}, header

    def _restore_targets(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        mean, size = (finite_array(k, arrays[k]) for k in ("target.mean", "target.size"))
        if mean.shape != size.shape or mean.ndim > 1 or size.min() <= 0:
            raise fail("target.size", "one positive number per target", size)
        self._mean, self._size = mean, size

    def _outputs(self) -> int:
        return int(self._mean.size)
