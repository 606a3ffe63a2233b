"""Sentences to numbers, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qtn.applications.sequences.tokens import by_length, encoded, read_sentences, vocabulary_of
from qtn.errors import ArgumentError
from tests.foreign_tables import ForeignTable


def test_texts_lists_and_tables_are_sentences() -> None:
    assert read_sentences("x", ["a b", ("c",)], "words") == [("a", "b"), ("c",)]
    assert read_sentences("x", ["ab"], "characters") == [("a", "b")]
    assert read_sentences("x", np.array([[1, 2], [3, 4]]), "words") == [(1, 2), (3, 4)]
    assert read_sentences("x", np.array(["a b", "c"]), "words") == [("a", "b"), ("c",)]
    assert read_sentences("x", [[1.0, 2.0]], "words") == [(1, 2)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", r"`x` must be a sequence of sentences, .* One sentence is a list with one entry"),
        ({"a": 1}, "sequence of sentences"),
        (3, "sequence of sentences"),
        ([], "at least one sentence"),
        (["a", "  "], r"`x\[1\]` is an empty sentence, of which nothing can be said. Leave it out"),
        ([[]], r"`x\[0\]` is an empty sentence"),
        ([1, 2], r"`x\[0\]` must be a text or a sequence of tokens, but is 1"),
        ([[[1]]], r"a text or a sequence of tokens"),
        ([[True]], "texts or integers, but is True. Tokens are words or numbers"),
        ([[0.5]], "texts or integers"),
        ([[None]], "texts or integers"),
    ],
)
def test_what_is_no_sentence_is_refused(value: Any, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        read_sentences("x", value, "words")


def test_unknown_tokens_are_refused_or_one_place_holder() -> None:
    vocabulary = vocabulary_of([("tasty", "soup"), (3, "soup")])
    assert vocabulary == (3, "soup", "tasty")
    with pytest.raises(ArgumentError, match=r"Sentence 1 holds the token 'toasty', .* 3: tasty"):
        encoded([("soup",), ("toasty",)], vocabulary, None)
    assert [row.tolist() for row in encoded([("toasty", 3)], vocabulary, 3)] == [[3, 0]]


def test_lengths_are_gathered_with_their_places() -> None:
    rows = [np.array([1]), np.array([0, 2]), np.array([4])]
    found = by_length(rows)
    assert {n: (at.tolist(), codes.tolist()) for n, (at, codes) in found.items()} == {
        1: ([0, 2], [[1], [4]]),
        2: ([1], [[0, 2]]),
    }


def test_a_foreign_table_gives_its_rows() -> None:
    assert read_sentences("x", ForeignTable([[1, 2], [3, 4]]), "words") == [(1, 2), (3, 4)]
    assert read_sentences("x", ForeignTable([["old"], ["sea"]]), "words") == [("old",), ("sea",)]


def test_a_column_of_texts_with_an_axis_too_many_is_refused() -> None:
    """Its texts would be tokens as a whole."""
    for value in (ForeignTable([["old man"], ["sea"]]), np.array([["sea"], ["old man"]])):
        with pytest.raises(ArgumentError, match=r"x\[:, 0\]"):
            read_sentences("x", value, "words")


def test_sets_and_ragged_sentences_are_refused() -> None:
    with pytest.raises(ArgumentError, match="A set has no order"):
        read_sentences("x", {"old man", "sea"}, "words")
    with pytest.raises(ArgumentError, match=r"x\[0\]"):
        read_sentences("x", [[["old"], ["the", "sea"]]], "words")
