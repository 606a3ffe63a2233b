"""Files of classifiers of sentences: as they were, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtn
from qtn.applications.sequences.saving import packed, restored
from qtn.errors import ArgumentError

X, Y = ["old man", "young sea dog", "sea", "old old dog"], ["a", "b", "b", "a"]


def fitted(**settings: Any) -> qtn.SequenceClassifier:
    return qtn.SequenceClassifier(**{"epochs": 1, "progress": False, **settings}).fit(X, Y)


@pytest.mark.parametrize(
    "settings",
    [{}, {"arch": "path", "memory": 2}, {"wires": 2, "closure": "post-select"},
     {"calibrate": False, "sharing": "level"}, {"hidden": 0.1, "random_state": 4}],
)  # fmt: skip
def test_a_file_gives_the_model_back(settings: dict[str, Any], tmp_path: Path) -> None:
    model = fitted(**settings)
    back = qtn.load(qtn.save(model, tmp_path / "model.qtn"))
    assert np.array_equal(back.predict_proba(X), model.predict_proba(X))
    assert back.predict(X).tolist() == model.predict(X).tolist()
    assert back.get_params() == model.get_params()
    assert back.history_ == model.history_
    assert back.parameters_ == model.parameters_
    qtn.save(back, tmp_path / "again.qtn")


def test_numbers_as_labels_and_tokens(tmp_path: Path) -> None:
    model = qtn.SequenceClassifier(epochs=1, progress=False).fit([[1, 2], [3, 1]], [7, 9])
    back = qtn.load(qtn.save(model, tmp_path / "model.qtn"))
    assert back.classes_.tolist() == [7, 9]
    assert back.vocabulary_ == (1, 2, 3)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("vocabulary", ["dog", "dog", "man", "old", "sea"], "different tokens"),
        ("vocabulary", ["dog", 1.5, "man", "old", "sea"], "texts and integers"),
        ("vocabulary", ["dog"], r"`words` must be an array of shape \(1, 2, 2\)"),
        ("classes", ["a"], "at least two classes"),
        ("longest", 10**9, "`longest`"),
        ("lengths", [0], "`lengths`"),
        ("status", "done", "`status`"),
        ("best_epoch", 5, "`best_epoch`"),
    ],
)
def test_parts_that_do_not_fit_are_refused(key: str, value: Any, text: str) -> None:
    arrays, header = packed(fitted())
    with pytest.raises(ArgumentError, match=text):
        restored(qtn.SequenceClassifier(), arrays, {**header, key: value})


def test_values_that_are_no_numbers_are_refused() -> None:
    arrays, header = packed(fitted())
    arrays["param.angles"] = arrays["param.angles"] * np.nan
    with pytest.raises(ArgumentError, match="finite numbers"):
        restored(qtn.SequenceClassifier(), arrays, header)
