"""Classifiers by diagrams in files: as they were, and nothing foreign."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.applications.language.saving import packed, restored
from qtn.errors import ArgumentError

lambeq = pytest.importorskip("lambeq", reason="lambeq is not installed")
X = ["she cooks soup", "he bakes bread", "she writes code", "he debugs code"]
Y = ["food", "food", "IT", "IT"]
WORDS = dict.fromkeys(("she", "he", "soup", "bread", "code"), "n")
WORDS |= dict.fromkeys(("cooks", "bakes", "writes", "debugs"), ("n.r s", "n.r s n.l"))


def trained(**options) -> qtn.SentenceClassifier:
    return qtn.SentenceClassifier(**{"epochs": 3, "progress": False, **options}).fit(X, Y)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shared": True, "seed": 4, "discard": True},
        {"reader": qtn.Grammar(WORDS), "qubits": {"n": 1, "s": 1}, "rewrite": ("remove-cups",)},
    ],
    ids=["default", "shared", "grammar"],
)
def test_a_model_comes_back_as_it_was(tmp_path, options):
    model = trained(**options)
    again = qtn.load(qtn.save(model, tmp_path / "m.qtn"))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.parameters_ == model.parameters_
    assert again.history_ == model.history_
    assert again.classes_.tolist() == ["IT", "food"]
    assert qtn.deploy(again, progress=False).n == qtn.deploy(model, progress=False).n


def test_objects_of_lambeq_are_not_kept(tmp_path):
    ansatz = lambeq.IQPAnsatz({lambeq.AtomicType.SENTENCE: 1}, 1)
    for options in ({"ansatz": ansatz}, {"reader": lambeq.stairs_reader}):
        with pytest.raises(ArgumentError, match="which a file cannot keep"):
            qtn.save(trained(**options), tmp_path / "m.qtn")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("names", ["a"]),
        ("names", [3]),
        ("commons", ["a", "a"]),
        ("classes", ["IT"]),
        ("examples", [""]),
        ("history", {"loss": ["a"]}),
        ("grammar", {"words": [["a", 3]], "rules": [], "target": "s", "boxes": "uniform"}),
    ],
)
def test_contradictions_are_refused(part, value):
    arrays, header = packed(trained())
    with pytest.raises(ArgumentError):
        restored(qtn.SentenceClassifier(), arrays, header | {part: value})
