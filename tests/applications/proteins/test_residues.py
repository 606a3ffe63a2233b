"""Proteins as rows of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qtn.applications.proteins.residues import ALPHABET, Residues
from qtn.errors import ArgumentError
from tests.foreign_tables import ForeignTable


def test_both_ends_are_kept() -> None:
    letters = "".join(ALPHABET[k % 20] for k in range(300))
    row = Residues().fit_transform([letters])[0]
    codes = np.arange(300) % 20 + 1
    assert np.array_equal(row, np.concatenate([codes[:128], codes[-64:]]))
    cut = letters[:128] + "*" + letters[-64:]
    assert np.array_equal(Residues().transform([cut])[0], row)
    assert np.array_equal(Residues(10, 4).transform([cut])[0], [*codes[:10], *codes[-4:]])


def test_short_and_unusual_proteins() -> None:
    rows = Residues(4, 2).transform(["MK", "mkxua", "ACDEF*G"])
    assert rows.tolist() == [[11, 9, 0, 0, 0, 0], [11, 9, 0, 0, 1, 0], [1, 2, 3, 4, 0, 6]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("MKV", "a sequence of proteins"),
        ([], "at least one protein"),
        ([""], r"`X\[0\]` must be a text of one letter per residue"),
        ([3], r"`X\[0\]` must be a text"),
        (["MK V"], "Leave out spaces, gaps and headers"),
        (["M*K*V"], "Leave out spaces"),
        (["Mé"], "in the letters of its residues"),
    ],
)
def test_what_is_no_protein_is_refused(value: Any, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        Residues().transform(value)


def test_ends_are_checked() -> None:
    with pytest.raises(ArgumentError, match="`start`"):
        Residues(0, 3).fit(["M"])
    with pytest.raises(ArgumentError, match="`end`"):
        Residues(3, -1).transform(["M"])


@pytest.mark.parametrize("value", [{"INS": "MALW"}, {"MALW", "ACD"}])
def test_names_and_sets_are_no_sequences_of_proteins(value: Any) -> None:
    """Names of proteins may be letters, and would be read as residues."""
    with pytest.raises(ArgumentError, match="a sequence of proteins"):
        Residues().transform(value)


def test_names_of_columns_are_no_proteins() -> None:
    with pytest.raises(ArgumentError, match=r"`X\[0\]` must be a text"):
        Residues().transform(ForeignTable([["MKV"], ["ACD"]], ["SEQ"]))
