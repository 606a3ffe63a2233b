"""Pieces of a map: their size, and what a process does that is one of several workers."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import parallel_work as work
import pytest
from threadpoolctl import threadpool_limits

from qtn import _progress
from qtn.parallel.pieces import MOST_PIECES, as_worker, cut, this_process


def test_pieces_hold_one_item_until_there_are_many() -> None:
    few = cut(work.squared, [(k, k, None) for k in range(3)], 3, 1)
    assert [len(piece.items) for piece in few.values()] == [1, 1, 1]
    assert few[2].do() == [(2, 4)]
    many = cut(work.squared, [(k, k, None) for k in range(MOST_PIECES + 1)], 0, 1)
    assert {len(piece.items) for piece in many.values()} == {1, 2}
    assert sum(len(piece.items) for piece in many.values()) == MOST_PIECES + 1
    assert cut(work.squared, [], 0, 1) == {}


def test_items_have_the_threads_asked_for_and_no_more() -> None:
    piece = cut(work.manners, [(0, None, None)], 1, 2)[0]
    with threadpool_limits(limits=8, user_api="blas"):
        assert piece.do()[0][1][1] == 2
        assert replace(piece, threads=1).do()[0][1][1] == 1


def test_a_long_item_is_named_in_short() -> None:
    piece = cut(work.failing, [(7, "x" * 1000, None)], 9, 1)[0]
    failing = replace(piece, function=lambda item: 1 / 0)
    with pytest.raises(ZeroDivisionError) as caught:
        failing.do()
    (note,) = caught.value.__notes__
    assert note.startswith("It was item 7 of 9: 'xxx")
    assert len(note) < 120


def test_a_worker_draws_no_bars_and_keeps_to_its_threads(monkeypatch: Any) -> None:
    asked: list[int] = []
    numba = SimpleNamespace(
        set_num_threads=asked.append, config=SimpleNamespace(NUMBA_NUM_THREADS=8)
    )
    monkeypatch.setattr(_progress, "_SILENT", [False])
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setitem(sys.modules, "numba", numba)
    as_worker(2)
    assert asked == [2]
    assert os.environ["RAYON_NUM_THREADS"] == "2"
    assert "NUMBA_NUM_THREADS" not in os.environ  # it has been read
    assert not _progress.watching(True)
    monkeypatch.delitem(sys.modules, "numba")
    as_worker(2)
    assert os.environ["NUMBA_NUM_THREADS"] == "2"
    assert this_process().endswith(f":{os.getpid()}")
