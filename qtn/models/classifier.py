"""What all classifiers share: data in, training, predictions, files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from qtn._checks import bounded_int, choice, fail, positive_int, real
from qtn._random import generator
from qtn.data.features import FEATURE_MAPS, feature_map, one_hot
from qtn.errors import ArgumentError
from qtn.models import losses
from qtn.models.augment import Augmentation
from qtn.models.checkpoint import fingerprint
from qtn.models.fit import Schedule, train
from qtn.models.learned import MappedNetwork
from qtn.models.rows import (
    Codes,
    Scaling,
    check_labelled,
    check_rows,
    known_labels,
)

if TYPE_CHECKING:
    pass

DTYPES = {"float32": torch.float32, "float64": torch.float64}
# Rows contracted at once when predicting: bounds memory at sites · bond · rows numbers.
_CHUNK = 256
# Dimension of learnt features.
_LEARNED = 3


class TensorNetworkClassifier(ClassifierMixin, BaseEstimator, ABC):
    """Base of the classifiers; see `MPSClassifier` for the parameters."""

    bond: int
    features: str
    loss: str | None
    generative: float | None
    epochs: int
    batch_size: int
    learning_rate: float
    validation_fraction: float
    patience: int
    class_weight: str | Mapping[Any, float] | None
    rescale: bool
    checkpoint: str | None
    device: str
    dtype: str
    seed: int
    progress: bool | None
    shape: Sequence[int] | None
    shifts: int
    flips: bool
    network_: Any
    isometric: bool
    _tree: ClassVar[bool] = False

    @abstractmethod
    def _start(self, x: Tensor, y: Tensor, classes: int, weights: Tensor) -> torch.nn.Module:
        """Return the untrained network for features (rows, sites, phys) of weighted rows."""

    @abstractmethod
    def _empty(self, arrays: dict[str, NDArray[Any]]) -> torch.nn.Module:
        """Return a network with the shapes of the saved parameters."""

    # ---------------------------------------------------------------- training

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on rows `X` with labels `y`.

        Args:
            X: shape (samples, features), values in [0, 1] unless `rescale=True`.
            y: labels, shape (samples,), of any type that sorts.
            sample_weight: weight of every row in the loss, shape (samples,).

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was trained.
        """
        self._check_parameters()
        rows, classes, numbers = check_labelled(self, X, y)
        rows = self._learn_columns(rows)
        self.classes_ = classes
        weights = self._weights(sample_weight, numbers, len(classes))
        kept, held = self._split(numbers)
        x, targets = self._features(rows), torch.from_numpy(numbers).to(self.device)
        self._augmentation = self._image_moves(x.shape[1])
        weigh = torch.from_numpy(weights).to(x)
        self._build(x[kept], targets[kept], len(classes), weigh[kept])
        outcome = train(
            self.network_,
            lambda batch, step: self._step_loss(x, targets, weigh, kept[batch], step),
            len(kept),
            self._schedule(),
            (lambda: self._validate(x[held], targets[held], weigh[held])) if len(held) else None,
            self._fingerprint(rows, numbers, weights),
        )
        self.status_ = outcome.status
        self.best_epoch_ = outcome.best_epoch
        self.n_iter_ = max(len(outcome.history), 1)
        names = outcome.history[0] if outcome.history else {}
        self.history_ = {k: [record[k] for record in outcome.history] for k in names}
        return self

    def _learn_columns(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        self._scaling: Scaling | Codes
        if self.features == "one_hot":
            self._scaling = Codes.learn(rows)
        else:
            self._scaling = Scaling.learn(rows, self.rescale)
        return self._scaling.apply(rows)

    def _build(self, x: Tensor, y: Tensor, classes: int, weights: Tensor) -> None:
        self._optimiser: torch.optim.Optimizer | None = None
        self._sites = x.shape[1]
        if self.features == "learned":
            mapped = MappedNetwork.leading(x, _LEARNED)
            inner = self._start(torch.einsum("idp,rip->rid", mapped, x), y, classes, weights)
            self.network_ = MappedNetwork(mapped, inner).to(self.device)
        else:
            self.network_ = self._start(x, y, classes, weights).to(self.device)

    def _loss(self) -> str:
        return self.loss or ("softmax" if self.isometric else "born")

    def _generative(self) -> float:
        if self.generative is None:
            return 0.0 if self.isometric else 0.1
        return self.generative

    @property
    def _unit(self) -> bool:
        """Whether "softmax" takes amplitudes per unit length of the contracted row."""
        return self._loss() == "softmax" and (self._tree or self.isometric)

    def _check_parameters(self) -> None:
        choice("features", self.features, (*sorted(FEATURE_MAPS), "learned", "one_hot"))
        choice("loss", self._loss(), losses.LOSSES)
        real("generative", self._generative(), 0.0)
        # Sweeps may be all the training there is.
        bounded_int("epochs", self.epochs, 0 if getattr(self, "sweeps", 0) else 1)
        positive_int("batch_size", self.batch_size)
        real("learning_rate", self.learning_rate, 0.0, open_low=True)
        real("validation_fraction", self.validation_fraction, 0.0, 0.9)
        positive_int("patience", self.patience)
        if not isinstance(self.class_weight, Mapping):
            choice("class_weight", self.class_weight, (None, "balanced"))
        choice("dtype", self.dtype, tuple(DTYPES))
        bounded_int("seed", self.seed, 0)
        check_device(self.device)
        if self.isometric:
            if self.bond < 2 or self.bond & (self.bond - 1):
                raise fail("bond", "a power of 2 for an isometric model", self.bond)
            if self.features != "trigonometric" or self._generative():
                raise ArgumentError(
                    "An isometric model is a circuit on qubits: it takes features='trigonometric' "
                    f"and generative=0, but has {self.features!r} and {self.generative!r}."
                )

    def _forward(self, x: Tensor, unit: bool, **options: float) -> tuple[Tensor, Tensor]:
        """Return amplitudes and log scales of features (rows, sites, phys)."""
        amplitude, log_scale = self.network_(x.permute(1, 2, 0), unit, **options)
        return amplitude, log_scale

    def _log_probabilities(self, amplitude: Tensor, log_scale: Tensor) -> Tensor:
        used = torch.zeros_like(log_scale) if self._unit else log_scale
        return losses.log_probabilities(amplitude, used, self._loss())

    def _weights(
        self, sample_weight: ArrayLike | None, numbers: NDArray[np.int64], classes: int
    ) -> NDArray[np.float64]:
        weights = np.ones(len(numbers))
        if sample_weight is not None:
            weights = np.array(sample_weight, dtype=np.float64)
            good = weights.shape == numbers.shape and np.isfinite(weights).all()
            if not good or (weights < 0).any() or not weights.any():
                raise fail(
                    "sample_weight", "one non-negative weight per row, not all zero", sample_weight
                )
        if self.class_weight == "balanced":
            totals = np.bincount(numbers, weights, classes)
            weights = weights / np.maximum(totals, 1e-300)[numbers]
        elif isinstance(self.class_weight, Mapping):
            per_class = [float(self.class_weight.get(c, 1.0)) for c in self.classes_.tolist()]
            weights = weights * np.array(per_class)[numbers]
        return np.asarray(weights / weights.mean())

    def _split(self, numbers: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return the row numbers to train on and those held out, class by class."""
        held: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        if self.validation_fraction > 0:
            rng = generator(self.seed, "validation")
            for c in range(int(numbers.max()) + 1):
                members = rng.permutation(np.flatnonzero(numbers == c))
                if len(members) < 2:
                    raise ArgumentError(
                        f"Argument `y` holds one row only of class {self.classes_[c]!r}, which "
                        "cannot be split into training and validation. Add rows of that class or "
                        "set validation_fraction=0."
                    )
                wanted = round(self.validation_fraction * len(members))
                held.append(members[: min(max(wanted, 1), len(members) - 1)])
        out = np.sort(np.concatenate(held))
        kept = np.setdiff1d(np.arange(len(numbers)), out)
        return torch.from_numpy(kept), torch.from_numpy(out)

    def _schedule(self) -> Schedule:
        return Schedule(
            self.epochs,
            self.batch_size,
            self.learning_rate,
            self.patience,
            self.seed,
            self.checkpoint,
            self.progress,
        )

    def _fingerprint(self, *data: NDArray[Any]) -> str:
        if self.checkpoint is None:
            return ""
        settings = {"model": type(self).__name__, **self.get_params(deep=False)}
        for name in ("checkpoint", "progress", "device"):
            settings.pop(name)
        return fingerprint(settings, *data)

    def _features(self, rows: NDArray[np.float64]) -> Tensor:
        """Return features (rows, sites, phys) on the device."""
        if isinstance(self._scaling, Codes):
            mapped = one_hot(rows, int(self._scaling.levels.max()))
        else:
            name = "legendre" if self.features == "learned" else self.features
            mapped = feature_map(name)(rows)
        return torch.from_numpy(mapped).to(device=self.device, dtype=DTYPES[self.dtype])

    def _step_loss(
        self, x: Tensor, y: Tensor, weights: Tensor, rows: Tensor, step: int
    ) -> tuple[Tensor, dict[str, float]]:
        batch = x[rows]
        if self._augmentation is not None:
            blank = self._features(np.zeros((1, 1)))[0, 0]
            batch = self._augmentation.apply(batch, blank, step)
        return self._batch_loss(batch, y[rows], weights[rows])

    def _image_moves(self, sites: int) -> Augmentation | None:
        if bounded_int("shifts", self.shifts, 0) == 0 and not self.flips:
            return None
        name = "shifts" if self.shifts else "flips"
        off = f"{name}={0 if self.shifts else False}"
        if self.features == "amplitude":
            raise ArgumentError(
                f"Argument `{name}` is for images of one pixel per site, but amplitude features "
                f"put four columns on a site. Set {off}, or take other features."
            )
        if self.shape is None or len(self.shape) != 2 or np.prod(self.shape) != sites:
            raise ArgumentError(
                f"Argument `shape` must be the (height, width) of {sites} pixels for {name}, but is"
                f" {self.shape!r}. Give it, or set {off}."
            )
        height, width = self.shape
        return Augmentation(height, width, self.shifts, flips=self.flips, seed=self.seed)

    def _batch_loss(self, x: Tensor, y: Tensor, weights: Tensor) -> tuple[Tensor, dict[str, float]]:
        amplitude, log_scale = self._forward(x, self._unit)
        logs = self._log_probabilities(amplitude, log_scale)
        per_row = -logs.gather(1, y[:, None])[:, 0]
        if self._generative() > 0:
            log_norm = self.network_.log_norm()
            joint = losses.log_likelihood(amplitude, log_scale, log_norm, y)
            per_row = per_row - self._generative() * joint
        loss = (per_row * weights).mean()
        correct = (logs.detach().argmax(dim=1) == y).double().mean()
        return loss, {"loss": loss.item(), "accuracy": correct.item()}

    def _validate(self, x: Tensor, y: Tensor, weights: Tensor) -> dict[str, float]:
        """Return loss, weighted as in training, and plain accuracy of the rows held out."""
        loss = correct = 0.0
        parts = zip(x.split(_CHUNK), y.split(_CHUNK), weights.split(_CHUNK), strict=True)
        for part, labels, weigh in parts:
            with torch.no_grad():
                value, figures = self._batch_loss(part, labels, weigh)
            loss += value.item() * len(part)
            correct += figures["accuracy"] * len(part) / len(x)
        total = float(weights.sum())
        # Rows held out that all weigh nothing tell nothing: any epoch is as good.
        return {"validation_loss": loss / total if total else 0.0, "validation_accuracy": correct}

    # ------------------------------------------------------------- predictions

    def _amplitudes(self, X: ArrayLike, unit: bool, **options: float) -> tuple[Tensor, Tensor]:
        """Return float64 amplitudes (samples, classes) and their log scales (samples,)."""
        check_is_fitted(self)
        rows = self._scaling.apply(check_rows(self, X, reset=False))
        parts = []
        with torch.no_grad():
            for start in range(0, len(rows), _CHUNK):
                x = self._features(rows[start : start + _CHUNK])
                parts.append(self._forward(x, unit, **options))
        amplitude = torch.cat([a for a, _ in parts]).cpu().double()
        return amplitude, torch.cat([s for _, s in parts]).cpu().double()

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the class probabilities of rows `X`, shape (samples, classes).

        Raises:
            ArgumentError: the rows cannot be used.
        """
        check_is_fitted(self)
        p = self._log_probabilities(*self._amplitudes(X, self._unit)).exp().numpy()
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of every row, shape (samples,).

        Raises:
            ArgumentError: the rows cannot be used.
        """
        check_is_fitted(self)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy on rows `X` with labels `y`.

        Raises:
            ArgumentError: the rows cannot be used, or a label was never seen in training.
        """
        check_is_fitted(self)
        return float(super().score(X, known_labels(y, self.classes_), sample_weight))

    def scores(self, X: ArrayLike, noise: float = 0.0) -> NDArray[np.float64]:
        """Return the Born scores of all classes, which a quantum computer can measure.

            s_c(x) = w_c |⟨Φ(x)|W_c⟩|²,        w_c = ‖W_c‖² / Σ_k ‖W_k‖²

        with normalised |W_c⟩; w_c is `exp(2 * log_norms_)`, normalised. With `loss="born"` the
        class with the highest score is the one predicted. The scores of an isometric model are
        the probabilities with which its circuit gives the classes.

        Args:
            X: shape (samples, features).
            noise: for isometric models, the probability that a gate of the circuit leaves its
                register completely mixed (depolarising noise).

        Returns:
            Shape (samples, classes), values in [0, 1] for normalised feature maps.

        Raises:
            ArgumentError: the rows cannot be used, or noise for a model that is no circuit.
        """
        real("noise", noise, 0.0, 1.0)
        if noise and not self.isometric:
            raise ArgumentError(
                "Argument `noise` is for isometric models, which are circuits, but this model is "
                "not isometric. Leave it out, or train with isometric=True."
            )
        amplitude, log_scale = self._amplitudes(X, False, **({"noise": noise} if noise else {}))
        with torch.no_grad():
            log_norm = self.network_.log_norm().cpu().double()
        squares = amplitude.square() * (2.0 * log_scale - log_norm).exp()[:, None]
        return np.asarray(squares.numpy())


def check_device(device: str) -> None:
    """Raise `ArgumentError` unless torch can compute on `device`."""
    try:
        kind = torch.device(device).type
    except (RuntimeError, TypeError) as error:
        raise fail("device", '"cpu" or "cuda"', device) from error
    if kind not in ("cpu", "cuda"):
        raise fail("device", '"cpu" or "cuda"', device)
    if kind == "cuda" and not torch.cuda.is_available():
        raise ArgumentError(
            f'Argument `device` must be "cpu" here, but is {device!r}: torch {torch.__version__} '
            'finds no usable GPU. Use device="cpu", or install a CUDA build of torch.'
        )
