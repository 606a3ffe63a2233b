"""What all classifiers of sentences share: predictions, scores, and what scikit-learn asks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from qtn._checks import fail
from qtn._machine import few_threads
from qtn.models.training.pictures import TrainingPictures
from qtn.models.training.rows import check_weights, known_labels

__all__ = ["OfSentences"]


class OfSentences(TrainingPictures, ClassifierMixin, BaseEstimator):
    """Base of classifiers whose rows are sentences; they have `predict_proba` and `classes_`."""

    classes_: NDArray[Any]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the class probabilities of sentences, shape (sentences, classes)."""
        raise NotImplementedError

    @few_threads(1)
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of every sentence; see `predict_proba`."""
        check_is_fitted(self)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    @few_threads(1)
    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy on sentences with labels.

        Raises:
            ArgumentError: the sentences cannot be used, or a label was never seen in training.
        """
        check_is_fitted(self)
        labels, found = known_labels(y, self.classes_), self.predict(X)
        if labels.shape != found.shape:
            raise fail("y", f"one label per sentence, shape {found.shape}", labels)
        return float(np.average(found == labels, weights=check_weights(sample_weight, len(found))))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags
