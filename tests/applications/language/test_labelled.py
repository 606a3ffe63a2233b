"""Files of labelled sentences, words never seen, hostile input."""

from __future__ import annotations

import pytest

import qtn
from qtn.applications.language import with_unseen
from qtn.applications.language.labelled import read_texts
from qtn.errors import ArgumentError, FileError
from tests.foreign_tables import ForeignTable


def test_the_sets_that_come_with_lambeq(shared_data):
    folder = shared_data / "lambeq"
    sizes = {"mc_train": 70, "mc_dev": 30, "mc_test": 30, "rp_train": 74, "rp_test": 31}
    for name, size in sizes.items():
        sentences, labels = qtn.load_sentences(folder / f"{name}_data.txt")
        assert len(sentences) == len(labels) == size
        assert set(labels.tolist()) == {0, 1}
        assert not any(sentence.endswith(".") for sentence in sentences)
    train, _ = qtn.load_sentences(folder / "rp_train_data.txt")
    test, labels = qtn.load_sentences(folder / "rp_test_data.txt")
    assert with_unseen(train, test).sum() == 20
    assert labels.mean() == pytest.approx(19 / 31)


def test_lines(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("-1  she  sings !\n\n2 no .\n", encoding="utf-8")
    assert qtn.load_sentences(file)[0] == ["she sings", "no"]
    assert qtn.load_sentences(str(file), ends=True)[0] == ["she sings !", "no ."]
    assert qtn.load_sentences(file)[1].tolist() == [-1, 2]


@pytest.mark.parametrize("text", ["she sings", "1\n", "1 .\n", "x sings", "9999999999999 a", ""])
def test_other_files(tmp_path, text):
    file = tmp_path / "a.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"no whole number followed by|holds no sentences"):
        qtn.load_sentences(file)


def test_no_text(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="cannot be read as text"):
        qtn.load_sentences(file)
    with pytest.raises(FileError, match="cannot be read as text"):
        qtn.load_sentences(tmp_path / "b.txt")


def test_sentences_as_arguments():
    assert read_texts("x", ("a b", "c")) == [["a", "b"], ["c"]]
    for value in ("a b", [], [3], [["a"]], None, {"a": 1}):
        with pytest.raises(ArgumentError, match="a sequence of sentences"):
            read_texts("x", value)
    with pytest.raises(ArgumentError, match="an empty sentence at 1"):
        read_texts("x", ["a", " "])


def test_sets_have_no_order():
    with pytest.raises(ArgumentError, match="A set has no order"):
        read_texts("x", {"old man", "sea"})


def test_names_of_columns_are_no_sentences():
    with pytest.raises(ArgumentError, match="Of a table give the column of texts"):
        read_texts("x", ForeignTable([["old man"], ["sea"]]))
