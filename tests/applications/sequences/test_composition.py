"""Recursive linear networks are DisCoCat models, whichever words are functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import made, sentences

from qtn.applications.sequences.composition import (
    Phrase,
    recursive_value,
    sentence_value,
    word_tensors,
)
from qtn.errors import ArgumentError


def drawn(rng: Any, first: int, last: int) -> Phrase | int:
    """A random binary tree over words first … last, with random functions and boxes."""
    if first == last:
        return first
    cut = int(rng.integers(first, last))
    head = str(rng.choice(["left", "right"]))
    parts = drawn(rng, first, cut), drawn(rng, cut + 1, last)
    return Phrase(*parts, head=head, box=int(rng.integers(2)))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(0, 10**6), st.integers(2, 3))
def test_the_value_is_the_contraction_of_the_words(count: int, seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    words = rng.normal(size=(count, d, 2)) @ [1, 1j]
    boxes = rng.normal(size=(2, d, d, d, 2)) @ [1, 1j]
    phrase = drawn(rng, 0, count - 1)
    tensors = word_tensors(phrase, words, boxes)
    expected = recursive_value(phrase, words, boxes)
    assert np.abs(sentence_value(tensors) - expected).max() < 1e-12 * max(1, np.abs(expected).max())
    assert sorted(t.word for t in tensors) == list(range(count))
    assert sum(t.tensor.ndim for t in tensors) == 2 * count - 1  # every word but one is an argument


def test_a_transitive_verb_is_a_tensor_of_two_arguments() -> None:
    rng = np.random.default_rng(0)
    words, box = rng.normal(size=(3, 2)), rng.normal(size=(1, 2, 2, 2))
    verb_phrase = Phrase(1, 2, head="left")  # "chases mice"
    tensors = word_tensors(Phrase(0, verb_phrase, head="right"), words, box)
    verb = next(t for t in tensors if t.word == 1).tensor
    expected = np.einsum("osk,kvm,v->oms", box[0], box[0], words[1])  # result, object, subject
    assert np.abs(verb - expected).max() < 1e-14


def test_a_trained_tree_is_such_a_network() -> None:
    x, y = sentences()
    model = made(closure="post-select", sharing="level").fit(x, y)
    parts = model.parts_
    boxes = [u.reshape(2, 2, 2, 2)[:, 0] for u in parts.boxes]  # the second register in |0⟩
    for text in ("soup", "soup code", "bugs bread cake", "cake code soup tests"):
        codes = model._coded([text])[0]
        words = parts.words[codes]
        nodes: list[Any] = list(range(len(codes)))
        for level in parts.shape.levels(len(codes)):
            nodes += [Phrase(nodes[m.left], nodes[m.right], "right", m.box) for m in level]
        amplitudes = sentence_value(word_tensors(nodes[-1], words, boxes))
        weights = np.abs(amplitudes) ** 2
        assert np.abs(weights / weights.sum() - model.outcomes([text])[0]).max() < 1e-12
        assert weights.sum() == pytest.approx(model.success_probability([text])[0], abs=1e-12)


def test_what_there_is_not_is_refused() -> None:
    words, boxes = np.ones((2, 2)), np.ones((1, 2, 2, 2))
    with pytest.raises(ArgumentError, match="`head` must be one of 'left', 'right'"):
        Phrase(0, 1, head="up")
    with pytest.raises(ArgumentError, match="`box`"):
        Phrase(0, 1, box=-1)
    with pytest.raises(
        ArgumentError, match="`word` must be an integer of at least 0 and at most 1"
    ):
        recursive_value(Phrase(0, 2), words, boxes)
    with pytest.raises(ArgumentError, match="`box` must be"):
        word_tensors(Phrase(0, 1, box=1), words, boxes)
    with pytest.raises(ArgumentError, match="at least one word"):
        sentence_value([])
    long: Any = 0
    for _ in range(60):
        long = Phrase(1, long, head="left")
    with pytest.raises(ArgumentError, match="up to 50 words"):
        word_tensors(long, words, boxes)
