"""Proteins as tables of letters: both ends of the chain, where the signals are."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from qtn._checks import bounded_int, fail, positive_int
from qtn.data.dataset import listed
from qtn.errors import ArgumentError

ALPHABET = "ACDEFGHIKLMNPQRSTVWY"
CUT = "*"  # between the two ends of a protein that was cut before


class OfProteins(TransformerMixin, BaseEstimator):
    """Base of the transformers from proteins to numbers: there is nothing to learn."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.requires_fit = False
        return tags


class Residues(OfProteins):
    """Turn proteins into rows of numbers, the first and the last residues of each.

    0 stands for no residue and for letters that are none of the twenty (X, U, B, Z), 1 … 20 for the
    amino acids in the order of their letters. A protein that has fewer residues than both ends
    together stands from the first place on.

    Args:
        start: residues at the beginning (the N-terminus).
        end: residues at the end (the C-terminus).

    Example:
        >>> Residues(3, 2).transform(["MKVA", "ACDEFGHIK"]).tolist()
        [[11, 9, 18, 1, 0], [1, 2, 3, 8, 9]]
    """

    def __init__(self, start: int = 128, end: int = 64) -> None:
        self.start = start
        self.end = end

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the arguments; there is nothing to learn.

        Raises:
            ArgumentError: no such ends.
        """
        self._check()
        return self

    def transform(self, X: Any) -> NDArray[np.int64]:
        """Return the rows of proteins, (proteins, start + end).

        Args:
            X: texts of one letter per residue; "*" where a middle was cut out.

        Raises:
            ArgumentError: something that is no protein.
        """
        self._check()
        proteins = check_proteins(X)
        rows = np.zeros((len(proteins), self.start + self.end), dtype=np.int64)
        for row, protein in zip(rows, proteins, strict=True):
            codes = _CODES[np.frombuffer(protein.upper().encode("ascii"), dtype=np.uint8)]
            cut = protein.find(CUT)
            if cut < 0 and len(codes) <= len(row):
                row[: len(codes)] = codes
                continue
            first = codes if cut < 0 else codes[:cut]
            last = codes if cut < 0 else codes[cut + 1 :]
            row[: min(self.start, len(first))] = first[: self.start]
            ending = last[len(last) - min(self.end, len(last)) :]
            row[len(row) - len(ending) :] = ending
        return rows

    def _check(self) -> None:
        positive_int("start", self.start)
        bounded_int("end", self.end, 0)


def check_proteins(x: Any) -> list[str]:
    """Return proteins as a list, or raise `ArgumentError` unless all are in letters."""
    expected = "a sequence of proteins, texts of one letter per residue"
    proteins = listed("X", x, expected, "protein")
    for k, protein in enumerate(proteins):
        if not isinstance(protein, str) or not protein:
            raise fail(f"X[{k}]", "a text of one letter per residue", protein)
        if not protein.isascii() or not protein.replace(CUT, "", 1).isalpha():
            raise ArgumentError(
                f"Argument `X[{k}]` must be a protein in the letters of its residues, but is "
                f"{protein[:40]!r}. Leave out spaces, gaps and headers."
            )
    return proteins


_CODES = np.zeros(256, dtype=np.int64)
for _number, _letter in enumerate(ALPHABET):
    _CODES[ord(_letter)] = _number + 1
