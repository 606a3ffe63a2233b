from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.models.training.levels import Levels, as_levels

ROWS = np.array([[0.0, 0.5], [3.0, 1.5], [1.0, -2.0]])


def test_integers_are_taken_and_others_are_cut() -> None:
    levels = Levels.of(ROWS, None, "auto")
    assert levels.coded.tolist() == [True, False]
    assert levels.apply(ROWS).tolist() == [[0, 1], [3, 2], [1, 0]]
    assert Levels.of(ROWS, None, 2).coded.tolist() == [False, False]
    back = Levels.restored(levels.coded.tolist(), levels.edges, (4, 3))
    assert back.apply(ROWS).tolist() == levels.apply(ROWS).tolist()
    assert Levels.restored(None, [], (4, 3)).coded.all()  # a version of files without this


def test_large_codes_are_let_through_where_they_are_known_to_be_none() -> None:
    levels = Levels.of(ROWS[:, :1], None, None)
    assert levels.apply(np.array([[70.0]]), known=True).tolist() == [[64]]
    with pytest.raises(ArgumentError, match="`Y` must hold integers of 0 … 63, but is 70 at index"):
        levels.apply(np.array([[70.0]]), "Y")
    with pytest.raises(ArgumentError, match=r"but is 0.5 at index \(0, 0\)"):
        as_levels(np.array([[0.5]]))


def test_levels_of_a_file_are_checked() -> None:
    with pytest.raises(ArgumentError, match="`coded` must be one flag per column"):
        Levels.restored([True], [], (2, 2))
    with pytest.raises(ArgumentError, match="`edges` must be ascending edges of 3 bins"):
        Levels.restored([False], [np.array([1.0, 0.0])], (3,))
