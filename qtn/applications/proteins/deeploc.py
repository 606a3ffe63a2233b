"""Proteins with the place in the cell where they are found: the DeepLoc set and its five folds.

A file has one protein per line, tab-separated, with a line of column names: "accession",
"partition" (the fold), "labels" (joined by "|"), "length", and a column of sequences, of which
long ones may be cut to "first residues * last residues". It may be compressed (.xz).

Reference: Thumuluri et al., Nucleic Acids Res. 50, W228 (2022), DeepLoc 2.0: Swiss-Prot entries
with experimental annotation, partitioned so that no two folds share more than 30 % identity.
"""

from __future__ import annotations

import csv
import lzma
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, items, text
from qtn._display import Display, Displayed, Table
from qtn._io import regular_file
from qtn.errors import ArgumentError, FileError

_COLUMNS = ("partition", "labels", "length")
_SEQUENCES = ("seq_n128_c64", "sequence", "Sequence")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Proteins(Displayed):
    """Proteins with labels and folds.

    Args:
        sequences: letters of the residues, with "*" where the middle was cut out.
        labels: one per protein, of two or more kinds.
        folds: number of the fold of every protein.
        lengths: residues of the whole proteins.
    """

    sequences: tuple[str, ...]
    labels: NDArray[Any]
    folds: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def _brief(self) -> str:
        told = ", ".join(f"{n} {k}" for k, n in self._kinds())
        return f"{len(self)}: {told}; {len(np.unique(self.folds))} folds"

    def _kinds(self) -> list[tuple[Any, int]]:
        kinds, counts = np.unique(self.labels, return_counts=True)
        return list(zip(kinds.tolist(), counts.tolist(), strict=True))

    def _display(self) -> Display:
        shortest, longest = self.lengths.min(initial=10**9), self.lengths.max(initial=0)
        rows = [
            ("proteins", len(self)),
            ("folds", len(np.unique(self.folds))),
            ("residues", f"{shortest:,} to {longest:,}" if len(self) else None),
        ]
        return Display("Proteins", rows, [Table(("label", "proteins"), self._kinds())])

    def __len__(self) -> int:
        return len(self.sequences)

    def taken(self, chosen: NDArray[Any]) -> Self:
        """Return some of the proteins, by number or by mask."""
        numbers = np.arange(len(self))[chosen]
        return type(self)(
            tuple(self.sequences[int(k)] for k in numbers),
            self.labels[numbers],
            self.folds[numbers],
            self.lengths[numbers],
        )

    def fold(self, number: int) -> tuple[Self, Self]:
        """Return the proteins of all other folds, to train on, and those of one, to test on.

        Raises:
            ArgumentError: no such fold.
        """
        known = np.unique(self.folds).tolist()
        if bounded_int("number", number, 0) not in known:
            raise fail("number", f"one of the folds {known}", number)
        inside = self.folds == number
        return self.taken(~inside), self.taken(inside)


def load_deeploc(
    path: str | os.PathLike[str],
    labels: Sequence[str] = ("Cytoplasm", "Cell membrane"),
) -> Proteins:
    """Read the proteins that have exactly one of some labels.

    Args:
        path: the file, as text or compressed (.xz); nothing is downloaded.
        labels: the places in the cell.

    Returns:
        The proteins, in the order of the file.

    Raises:
        FileError: the file cannot be read or lacks a column.
        ArgumentError: fewer than two labels, or no protein has one of them.

    Cost: two seconds for 28,303 proteins.

    Example:
        >>> proteins = load_deeploc("deeploc2_swissprot.tsv.xz")  # doctest: +SKIP
        Proteins(7352: 2770 Cell membrane, 4582 Cytoplasm; 5 folds)

    Reference: Thumuluri et al., Nucleic Acids Res. 50, W228 (2022).
    """
    wanted = [text("labels", label) for label in items("labels", labels, "names of places")]
    if len(set(wanted)) < 2:
        raise fail("labels", "at least two places", labels)
    rows = _rows(path)
    kept = [row for row in rows if row["labels"] in wanted]
    missing = set(wanted) - {row["labels"] for row in kept}
    if missing:
        known = sorted({row["labels"] for row in rows if "|" not in row["labels"]})
        raise ArgumentError(
            f"No protein has the label {min(missing)!r} alone. The file knows {', '.join(known)}."
        )
    column = next(name for name in _SEQUENCES if name in kept[0])
    try:
        return Proteins(
            tuple(row[column].upper() for row in kept),
            np.array([row["labels"] for row in kept]),
            np.array([int(row["partition"]) for row in kept]),
            np.array([int(row["length"]) for row in kept]),
        )
    except (TypeError, ValueError) as error:
        raise FileError(f"{path} has a fold or a length that is no number: {error}.") from error


def _rows(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    found = regular_file(path)
    opened = lzma.open if found.suffix == ".xz" else open
    try:
        with opened(found, "rt", encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, delimiter="\t")
            rows = list(reader)
            names = reader.fieldnames or []
    except (OSError, UnicodeError, lzma.LZMAError, EOFError, csv.Error) as error:
        raise FileError(f"{found} cannot be read as a table of proteins: {error}.") from error
    lacking = [name for name in _COLUMNS if name not in names]
    if lacking or not set(_SEQUENCES) & set(names) or not rows:
        raise FileError(
            f"{found} is no table of proteins: it lacks {', '.join(lacking) or 'a sequence'}. "
            f"Columns are {', '.join(_COLUMNS)} and one of {', '.join(_SEQUENCES)}."
        )
    return rows
