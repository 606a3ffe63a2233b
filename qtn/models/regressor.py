"""What all regressors share: targets in, squared errors, predictions."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.metrics import r2_score

from qtn._checks import fail, finite_array
from qtn._machine import few_threads
from qtn._optional import Tensor, need_torch
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.models.base import estimator
from qtn.models.model import TensorNetworkModel
from qtn.models.training.losses import values
from qtn.models.training.rows import all_or_nothing, check_targets, check_weights


@estimator()
class TensorNetworkRegressor(MultiOutputMixin, RegressorMixin, TensorNetworkModel):
    """Base of the regressors; see `MPSRegressor` for the parameters.

    The network predicts every target less its mean, in units of its standard deviation,

        y_k(x) = target_mean_k + target_scale_k · f_k(x),

    f_k(x) = exp(log_norms_k) ⟨Φ(x)|state(k)⟩ of a chain, (readout_ @ ĥ(x))_k of a tree.
    """

    @few_threads(1)
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
            MissingExtraError: torch is not installed.
        """
        need_torch()
        self._check_parameters()
        with all_or_nothing(self):
            rows, y = check_targets(self, X, y)
            weights = check_weights(sample_weight, len(rows))
            rows, y, weights = rows[weights > 0], y[weights > 0], weights[weights > 0]
            self.target_mean_ = np.average(y, axis=0, weights=weights)
            size = np.sqrt(np.average((y - self.target_mean_) ** 2, axis=0, weights=weights))
            self.target_scale_ = np.where(size > 0, size, 1.0)
            targets = ((y - self.target_mean_) / self.target_scale_).reshape(len(y), -1)
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

    @few_threads(1)
    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the predicted targets of rows `X`, of the shape of `y` in training.

        Raises:
            ArgumentError: the rows cannot be used.
        """
        found = self._values(*self._amplitudes(X, self._unit)).numpy()
        found = found.reshape(len(found), *self.target_mean_.shape)
        return np.asarray(found * self.target_scale_ + self.target_mean_)

    @few_threads(1)
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
        own = {"target.mean": self.target_mean_, "target.size": self.target_scale_}
        return arrays | own, header

    def _restore_targets(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        mean, size = (finite_array(k, arrays[k]) for k in ("target.mean", "target.size"))
        if mean.shape != size.shape or mean.ndim > 1 or size.min() <= 0:
            raise fail("target.size", "one positive number per target", size)
        self.target_mean_, self.target_scale_ = mean, size

    def _outputs(self) -> int:
        return int(self.target_mean_.size)

    def _labels(self) -> list[Any]:
        return list(range(self._outputs()))
