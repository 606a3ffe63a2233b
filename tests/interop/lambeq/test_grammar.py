"""Parsing by a user's own grammar, without lambeq."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.interop.lambeq import Grammar
from qtn.interop.lambeq.grammar import simple_types, tokens

WORDS = {
    "she": "n",
    "dinner": "n",
    "sleeps": "n.r s",
    "tasty": "n n.l",
    "cooks": ("n.r s", "n.r s n.l"),
    "that": ("n.r n s.l n", "n.r n n.l.l s.l"),
}
PARTS = {"she": "n", "dinner": "n", "cooks": "v", "tasty": "a"}
RULES = {("a", "n"): "n", ("v", "n"): "p", ("n", "p"): "s"}


def test_adjoints():
    assert simple_types("n.r s n.l.l", "words") == (("n", 1), ("s", 0), ("n", -2))
    assert tokens("she  cooks\tdinner") == ["she", "cooks", "dinner"]
    assert tokens(("a b", "c")) == ["a b", "c"]


def test_contractions_are_planar_and_leave_the_target():
    types, pairs = Grammar(WORDS).parse("she cooks tasty dinner")
    assert types[1] == (("n", 1), ("s", 0), ("n", -1))  # the second of its types
    assert pairs == ((0, 1), (3, 4), (5, 6))
    assert Grammar(WORDS).parse("she cooks")[1] == ((0, 1),)


def test_relative_pronouns_of_both_kinds():
    phrase = Grammar(WORDS, target="n")
    types, pairs = phrase.parse("dinner that she cooks")
    assert types[1][2] == ("n", -2)
    assert pairs == ((0, 1), (3, 8), (4, 7), (5, 6))
    types, pairs = phrase.parse("she that cooks dinner")
    assert types[1] == (("n", 1), ("n", 0), ("s", -1), ("n", 0))
    assert pairs == ((0, 1), (3, 6), (4, 5), (7, 8))


def test_a_tree_by_rules():
    tree = Grammar(PARTS, RULES).parse(["she", "cooks", "tasty", "dinner"])
    assert (tree.kind, tree.height) == ("s", 3)
    assert tree.parts[0].word == "she"
    assert [part.kind for part in tree.parts[1].parts] == ["v", "n"]


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=9))
@settings(max_examples=50, deadline=None)
def test_a_type_and_its_adjoints_around_vanish(letters):
    """w · w^r contracts to nothing, for every word w of simple types."""
    there = " ".join(letters)
    back = " ".join(f"{letter}.r" for letter in reversed(letters))
    grammar = Grammar({"w": there, "back": back, "goal": "s"})
    _, pairs = grammar.parse("w back goal")
    size = len(letters)
    assert pairs == tuple((k, 2 * size - 1 - k) for k in range(size)) or len(pairs) == size


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        ({}, {}, "a mapping of words"),
        ({"a": 3}, {}, "a mapping of words"),
        ({"a": ()}, {}, "a mapping of words"),
        ({"a": "n-r"}, {}, "types such as"),
        ({"a": " "}, {}, "types such as"),
        ({3: "n"}, {}, "must be text"),
        ({"a": "n"}, {"rules": []}, "pairs of parts of speech"),
        ({"a": "n"}, {"rules": {"a": "b"}}, "pairs of parts of speech"),
        ({"a": "n"}, {"rules": {("a", "b"): 3}}, "pairs of parts of speech"),
        ({"a": "n"}, {"boxes": "other"}, "one of 'uniform'"),
        ({"a": "n"}, {"boxes": "rule"}, "no boxes that join"),
        ({"a": "n"}, {"target": ""}, "types such as"),
    ],
)
def test_bad_grammars(words, options, message):
    with pytest.raises(ArgumentError, match=message):
        Grammar(words, **options)


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("she runs", "does not know the word 'runs'"),
        ("", "at least one word"),
        (["she", ""], "text or a list of words"),
        (3, "text or a list of words"),
        ("she she", "makes no 's' of 'she she'"),
        (" ".join(["she"] * 101), "has 101 words"),
    ],
)
def test_bad_sentences(sentence, message):
    for grammar in (Grammar(WORDS), Grammar(PARTS, RULES)):
        with pytest.raises(ArgumentError, match=message):
            grammar.parse(sentence)
