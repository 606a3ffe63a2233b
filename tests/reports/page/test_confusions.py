"""Confusion matrices as tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qtn.reports.page.confusions import matrices


def test_counts_and_shades(comparison) -> None:
    row = replace(comparison.rows[0], predictions=np.array(["a", "b", "b", "b"]))
    (found,) = matrices([row], np.array(["a", "a", "b", "b"]), np.array(["a", "b", "c"]))
    assert found.heads == ("a", "b", "c")
    assert found.lines == (
        ("a", ((1, 5), (1, 5), (0, 0))),
        ("b", ((0, 0), (2, 10), (0, 0))),
        ("c", ((0, 0), (0, 0), (0, 0))),  # nobody is of this class
    )


def test_long_names_become_numbers(comparison) -> None:
    names = np.array(["a long name", "b"])
    row = replace(comparison.rows[0], predictions=names)
    (found,) = matrices([row], names, names)
    assert found.heads == ("1", "2")
    assert [label for label, _ in found.lines] == ["1: a long name", "2: b"]
