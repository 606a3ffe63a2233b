"""The base of classifiers of sentences, with probabilities that are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from qtn.applications.sequences.estimator import OfSentences
from qtn.errors import ArgumentError


class Longer(OfSentences):
    """Calls a sentence of more than one word long."""

    def fit(self, X: Any, y: Any) -> Any:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        return np.array([[0.8, 0.2] if len(x.split()) > 1 else [0.3, 0.7] for x in X])


def test_predictions_and_scores() -> None:
    x = ["old man", "sea", "the sea"]
    with pytest.raises(NotFittedError):
        Longer().predict(x)
    model = Longer().fit(x, ["long", "short", "long"])
    assert model.predict(x).tolist() == ["long", "short", "long"]
    assert model.score(x, ["long", "short", "short"]) == pytest.approx(2 / 3)
    assert model.score(x, ["long", "short", "short"], sample_weight=[1, 1, 0]) == 1.0
    with pytest.raises(ArgumentError, match="one label per sentence"):
        model.score(x, ["long", "short"])
    with pytest.raises(ArgumentError, match="middle"):
        model.score(x, ["long", "short", "middle"])


def test_rows_are_texts() -> None:
    tags = get_tags(Longer()).input_tags
    assert tags.string
    assert tags.one_d_array
    assert not tags.two_d_array
