"""What all classifiers share: labels in, losses, predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from qtn._checks import choice, fail, flag, real
from qtn._machine import few_threads
from qtn._optional import Tensor, need_torch, torch
from qtn._random import derived_seed, generator
from qtn.errors import ArgumentError
from qtn.models.base import estimator
from qtn.models.model import TensorNetworkModel
from qtn.models.networks.isometric import Reading
from qtn.models.recipes.circuit_options import check_circuit, circuit_fixed, shots_of
from qtn.models.recipes.settings import AUTO, is_auto
from qtn.models.training import losses
from qtn.models.training.jitter import Jitter
from qtn.models.training.rows import (
    CheckedRows,
    all_or_nothing,
    check_class_weights,
    check_labelled,
    check_weights,
    known_labels,
)

SEEN = 128  # training rows whose scores a model remembers


@estimator()
class TensorNetworkClassifier(ClassifierMixin, TensorNetworkModel):
    """Base of the classifiers; see `MPSClassifier` for the parameters."""

    isometric: bool = False
    nodes: str = "matrices"
    depth: int | str = AUTO
    gate_noise: float = 0.0
    readout_noise: float = 0.0
    shots: int | str | None = AUTO
    loss: str | None = AUTO
    generative: float | str | None = AUTO
    class_weight: str | Mapping[Any, float] | None = None

    # ---------------------------------------------------------------- training

    @few_threads(1)
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on rows `X` with labels `y`.

        Args:
            X: shape (samples, features); see `rescale` for values outside [0, 1].
            y: labels, shape (samples,), of any type that sorts.
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
            rows, classes, numbers = check_labelled(self, X, y)
            self.classes_ = classes
            weights = self._weights(sample_weight, numbers)
            used = weights > 0
            self._unit_weight = float(weights[used].mean())
            self._fit_rows(rows[used], numbers[used], weights[used] / self._unit_weight)
            # What a device's decisions will take is judged by these, before anything is compiled.
            seen = np.unique(np.linspace(0, used.sum() - 1, SEEN).astype(int))
            self.seen_scores_ = self.scores(rows[used][seen].view(CheckedRows))
        return self

    def _fixed(self) -> Mapping[str, Any]:
        return circuit_fixed(self) or super()._fixed()

    def _loss(self) -> str:
        found = self._setting("loss")
        return ("softmax" if self.isometric else "born") if is_auto(found) else str(found)

    def _generative(self) -> float:
        found = self._setting("generative")
        return (0.0 if self.isometric else 0.1) if is_auto(found) else found

    @property
    def _unit(self) -> bool:
        """Whether "softmax" takes amplitudes per unit length of the contracted row."""
        return self._loss() == "softmax" and self.isometric

    def _wants_norm(self) -> bool:
        return self._generative() > 0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        flag("isometric", self.isometric)
        if not is_auto(self.loss):
            choice("loss", self.loss, (None, *losses.LOSSES))
        real("generative", self._generative(), 0.0)
        if not isinstance(self.class_weight, Mapping):
            choice("class_weight", self.class_weight, (None, "balanced"))
        check_circuit(self)
        if self.isometric:
            bond, features = self._setting("bond"), self._setting("features")
            if bond < 2 or bond & (bond - 1):
                raise fail("bond", "a power of 2 for an isometric model", bond)
            if features != "trigonometric" or self._generative():
                raise ArgumentError(
                    "An isometric model is a circuit on qubits: it takes features='trigonometric' "
                    f"and generative=0, but has {features!r} and {self._generative()!r}."
                )

    def _log_probabilities(self, amplitude: Tensor, log_scale: Tensor) -> Tensor:
        used = torch.zeros_like(log_scale) if self._unit else log_scale
        return losses.log_probabilities(amplitude, used, self._loss())

    def _weights(
        self, sample_weight: ArrayLike | None, numbers: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the products of the weights of the rows and of their classes."""
        weights = check_weights(sample_weight, len(numbers))
        if isinstance(self.class_weight, Mapping):
            weights = weights * check_class_weights(self.class_weight, self.classes_)[numbers]
            if not weights.any():
                raise fail("class_weight", "weights that leave a row", self.class_weight)
        elif self.class_weight == "balanced":
            totals = np.bincount(numbers, weights, len(self.classes_))
            mean = weights.sum() / len(self.classes_)
            weights = weights * (mean / np.maximum(totals, 1e-300))[numbers]
        return weights

    def _held_out(self, targets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows held out for validation, chosen class by class."""
        numbers = targets
        held: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        if self.validation_fraction > 0:
            rng = generator(self._seed, "validation")
            for c in range(int(numbers.max()) + 1):
                members = rng.permutation(np.flatnonzero(numbers == c))
                if not len(members):
                    continue
                if len(members) < 2:
                    raise ArgumentError(
                        f"Argument `y` holds one row only of class {self.classes_[c]!r}, which "
                        "cannot be split into training and validation. Add rows of that class or "
                        "set validation_fraction=0."
                    )
                wanted = round(self.validation_fraction * len(members))
                held.append(members[: min(max(wanted, 1), len(members) - 1)])
        return np.sort(np.concatenate(held))

    def _batch_loss(
        self, x: Tensor, y: Tensor, weights: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        amplitude, log_scale = self._trained(x)
        logs = self._log_probabilities(amplitude, log_scale)
        per_row = -logs.gather(1, y[:, None])[:, 0]
        if self._generative() > 0:
            log_norm = self.network_.log_norm()
            joint = losses.log_likelihood(amplitude, log_scale, log_norm, y)
            per_row = per_row - self._generative() * joint
        loss = (per_row * weights).mean()
        correct = (logs.detach().argmax(dim=1) == y).double().mean()
        return loss, {"loss": loss.detach(), "accuracy": correct}

    def _step_loss(
        self,
        x: Tensor,
        y: Tensor,
        weights: Tensor,
        rows: Tensor,
        step: int,
        jitter: Jitter | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        self._draw: int | None = step
        try:
            return super()._step_loss(x, y, weights, rows, step, jitter)
        finally:
            self._draw = None

    def _trained(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return amplitudes and log scales of features, as the training wants a circuit read."""
        step = vars(self).get("_draw")  # none where rows held out are judged
        shots = None if step is None else shots_of(self)
        if not (self.gate_noise or self.readout_noise or shots):
            return self._forward(x, self._unit)
        draw = 0 if step is None else derived_seed(self._seed, "shots", step)
        reading = Reading(self.gate_noise, self.readout_noise, shots, draw)
        network: Any = self.network_
        amplitude, log_scale = network.read(x.permute(1, 2, 0), self._unit, reading)
        return amplitude, log_scale

    # ------------------------------------------------------------- predictions

    @few_threads(1)
    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the class probabilities of rows `X`, shape (samples, classes).

        Raises:
            ArgumentError: the rows cannot be used.
        """
        check_is_fitted(self)
        p = self._log_probabilities(*self._amplitudes(X, self._unit)).exp().numpy()
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    @few_threads(1)
    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of every row, shape (samples,).

        Raises:
            ArgumentError: the rows cannot be used.
        """
        check_is_fitted(self)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    @few_threads(1)
    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy on rows `X` with labels `y`.

        Raises:
            ArgumentError: the rows cannot be used, or a label was never seen in training.
        """
        check_is_fitted(self)
        labels = known_labels(y, self.classes_)
        found = self.predict(X)
        if labels.shape != found.shape:
            raise fail("y", f"one label per row, shape {found.shape}", labels)
        weights = check_weights(sample_weight, len(found))
        return float(np.average(found == labels, weights=weights))

    @few_threads(1)
    def scores(self, X: ArrayLike, noise: float = 0.0, readout: float = 0.0) -> NDArray[np.float64]:
        """Return the Born scores of all classes, which a quantum computer can measure.

            s_c(x) = w_c |⟨Φ(x)|W_c⟩|²,        w_c = ‖W_c‖² / Σ_k ‖W_k‖²

        with normalised |W_c⟩; w_c is `exp(2 * log_norms_)`, normalised. With `loss="born"` the
        class with the highest score is the one predicted. The scores of an isometric model are
        the probabilities with which its circuit gives the classes.

        Args:
            X: shape (samples, features).
            noise: for isometric models, see `outcomes`.
            readout: for isometric models, see `outcomes`.

        Returns:
            Shape (samples, classes), values in [0, 1] for normalised feature maps.

        Raises:
            ArgumentError: the rows cannot be used, or noise for a model that is no circuit.
        """
        self._check_noise(noise, readout)
        if self.isometric:
            return self._circuit_values(
                X, lambda network, x: network.probabilities(x, noise, readout)
            )
        amplitude, log_scale = self._amplitudes(X, False)
        with torch.no_grad():
            log_norm = self.network_.exact().log_norm().cpu()
        squares = amplitude.square() * (2.0 * log_scale - log_norm).exp()[:, None]
        return np.asarray(squares.numpy())

    @few_threads(1)
    def outcomes(
        self, X: ArrayLike, noise: float = 0.0, readout: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the distribution of what the circuit of an isometric model measures.

        Computed exactly by contraction, with noise as without.

        Args:
            X: shape (samples, features).
            noise: probability that a gate of the circuit leaves its qubits completely mixed
                (depolarising noise): a gate on registers, or with nodes="blocks" a block of two
                CX.
            readout: probability that a measured bit is flipped.

        Returns:
            Shape (samples, 2^k), the k bits of the register "label" of `circuit` as numbers;
            outcome o stands for class o modulo the number of classes.

        Raises:
            ArgumentError: the rows cannot be used, or the model is no circuit.

        Example:
            >>> from qtn.data import load_digits
            >>> from qtn.models import TTNClassifier
            >>> data = load_digits(size=2, classes=(0, 1))
            >>> model = TTNClassifier(isometric=True, nodes="blocks", epochs=2)
            >>> model.fit(data.x_train, data.y_train).outcomes(data.x_test[:3], noise=0.01).shape
            (3, 16)
        """
        check_is_fitted(self)
        self._check_form("circuit")
        self._check_noise(noise, readout)
        return self._circuit_values(X, lambda network, x: network.measured(x, noise, readout).T)

    def _check_noise(self, noise: float, readout: float) -> None:
        real("noise", noise, 0.0, 1.0)
        real("readout", readout, 0.0, 0.5)
        if (noise or readout) and not self.isometric:
            raise ArgumentError(
                "Argument `noise` is for isometric models, which are circuits, but this model is "
                "not isometric. Leave it out, or train with isometric=True."
            )

    def _circuit_values(
        self, X: ArrayLike, contract: Callable[[Any, Tensor], Tensor]
    ) -> NDArray[np.float64]:
        (found,) = self._contracted(X, lambda network, x: (contract(network, x),))
        return np.asarray(found.numpy())
