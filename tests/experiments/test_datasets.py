"""Rows of recipes."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtn
from qtn.experiments import read_recipe
from qtn.experiments.datasets import Rows, made_rows

LINES = "1,tcp,0.5,normal\n2,udp,0.1,normal\n3,tcp,0.2,attack\n4,icmp,0.9,normal\n"


def rows_of(content: dict[str, Any], folder: Path, seed: int = 0) -> Rows:
    return made_rows(read_recipe({"data": content}).data, folder, seed)


def table(tmp_path: Path, **options: Any) -> Rows:
    (tmp_path / "rows.txt.gz").write_bytes(gzip.compress(LINES.encode()))
    return rows_of({"source": "table", "file": "rows.txt.gz", **options}, tmp_path)


def test_digits_and_bars() -> None:
    digits = rows_of({"source": "digits", "size": 2, "classes": [3, 8]}, Path())
    assert digits.x.shape[1] == 4
    assert set(np.unique(digits.y_test)) == {3, 8}
    bars = rows_of({"source": "bars-and-stripes", "rows": 2, "columns": 3}, Path())
    assert bars.x.shape == (10, 6)
    assert bars.y is None


def test_numbers_fall_into_bins_and_words_into_levels(tmp_path: Path) -> None:
    found = table(tmp_path, label=3, levels=2)
    np.testing.assert_array_equal(found.x, [[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1]])
    assert found.y is not None
    assert found.y.tolist() == ["normal", "normal", "attack", "normal"]


def test_rows_of_one_label(tmp_path: Path) -> None:
    found = table(tmp_path, label=3, only="normal", columns=[1], levels=3, rows=2)
    assert (found.x.tolist(), found.y) == ([[0], [1]], None)


def test_a_part_is_kept_for_the_test(tmp_path: Path) -> None:
    found = table(tmp_path, columns=[0], test_fraction=0.25)
    assert (len(found.x), len(found.x_test)) == (3, 1)


def test_files_of_numbers_are_read_as_everywhere(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b,class\n" + "1,20,0\n3,10,1\n" * 8, encoding="utf-8")
    found = rows_of({"source": "file", "file": "rows.csv"}, tmp_path)
    assert found.x.shape == (12, 2)
    assert found.x.max() == 1.0


def test_sentences(tmp_path: Path) -> None:
    for part in ("train", "test"):
        text = f"1 woman bakes {part} .\n0 man debugs code .\n"
        (tmp_path / f"{part}.txt").write_text(text, encoding="utf-8")
    content = {"source": "sentences", "file": "train.txt", "test": "test.txt"}
    found = rows_of(content, tmp_path)
    assert found.x[0] == "woman bakes train"
    assert found.x_test[0] == "woman bakes test"


def test_what_the_file_has_not_is_refused(tmp_path: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"label": 4}, "`label` is 4, but .* has 4 columns"),
        ({"columns": [7]}, "`columns` names 7, but .* has 4 columns"),
        ({"label": 3, "only": "other"}, "keeps no row of .*: none has the label 'other'"),
    ]
    for options, told in wrong:
        with pytest.raises(qtn.ArgumentError, match=told):
            table(tmp_path, **options)
    for content, told in ((b"a,b\nc\n", "different numbers of cells"), (b"\xff", "is no table")):
        (tmp_path / "bad.txt").write_bytes(content)
        with pytest.raises(qtn.errors.FileError, match=told):
            rows_of({"source": "table", "file": "bad.txt"}, tmp_path)
