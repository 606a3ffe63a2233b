"""Sentences to numbers: which tokens there are, and what a sentence may be."""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn.data.dataset import is_table, listed
from qtn.errors import ArgumentError

UNITS = ("words", "characters")
Codes = NDArray[np.int64]


def read_sentences(name: str, value: Any, units: str) -> list[tuple[Hashable, ...]]:
    """Return sentences as tuples of tokens.

    Args:
        name: of the argument.
        value: sentences: each a text, or a sequence of texts or of integers; or an integer array
            (sentences, tokens), or a column of an array of texts.
        units: what a text is split into, "words" (at white space) or "characters".

    Raises:
        ArgumentError: no sentences, an empty one, or a token that is neither text nor an integer.

    Example:
        >>> read_sentences("x", ["old man", ["sea", 3]], "words")
        [('old', 'man'), ('sea', 3)]
    """
    expected = "a sequence of sentences, each a text or a sequence of tokens"
    rows = listed(name, value, expected, "sentence")
    if is_table(value) and units == "words" and len(rows[0]) == 1:
        for row in rows:
            if isinstance(row[0], str) and len(row[0].split()) > 1:
                raise fail(name, expected, value, "Give a column of texts as one axis, x[:, 0].")
    return [_tokens(f"{name}[{k}]", row, units) for k, row in enumerate(rows)]


def _tokens(name: str, row: Any, units: str) -> tuple[Hashable, ...]:
    if isinstance(row, str):
        found: tuple[Any, ...] = tuple(row.split() if units == "words" else row)
    elif isinstance(row, np.ndarray) and row.ndim < 2:
        found = tuple(np.atleast_1d(row))
    elif isinstance(row, Sequence) and not isinstance(row, bytes) and not _nested(row):
        found = tuple(row)
    else:
        raise fail(name, "a text or a sequence of tokens", row)
    if not found:
        raise ArgumentError(
            f"Argument `{name}` is an empty sentence, of which nothing can be said. Leave it out, "
            "together with its label."
        )
    return tuple(_read_token(name, word) for word in found)


def _nested(row: Sequence[Any]) -> bool:
    return any(isinstance(word, list | tuple | np.ndarray) for word in row)


def _read_token(name: str, word: Any) -> Hashable:
    if isinstance(word, str):
        return str(word)
    if isinstance(word, numbers.Integral) and not isinstance(word, bool | np.bool_):
        return int(word)
    if isinstance(word, float | np.floating) and float(word).is_integer():
        return int(word)  # a table of numbers that passed through floats
    raise fail(name, "a sequence of texts or integers", word, "Tokens are words or numbers.")


@dataclass(frozen=True, slots=True)
class Reader:
    """How a trained model reads sentences.

    Args:
        vocabulary: the tokens, by their numbers.
        units: what a text is split into.
        unknown: number of a token that is not among them; None refuses those.
        longest: tokens of the longest sentence that can be read; None for any.
    """

    vocabulary: tuple[Hashable, ...]
    units: str
    unknown: int | None
    longest: int | None

    def codes(self, name: str, value: Any) -> list[Codes]:
        """Return the numbers of the tokens of every sentence.

        Raises:
            ArgumentError: no sentences, an empty one, an unknown token, or too many tokens.
        """
        sentences = read_sentences(name, value, self.units)
        found = encoded(sentences, self.vocabulary, self.unknown)
        lengths = [len(row) for row in found]
        if self.longest is not None and max(lengths) > self.longest:
            raise ArgumentError(
                f"Sentence {int(np.argmax(lengths))} has {max(lengths)} tokens, but the model has "
                f"boxes for {self.longest} only. Cut it, raise max_length, or train with "
                'sharing="uniform", which takes any length.'
            )
        return found


def vocabulary_of(sentences: Sequence[tuple[Hashable, ...]]) -> tuple[Hashable, ...]:
    """Return the different tokens, numbers before texts, each in order.

    Example:
        >>> vocabulary_of([("b", 2), ("a", 1, 2)])
        (1, 2, 'a', 'b')
    """
    found = {token for sentence in sentences for token in sentence}
    return tuple(sorted(found, key=lambda word: (isinstance(word, str), word)))


def encoded(
    sentences: Sequence[tuple[Hashable, ...]],
    vocabulary: Sequence[Hashable],
    unknown: int | None,
) -> list[Codes]:
    """Return the numbers of the tokens of every sentence.

    Args:
        sentences: as `read_sentences` gives them.
        vocabulary: the tokens in their order.
        unknown: number of a token that is not among them; None refuses those.

    Raises:
        ArgumentError: an unknown token; the text names near ones.
    """
    numbers_of = {token: k for k, token in enumerate(vocabulary)}
    found = []
    for k, sentence in enumerate(sentences):
        codes = [numbers_of.get(token, unknown) for token in sentence]
        if None in codes:
            raise _unknown(k, sentence[codes.index(None)], vocabulary)
        found.append(np.array(codes, dtype=np.int64))
    return found


def _unknown(number: int, word: Hashable, vocabulary: Sequence[Hashable]) -> ArgumentError:
    words = [str(v) for v in vocabulary]
    near = get_close_matches(str(word), words, n=3)
    meant = f" Known are, among {len(words)}: {', '.join(near or words[:5])}."
    return ArgumentError(
        f"Sentence {number} holds the token {word!r}, which was never seen in training.{meant} "
        "Train with hidden=0.1, for instance, and unknown tokens are read as one that is hidden."
    )


def by_length(codes: Sequence[Codes]) -> dict[int, tuple[NDArray[np.int64], Codes]]:
    """Return, for every length, the numbers of the sentences and their codes as one array.

    Example:
        >>> by_length([np.array([1, 2]), np.array([0]), np.array([2, 0])])[2][1].tolist()
        [[1, 2], [2, 0]]
    """
    lengths = np.array([len(row) for row in codes])
    found: dict[int, tuple[NDArray[np.int64], Codes]] = {}
    for length in np.unique(lengths).tolist():
        members = np.flatnonzero(lengths == length)
        found[length] = members, np.stack([codes[int(k)] for k in members])
    return found
