"""Maps on threads, processes and Dask: equal, resumed, and honest about what went wrong."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import parallel_work as work
import pytest

import qtn
from qtn._random import derived_seed
from qtn.errors import ArgumentError, FileError, QtnError
from qtn.parallel import pmap

SPAWN = multiprocessing.get_context("spawn")


def same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(map(np.array_equal, a, b))


def test_results_have_the_order_and_the_seeds_of_the_items() -> None:
    found = pmap(work.drawn, [3, 1, 2], seed=5)
    assert same(found, [work.drawn(n, derived_seed(5, k)) for k, n in enumerate((3, 1, 2))])
    spawned = np.random.SeedSequence(5).spawn(3)
    assert derived_seed(5, 1) == spawned[1].generate_state(1)[0] & 0x7FFFFFFF
    assert pmap(work.squared, np.arange(3)) == [0, 1, 4]
    assert pmap(work.squared, []) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_threads_give_the_same(workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        found = pmap(work.drawn, range(1, 9), executor=pool, seed=1)
    assert same(found, pmap(work.drawn, range(1, 9), seed=1))


def test_thousands_of_items_travel_together() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert pmap(work.squared, range(2500), executor=pool) == [k**2 for k in range(2500)]


def test_processes_give_the_same_show_no_bars_and_keep_to_their_threads() -> None:
    with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
        found = pmap(work.drawn, [1, 2, 3], executor=pool, seed=1)
        manners = pmap(work.manners, range(4), executor=pool)
    assert same(found, pmap(work.drawn, [1, 2, 3], seed=1))
    assert all(shown is False and threads == 1 for shown, threads, _ in manners)
    assert os.getpid() not in {process for _, _, process in manners}


def test_functions_that_no_process_can_import_are_refused_with_the_way_out() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=SPAWN) as pool,
        pytest.raises(ArgumentError, match=r"processes can import.*threads or Dask.*pickle"),
    ):
        pmap(lambda x: x, [1, 2], executor=pool)


def test_a_pool_whose_worker_died_is_named_with_the_way_out(tmp_path: Path) -> None:
    flag = functools.partial(work.killed_once, folder=str(tmp_path))
    journal = tmp_path / "journal"
    with (
        ProcessPoolExecutor(1, mp_context=SPAWN) as pool,
        pytest.raises(QtnError, match=r"lost its workers .*make a new one.* of 5 items are kept"),
    ):
        pmap(flag, range(5), executor=pool, seed=0, journal=journal)
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        found = pmap(flag, range(5), executor=pool, seed=0, journal=journal)
    assert same(found, pmap(work.drawn, range(5), seed=0))


def test_a_journal_does_only_what_is_left(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    function = functools.partial(work.noted, folder=str(marks))
    first = pmap(function, [1, 2], journal=tmp_path / "j")
    again = pmap(function, [1, 2, 3], journal=tmp_path / "j")
    assert [*first, 9] == again
    assert Counter(p.name.split("-")[0] for p in marks.iterdir()) == {"1": 1, "2": 1, "3": 1}
    pmap(function, [2, 1], journal=tmp_path / "j")  # other places, other jobs
    assert len(list(marks.iterdir())) == 5


def test_errors_name_the_item_and_keep_what_is_done(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="no two") as caught:
        pmap(work.failing, [0, 1, 2, 3], journal=tmp_path)
    notes = " ".join(caught.value.__notes__)
    assert "item 2 of 4: 2" in notes
    assert f"2 of 4 items are kept in `{tmp_path}`" in notes
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(ZeroDivisionError) as caught,
    ):
        pmap(work.failing, [0, 1, 2, 3], executor=pool)
    assert "with journal=FOLDER they would have been kept" in " ".join(caught.value.__notes__)


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    def interrupted(x: int) -> int:
        if x == 3:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt) as caught:
        pmap(interrupted, range(5), journal=tmp_path)
    assert "3 of 5 items are kept" in " ".join(caught.value.__notes__)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_cannot_be_mapped_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"`function` must be a function of one item"):
        pmap(3, [1])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"one that takes function\(item, seed=...\)"):
        pmap(work.squared, [1], seed=0)
    with pytest.raises(ArgumentError, match=r"one that takes function\(item\)"):
        pmap(work.drawn, [1])
    with pytest.raises(ArgumentError, match=r"`items` must be a list of items.*list\(items\)"):
        pmap(work.squared, iter([1]))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"`executor`"):
        pmap(work.squared, [1], executor=4)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"`threads`"):
        pmap(work.squared, [1], threads=0)
    with pytest.raises(ArgumentError, match=r"`items` must be of a kind that a journal can tell"):
        pmap(work.squared, [object()], journal=tmp_path)
    with pytest.raises(ArgumentError, match=r"returned a object, which a journal cannot keep"):
        pmap(lambda _: object(), [1], journal=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FileError):
        pmap(work.squared, [1], journal=tmp_path / "file")


class TestDask:
    """Two worker processes on this machine."""

    def test_a_killed_worker_is_replaced_and_nothing_changes(self, tmp_path: Path) -> None:
        flag = functools.partial(work.killed_once, folder=str(tmp_path))
        with work.cluster(2) as client:
            found = pmap(flag, range(8), executor=client.get_executor(), seed=0)
            manners = pmap(work.manners, range(4), executor=client)
            angles = pmap(work.angle, [0.1, 0.2, 0.3], executor=client)
        assert (tmp_path / "killed").exists()
        assert same(found, pmap(work.drawn, range(8), seed=0))
        assert all(shown is False and threads == 1 for shown, threads, _ in manners)
        here = pmap(work.angle, [0.1, 0.2, 0.3])
        assert [c.values[0].value for c in angles] == [c.values[0].value for c in here]

    @pytest.mark.slow
    def test_a_killed_run_goes_on_and_is_equal_to_a_serial_one(self, tmp_path: Path) -> None:
        marks = tmp_path / "marks"
        marks.mkdir()
        program = tmp_path / "run.py"
        here = [str(Path(__file__).parents[1]), str(Path(qtn.__file__).parents[1])]
        program.write_text(KILLED.format(here=here, folder=str(tmp_path)))
        ended = subprocess.run(
            [sys.executable, str(program)], start_new_session=True, timeout=300, check=False
        )
        assert ended.returncode == -signal.SIGKILL
        kept = [int(path.name[:6]) for path in (tmp_path / "journal").glob("*.qtn")]
        assert len(kept) == 3
        function = functools.partial(work.noted, folder=str(marks))
        with work.cluster(2) as client:
            found = pmap(function, range(20), executor=client, journal=tmp_path / "journal")
        assert found == pmap(work.squared, range(20))
        again = pmap(function, range(20), journal=tmp_path / "journal")
        assert again == found
        calls = Counter(p.name.split("-")[0] for p in marks.iterdir())
        assert all(calls[str(k)] == 1 for k in kept)  # not done again


KILLED = """
import functools, os, signal, sys
sys.path[:0] = {here!r}
import parallel_work as work
from qtn.parallel import pmap
from qtn.parallel.journal import Journal

keep, count = Journal.keep, [0]

def keep_and_die(self, *arguments):
    keep(self, *arguments)
    count[0] += 1
    if count[0] == 3:
        os.killpg(0, signal.SIGKILL)  # the run and its workers

if __name__ == "__main__":
    Journal.keep = keep_and_die
    function = functools.partial(work.noted, folder="{folder}/marks")
    with work.cluster(2) as client:
        pmap(function, range(20), executor=client, journal="{folder}/journal")
"""
