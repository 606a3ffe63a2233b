"""Classifiers complete: training in parts, circuits and files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from qtn._checks import fail, finite_array, real
from qtn._machine import few_threads
from qtn._optional import need_torch, torch
from qtn.errors import ArgumentError
from qtn.models.base import estimator, fitted_as
from qtn.models.classifier_base import TensorNetworkClassifier
from qtn.models.forms.compilable import Compilable
from qtn.models.gradients import DTYPES
from qtn.models.recipes.settings import Recipe
from qtn.models.training.fit import one_pass, optimiser_for
from qtn.models.training.rows import (
    check_class_weights,
    check_rows,
    first_classes,
    known_labels,
)

# Success probability below which post-selection is not worth running.
_RARE = 0.01


def fitted_classifier(name: str, model: Any) -> Classifier:
    """Return `model`, or raise `ArgumentError` unless it is a fitted classifier."""
    way_out = "Call fit(x, y) first."
    if isinstance(model, Compilable) and not isinstance(model, Classifier):
        way_out = "Its state is compiled by itself: qtn.compile(model.state())."
    return fitted_as(name, model, Classifier, "a fitted classifier", way_out)


@estimator()
class Classifier(TensorNetworkClassifier):
    """What all classifiers offer beside training and predicting."""

    @few_threads(1)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one pass over some rows, at constant learning rate, where `fit` starts afresh.

        Args:
            X: shape (samples, features). The first call makes the start and decides the ranges of
                the columns; later values beyond them become their ends.
            y: labels, shape (samples,).
            classes: all labels there will be; needed in the first call.
            sample_weight: weight of every row in the loss, shape (samples,). Weights are compared
                across parts: they count in units of the mean weight of the first part, or of the
                rows of `fit`, so that a common factor of all parts changes nothing.

        Returns:
            The model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used, `classes` is missing, or classes
                are to be balanced, which takes all rows at once.
        """
        need_torch()
        self._check_parameters()
        self._refuse_balance()
        first = not hasattr(self, "network_")
        rows = check_rows(self, X, reset=first)
        labels, names = first_classes(y, classes) if first else (y, self.classes_)
        numbers = np.searchsorted(names, known_labels(labels, names))
        if numbers.shape != (len(rows),):
            raise fail("y", f"one label per row, shape ({len(rows)},)", y)
        if first:
            self.classes_, self._dtype = names, DTYPES[self.dtype or "float32"]
            self._chosen = {}
            self.recipe_ = Recipe("by hand", self._in_force(), "trained in parts")
        self.__dict__.pop("seen_scores_", None)
        weights = self._weights(sample_weight, numbers)
        used = weights > 0  # what weighs nothing leaves no trace
        if first:
            self._unit_weight = float(weights[used].mean())
        self._pass(rows[used], numbers[used], weights[used] / self._unit_weight, first)
        return self

    def _pass(
        self,
        rows: NDArray[np.float64],
        numbers: NDArray[np.int64],
        weights: NDArray[np.float64],
        first: bool,
    ) -> None:
        """Train for one pass; the first makes the start."""
        if first:
            self._learn_columns(rows, weights)
        rows = self.columns_.apply(rows)
        if first:
            self._choose_place(rows, 1)
        x, targets = self._features(rows), torch.from_numpy(numbers).to(self._place)
        self._augmentation = self._image_moves(x.shape[1])
        weigh = torch.from_numpy(weights).to(x)
        if first:
            self._build(x, targets, len(self.classes_), weigh)
            self.history_, self.status_, self.best_epoch_ = {"loss": []}, "partial", 0
        # A fitted or loaded model goes on with fresh moments.
        jitter = self._jittered(rows, numbers, weights)
        optimiser = self._optimiser or optimiser_for(self.network_, self._setting("learning_rate"))
        self._optimiser = optimiser
        loss = one_pass(
            optimiser,
            lambda batch, step: self._step_loss(x, targets, weigh, batch, step, jitter),
            len(rows),
            self._schedule(),
            len(self.history_["loss"]),
        )
        self.history_["loss"] = [*self.history_["loss"], loss]
        self.n_iter_ = len(self.history_["loss"])

    def _refuse_balance(self) -> None:
        if self.class_weight == "balanced":
            raise ArgumentError(
                "Argument `class_weight` must be None or weights by label in partial_fit, but is "
                "'balanced': how rare a class is shows only when all rows are seen. Give a weight "
                "for every label."
            )

    # ------------------------------------------------------------------ circuits

    @few_threads(1)
    def success_probability(self, X: ArrayLike) -> float:
        """Return the mean probability that a circuit of the model keeps a row.

            P = mean over rows of Σ_c w_c |⟨Φ(x)|W_c⟩|²

        A model that is no isometry becomes a circuit by post-selection: all qubits of the row's
        inverse preparation must be found in |0⟩. An isometric model discards qubits instead and
        always succeeds.

        Args:
            X: shape (samples, features).

        Returns:
            The probability. Below 1 % a `UserWarning` names the way out.

        Raises:
            ArgumentError: the rows cannot be used.
        """
        check_is_fitted(self)
        p = 1.0 if self.isometric else float(self.scores(X).sum(axis=1).mean())
        if p < _RARE:
            warnings.warn(
                f"A circuit of this model keeps a row with probability {p:.1g} only, so that "
                f"{1 / max(p, 1e-300):.0g} shots give one result. Train with isometric=True, "
                "which discards qubits instead, or with a larger `generative`.",
                stacklevel=2,
            )
        return p

    # ------------------------------------------------------------------- files

    def _labels(self) -> list[Any]:
        return list(self.classes_.tolist())

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays, header = super().pack()
        names = {"classes": self.classes_.tolist(), "classes_dtype": self.classes_.dtype.str}
        if hasattr(self, "seen_scores_"):
            arrays["seen_scores"] = self.seen_scores_
        return arrays, header | names | {"unit_weight": self._unit_weight}

    def _restore_targets(self, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> None:
        names, dtype = header["classes"], np.dtype(header["classes_dtype"])
        classes = np.array(names, dtype=dtype)
        exact = classes.tolist() == names and classes.ndim == 1
        if not exact or len(classes) < 2 or (np.unique(classes) != classes).any():
            raise fail("classes", f"at least two sorted labels of dtype {dtype}", names)
        self.classes_ = classes
        unit = header.get("unit_weight", 1.0)  # not in files of an older version
        self._unit_weight = real("unit_weight", unit, 0.0, open_low=True)
        if "seen_scores" in arrays:
            seen = finite_array("seen_scores", arrays["seen_scores"], ndim=2, dtype=np.float64)
            if seen.shape[1] != len(classes) or (seen < 0).any():
                raise fail("seen_scores", f"scores of {len(classes)} classes", seen)
            self.seen_scores_ = seen
        if isinstance(self.class_weight, Mapping):
            check_class_weights(self.class_weight, classes)

    def _outputs(self) -> int:
        return len(self.classes_)
