from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from qtn.data import Dataset
from qtn.data.dataset import is_table, listed, sentence_array
from qtn.errors import ArgumentError
from tests.foreign_tables import ForeignTable

X, Y = np.full((3, 4), 0.5), np.array([0, 1, 0])


def test_prints_what_it_holds() -> None:
    data = Dataset(X, Y, X[:1], Y[:1], (2, 2), "grey")
    assert repr(data) == "Dataset('grey', 3 train + 1 test rows, shape=(2, 2), classes=[0, 1])"
    assert data.features == 4


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((X * 3, Y, X, Y, (2, 2)), r"`x_train` must hold values in \[0, 1\], but holds 1.5"),
        ((X, Y, X, Y, (3, 2)), "has rows of 4 features, but shape"),
        ((X, Y[:2], X, Y, (2, 2)), "`y_train` must have one label per row"),
        ((X[:0], Y[:0], X, Y, (2, 2)), "a non-empty array"),
        ((X * np.nan, Y, X, Y, (2, 2)), "finite numbers only"),
    ],
)
def test_bad_parts_are_refused(parts: tuple, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Dataset(*parts, "grey")


def test_labels_may_be_whole_floats_and_objects_of_text() -> None:
    from qtn.data.dataset import label_array

    assert label_array("y", [0.0, 1.0]).tolist() == [0.0, 1.0]
    assert label_array("y", np.array(["a", "b"], dtype=object)).tolist() == ["a", "b"]
    for bad in (
        [0.5, 1.0],
        [np.nan, 1.0],
        [1j],
        np.array([None, "a"], dtype=object),
        [[1], [1, 2]],
    ):
        with pytest.raises(ArgumentError, match="`y` must be an array of labels"):
            label_array("y", bad)


def test_sentences_become_an_array_of_which_rows_can_be_taken() -> None:
    found = sentence_array("x", ["old man", ["the", "sea"], ("sea",)])
    assert found[[0, 2]].tolist() == ["old man", ("sea",)]
    for bad in ("old man", [], 3):
        with pytest.raises(ArgumentError, match="sequence of sentences"):
            sentence_array("x", bad)


def test_a_foreign_table_gives_its_rows() -> None:
    assert sentence_array("x", ForeignTable([["old", "man"], ["the", "sea"]])).tolist() == [
        ("old", "man"),
        ("the", "sea"),
    ]
    with pytest.raises(ArgumentError, match="A set has no order"):
        sentence_array("x", {"old man"})


def test_rows_in_an_order_are_listed() -> None:
    assert listed("x", (w for w in ("a", "b")), "texts", "text") == ["a", "b"]
    assert not is_table(["a"])
    assert is_table(np.zeros((1, 1)))


def test_samples_and_classes_are_drawn_and_listed() -> None:
    data = Dataset(X * [[1], [0.5], [0]], Y, X[:1], Y[:1], (2, 2), "grey")
    ax = Figure().subplots()
    assert data.plot(ax, rows=2) is ax
    assert [text.get_text() for text in ax.texts] == ["0", "1"]
    mosaic = np.asarray(ax.images[0].get_array())
    assert np.nanmax(mosaic[:, :2]) == 0.5
    bars = [bar.get_height() for bar in data.plot(kind="classes").patches]
    assert bars == [2, 1, 1, 0]
    frame = data.to_frame()
    assert frame["part"].tolist() == ["train"] * 3 + ["test"]
    assert frame["x3"].tolist() == [0.5, 0.25, 0.0, 0.5]
    with pytest.raises(ArgumentError, match="`kind` must be one of 'samples', 'classes'"):
        data.plot(kind="images")
    with pytest.raises(ArgumentError, match="`rows` must be a positive integer"):
        data.plot(rows=0)
