"""Files of a journal: one per item, named after the whole job, damaged ones made again."""

from __future__ import annotations

from pathlib import Path

import pytest

import qtn
from qtn.errors import FileError
from qtn.parallel.journal import Journal

KEYS = ["a" * 64, "b" * 64]


def test_what_is_kept_is_found_by_its_job_only(tmp_path: Path) -> None:
    journal = Journal.at(tmp_path / "new" / "folder", KEYS)
    assert journal.done() == {}
    journal.keep(1, {"x": 2})
    assert journal.done() == Journal.at(journal.folder, KEYS).done() == {1: {"x": 2}}
    assert journal.path(1).name == "000001-bbbbbbbbbbbbbbbb.qtn"
    assert Journal.at(journal.folder, ["b" * 64, "a" * 64]).done() == {}
    assert Journal.at(journal.folder, ["", "b" * 16 + "c" * 48]).done() == {}  # names alike


def test_damaged_and_foreign_files_count_as_none(tmp_path: Path) -> None:
    journal = Journal.at(tmp_path, KEYS)
    journal.path(0).write_bytes(b"half a fi")
    qtn.save(qtn.Estimate(0.5, 0.1), journal.path(1))
    assert journal.done() == {}
    journal.keep(0, 1)
    assert journal.done() == {0: 1}


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError):
        Journal.at(tmp_path / "file", KEYS)
