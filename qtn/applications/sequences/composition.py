r"""Recursive linear networks and categorical grammar: one meaning, two ways to write it.

A recursive network that is linear, such as a tree of post-selected boxes, gives a node

.. math:: v = G\,(v_{\text{left}} ⊗ v_{\text{right}}).

In a categorical model (DisCoCat) words have types: an argument is a vector, a word that takes
arguments a tensor with one leg for each, and the sentence is all of them contracted by cups. Let
every node say which of its children is the function. The word at the end of a chain of functions
then gets the tensor that its chain makes of it,

.. math:: T_{o a_1 \dots a_m} = [G(\dots G(G(w ⊗ a_1) ⊗ a_2) \dots ⊗ a_m)]_o

(with the sides as they are in the tree), and the contraction of these is the value of the network,
whichever children are chosen.

Reference: Lewis, "Compositionality for recursive neural networks", arXiv:1901.10723; Coecke,
Sadrzadeh, Clark, arXiv:1003.4394.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, choice, fail
from qtn.errors import ArgumentError

Array = NDArray[Any]
_MOST_LEGS = 50  # letters that einsum has


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two phrases joined by a box.

    Args:
        left, right: phrases, or numbers of words.
        head: which of them is the function, "left" or "right".
        box: number of the box.
    """

    left: Phrase | int
    right: Phrase | int
    head: str = "left"
    box: int = 0

    def __post_init__(self) -> None:
        choice("head", self.head, ("left", "right"))
        bounded_int("box", self.box, 0)


@dataclass(frozen=True, slots=True, eq=False)
class WordTensor:
    """A word of a categorical model.

    Args:
        word: its number.
        tensor: first its result, then one axis per argument.
        legs: names of the axes; axes of one name are joined, and 0 is the sentence's own.
    """

    word: int
    tensor: Array
    legs: tuple[int, ...]


def recursive_value(phrase: Phrase | int, words: Sequence[Array], boxes: Sequence[Array]) -> Array:
    """Return the value of a recursive linear network.

    Args:
        phrase: the tree.
        words: one vector per word.
        boxes: tensors (result, left, right).

    Returns:
        A vector.

    Raises:
        ArgumentError: a word or a box that there is not.
    """
    if not isinstance(phrase, Phrase):
        return _of("word", phrase, words)
    left = recursive_value(phrase.left, words, boxes)
    right = recursive_value(phrase.right, words, boxes)
    box = _of("box", phrase.box, boxes)
    return np.asarray(np.einsum("oij,i,j->o", box, left, right))


def word_tensors(
    phrase: Phrase | int, words: Sequence[Array], boxes: Sequence[Array]
) -> list[WordTensor]:
    """Return the words of the categorical model whose sentence has the network's value.

    Args:
        phrase, words, boxes: as in `recursive_value`.

    Cost: a word with m arguments has dimension^(m + 1) numbers.

    Raises:
        ArgumentError: a word or a box that there is not, or more words than there are letters.
    """
    found: list[WordTensor] = []
    waiting: list[tuple[Phrase | int, int]] = [(phrase, 0)]  # phrases, and the leg of their result
    fresh = 0
    while waiting:
        node, result = waiting.pop()
        chain = []  # from the top down
        while isinstance(node, Phrase):
            chain.append(node)
            node = node.left if node.head == "left" else node.right
        tensor, legs = _of("word", node, words), [result]
        for joined in reversed(chain):
            box = _of("box", joined.box, boxes)
            # The function's result meets its side of the box; the other side is a new argument.
            side = 1 if joined.head == "left" else 2
            tensor = np.moveaxis(np.tensordot(box, tensor, (side, 0)), 1, -1)
            fresh += 1
            legs.append(fresh)
            waiting.append((joined.right if joined.head == "left" else joined.left, fresh))
        if fresh > _MOST_LEGS:
            raise ArgumentError(f"A phrase may hold up to {_MOST_LEGS} words, but holds more.")
        found.append(WordTensor(int(node), tensor, tuple(legs)))
    return found


def sentence_value(tensors: Sequence[WordTensor]) -> Array:
    """Return the meaning of a sentence: its words contracted along the legs that they share."""
    if not tensors:
        raise fail("tensors", "at least one word", tensors)
    arguments: list[Any] = []
    for word in tensors:
        arguments += [word.tensor, list(word.legs)]
    return np.asarray(np.einsum(*arguments, [0], optimize="greedy"))


def _of(name: str, number: Any, things: Sequence[Array]) -> Array:
    return np.asarray(things[bounded_int(name, number, 0, len(things) - 1)])
