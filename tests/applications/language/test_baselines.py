"""Baselines without a circuit, and what they say of the two small sets."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.applications.language import RoleRule, sentence_baselines
from qtn.errors import ArgumentError

PATTERNS = {1: "noun that noun verb", 0: "noun that verb noun"}


def test_a_word_list_solves_relative_pronouns(shared_data):
    """Published figures of circuits on this set stand beside 1.0 of a rule."""
    folder = shared_data / "lambeq"
    train = qtn.load_sentences(folder / "rp_train_data.txt")
    test, labels = qtn.load_sentences(folder / "rp_test_data.txt")
    found = sentence_baselines(*train, test, RoleRule(PATTERNS))
    right = {name: float((guess == labels).mean()) for name, guess in found.items()}
    assert right["rule of roles"] == 1.0
    assert right["majority"] == pytest.approx(19 / 31)
    assert right["words at places"] > 0.8 > 0.65 > right["bag of words"]
    assert RoleRule(PATTERNS).fit(*train).decided(test).sum() == 27


def test_counting_words_solves_meaning_classification(shared_data):
    folder = shared_data / "lambeq"
    train = qtn.load_sentences(folder / "mc_train_data.txt")
    test, labels = qtn.load_sentences(folder / "mc_test_data.txt")
    assert (sentence_baselines(*train, test)["bag of words"] == labels).all()


def test_order_is_seen_by_places_only():
    x = ["dog bites man", "dog sees man", "man bites dog", "man sees dog"]
    found = sentence_baselines(x, [1, 1, 0, 0], x)
    assert found["words at places"].tolist() == [1, 1, 0, 0]
    assert len(set(found["bag of words"].tolist())) == 1


def test_a_rule_that_knows_nothing_takes_the_usual_class():
    rule = RoleRule(PATTERNS).fit(["a that b c", "a that b d", "a that e b"], [1, 1, 0])
    assert rule.decided(["x that y z"]).tolist() == [False]
    assert rule.predict(["x that y z"]).tolist() == [1]
    assert rule.predict(["x that e y"]).tolist() == [0]
    np.testing.assert_array_equal(rule.decided(["x that e y", "x that y c"]), [True, True])


@pytest.mark.parametrize("patterns", [{}, {1: "a b"}, {1: "a b", 0: "a"}, {1: 2, 0: 3}, "a b"])
def test_bad_patterns(patterns):
    with pytest.raises(ArgumentError, match="patterns of the same number of roles"):
        RoleRule(patterns)


def test_bad_labels():
    with pytest.raises(ArgumentError, match="of two classes or more"):
        sentence_baselines(["a", "b"], [1, 1], ["a"])
    with pytest.raises(ArgumentError, match="of two classes or more"):
        sentence_baselines(["a", "b"], [1], ["a"])
    with pytest.raises(ArgumentError, match=r"one of \[1, 0\] per sentence"):
        RoleRule(PATTERNS).fit(["a that b c"], [2])
    with pytest.raises(ArgumentError, match="of 3 words, but the pattern has 4"):
        RoleRule(PATTERNS).fit(["a that b"], [1])
