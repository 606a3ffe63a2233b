"""Files of labelled sentences, and what of a test set was never seen in training."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, file_path, flag
from qtn.data.dataset import listed
from qtn.errors import ArgumentError, FileError

__all__ = ["load_sentences", "read_texts", "with_unseen"]

LARGEST = 100_000_000  # bytes
ENDS = {".", "!", "?"}


def load_sentences(
    path: str | os.PathLike[str], *, ends: bool = False
) -> tuple[list[str], NDArray[np.int64]]:
    """Read a file with one labelled sentence per line: a whole number, then the words.

    This is the form of the meaning-classification and relative-pronoun sets that come with lambeq.

    Args:
        path: of the text file, in UTF-8.
        ends: keep a full stop, question or exclamation mark that stands alone at the end.

    Returns:
        The sentences, their words parted by single blanks; and their labels.

    Raises:
        ArgumentError: no path.
        FileError: no such file, or a line that is no label with a sentence.

    Cost: one pass over the file.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import qtn
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "food.txt"
        ...     _ = file.write_text("1  woman prepares dinner .\\n0  man debugs program .\\n")
        ...     sentences, labels = qtn.load_sentences(file)
        >>> sentences[1], labels.tolist()
        ('man debugs program', [1, 0])
    """
    file = file_path("path", path)
    flag("ends", ends)
    try:
        if file.stat().st_size > LARGEST:
            raise FileError(f"{str(file)!r} is larger than {LARGEST:,} bytes. Split it.")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{str(file)!r} cannot be read as text in UTF-8: {error}") from error
    sentences, labels = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        label, *words = line.split() or [""]
        if not label and not words:
            continue
        if not ends and words and words[-1] in ENDS:
            words = words[:-1]
        if not label.lstrip("-").isdecimal() or not words or abs(int(label)) > 2**31:
            raise FileError(
                f"Line {number} of {str(file)!r} is no whole number followed by a sentence: "
                f"{line[:60]!r}. Correct it."
            )
        sentences.append(" ".join(words))
        labels.append(int(label))
    if not sentences:
        raise FileError(f"{str(file)!r} holds no sentences. Give another file.")
    return sentences, np.array(labels, dtype=np.int64)


def read_texts(name: str, value: Any) -> list[list[str]]:
    """Return the words of sentences.

    Args:
        name: of the argument.
        value: a sequence of texts.

    Raises:
        ArgumentError: something else, none, or an empty one.
    """
    expected = "a sequence of sentences, each a text"
    rows = listed(name, value, expected, "sentence")
    if not all(isinstance(row, str) for row in rows):
        raise fail(name, expected, value, "Of a table give the column of texts.")
    words = [row.split() for row in rows]
    if not all(words):
        raise ArgumentError(
            f"Argument `{name}` has an empty sentence at {[not w for w in words].index(True)}, of "
            "which nothing can be said. Leave it out, together with its label."
        )
    return words


def with_unseen(train: Sequence[str], test: Sequence[str]) -> NDArray[np.bool_]:
    """Say which test sentences hold a word that no training sentence has.

    Args:
        train: sentences.
        test: sentences.

    Raises:
        ArgumentError: no sentences.

    Example:
        >>> with_unseen(["man bakes bread"], ["man bakes", "man bakes cake"]).tolist()
        [False, True]
    """
    seen = {word for words in read_texts("train", train) for word in words}
    return np.array([not seen.issuperset(words) for words in read_texts("test", test)])
