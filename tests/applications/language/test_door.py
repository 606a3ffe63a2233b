"""Classifiers by lambeq's readers: trained, exact as circuits, unseen words, hostile input."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import qtn
from qtn.applications.language import with_unseen
from qtn.errors import ArgumentError

lambeq = pytest.importorskip("lambeq", reason="lambeq is not installed")
X = ["she cooks soup", "he bakes bread", "she writes code", "he debugs code", "she bakes"]
Y = ["food", "food", "IT", "IT", "food"]


def small(**options) -> qtn.SentenceClassifier:
    return qtn.SentenceClassifier(**{"epochs": 25, "progress": False, **options})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ansatz": "sim15", "discard": True},
        {"reader": "spiders"},
        {"ansatz": lambeq.Sim14Ansatz({lambeq.AtomicType.SENTENCE: 1}, 1)},
    ],
    ids=["default", "discard", "spiders", "object"],
)
def test_the_circuits_are_the_model(options):
    model = small(**options).fit(X, Y)
    exact = model.predict_proba(X)
    for reset in (True, False):
        circuits = model.to_circuits(X, reset)
        np.testing.assert_allclose([c.probabilities() for c in circuits], exact, atol=1e-10)
        success = [c.success() for c in circuits]
        np.testing.assert_allclose(model.success_probability(X), success, atol=1e-12)
    assert model.history_["loss"][-1] < model.history_["loss"][0]
    assert model.score(X, Y) == np.mean(model.predict(X) == Y)


def test_meaning_classification(shared_data):
    folder = shared_data / "lambeq"
    sets = [qtn.load_sentences(folder / f"mc_{part}_data.txt") for part in ("train", "test")]
    model = small(ansatz="sim15", layers=2, discard=True).fit(*sets[0])
    assert [model.score(*part) for part in sets] == [1.0, 1.0]
    assert model.parameters_ == 59


def test_a_grammar_and_a_pronoun_without_parameters(shared_data):
    """The parse wires the head noun to a place that is the label: no merit, but it must run."""
    x, y = qtn.load_sentences(shared_data / "lambeq" / "rp_train_data.txt")
    words = {"that": ("n.r n s.l n", "n.r n n.l.l s.l")}
    for sentence, label in zip(x, y):
        head, _, *pair = sentence.split()
        noun, verb = pair if label else pair[::-1]
        words |= {head: "n", noun: "n", verb: "n.r s n.l"}
    model = small(
        reader=qtn.Grammar(words, target="n"), ansatz="sim14", shared=True, penalty=10.0,
        rewrite=("subject_rel_pronoun", "object_rel_pronoun"), epochs=15,
    ).fit(x[::4], y[::4])  # fmt: skip
    assert not any(name.startswith("that") for name in model.angles_)
    test = [s for s, new in zip(x, with_unseen(x[::4], x)) if new]
    assert np.isfinite(model.predict_proba(test)).all()


def test_unseen_words_have_what_their_type_has_in_common():
    model = small(shared=True).fit(X, Y)
    one, other = model.predict_proba(["u v w", "x y z"])
    np.testing.assert_allclose(one, other, atol=1e-12)
    with pytest.raises(ArgumentError, match="'invents' was never seen"):
        small().fit(X, Y).predict(["he invents soup"])


def test_types_may_have_underscores():
    words = dict.fromkeys(("she", "he", "soup", "bread", "code"), "noun_phrase")
    verb = "noun_phrase.r s noun_phrase.l"
    words |= dict.fromkeys(("cooks", "bakes", "writes", "debugs", "sells"), verb)
    model = small(reader=qtn.Grammar(words), shared=True, epochs=2).fit(X[:4], Y[:4])
    assert len(model.common_) == 3 + 2  # a noun's rotations, a verb's two CRz
    assert np.isfinite(model.predict_proba(["she sells soup"])).all()


def test_a_seed_is_a_model():
    one, two = (small(seed=3, epochs=3).fit(X, Y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = small(seed=4, epochs=3).fit(X, Y).predict_proba(X)
    assert abs(one - other).max() > 1e-3
    copy = clone(small(seed=3, epochs=3))
    np.testing.assert_array_equal(copy.fit(X, Y).predict_proba(X), one)


def test_bad_input():
    for options, message in (
        ({"reader": "stair"}, "one of 'stairs'"),
        ({"ansatz": "iq"}, "one of 'iqp'"),
        ({"layers": 0}, "layers"),
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"penalty": -1.0}, "penalty"),
        ({"shared": 1}, "shared"),
    ):
        with pytest.raises(ArgumentError, match=message):
            small(**options).fit(X, Y)
    with pytest.raises(ArgumentError, match="one label per sentence"):
        small().fit(X, Y[:2])
    with pytest.raises(ArgumentError, match="2 to 2 classes for 1 open wires"):
        small().fit(X, range(5))
    with pytest.raises(ArgumentError, match="a sequence of sentences"):
        small().fit("she cooks", [1])
    with pytest.raises(ArgumentError, match="an empty sentence at 0"):
        small().fit(["", "a"], [1, 0])
    both = Mixed(qtn.Grammar({"yes": "s", "no": "s"}))
    with pytest.raises(ArgumentError, match="end in 1 or 2 wires"):
        small(reader=both).fit(["yes", "no"], [0, 1])


class Mixed(lambeq.Reader):
    """A reader whose sentences end in one or in two wires."""

    def __init__(self, grammar):
        self.grammar = grammar

    def sentence2diagram(self, sentence, tokenised=False):
        found = qtn.sentence_diagram(sentence, self.grammar)
        return found @ found if sentence == ["no"] else found


def test_an_unfitted_model_says_so() -> None:
    with pytest.raises(NotFittedError, match="fit"):
        qtn.SentenceClassifier().predict(["old man"])
