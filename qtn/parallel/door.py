"""`qtn.pmap`: a function over items, on any executor, resumed where it was killed."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from qtn._checks import fail, pool, positive_int
from qtn._checks import items as listed
from qtn._progress import checked_progress, progress_bar
from qtn._random import derived_seed, seed_sequence
from qtn.errors import QtnError
from qtn.parallel.content import content_hash
from qtn.parallel.journal import Journal
from qtn.parallel.pieces import Item, cut
from qtn.parallel.spreading import spread, std_executor, worker_died

__all__ = ["pmap"]

LOST = (
    "The executor has lost its workers ({}): they were killed, or memory ran out. A process pool "
    "cannot go on after that: make a new one, with fewer workers if it was the memory; Dask "
    "replaces its workers by itself."
)
SENT = "one that other processes can import, and items and results that can be pickled"
PLAIN = "Define it in a module, or take threads or Dask. The reason:"


def pmap(
    function: Callable[..., Any],
    items: Sequence[Any],
    *,
    executor: Executor | None = None,
    seed: int | None = None,
    journal: str | os.PathLike[str] | None = None,
    threads: int = 1,
    progress: bool | None = None,
) -> list[Any]:
    """Apply a function to every item, here or on the workers of an executor, and keep the order.

    The results are equal bit by bit for any executor and any number of workers: every item has a
    seed of its own, and the same number of threads. With a `journal` a run that was killed or
    interrupted goes on where it stopped, by the same call.

    Args:
        function: called as `function(item)`, or `function(item, seed=...)` where `seed` is given.
            For workers in other processes it must be importable or a `functools.partial` of such a
            function; Dask also takes lambdas.
        items: a list, a tuple or an array.
        executor: a `concurrent.futures.Executor` (standard library, mpi4py), a Dask client or its
            `get_executor()`; None does the work here.
        seed: root of the seeds; item k gets one from `SeedSequence(seed).spawn(n)[k]`.
        journal: folder that keeps finished items, each in a file of its own without pickle. Results
            may be numbers, text, arrays, states, compiled circuits, results of qtn, and lists and
            dictionaries of these. A result counts for the same function (its name, its code, what
            it is bound to), item, number and seed only; empty the folder when something has
            changed that the function calls.
        threads: most threads of BLAS and torch for an item; more than one may change last digits.
        progress: show a bar; None shows it where someone can watch. Workers show none.

    Returns:
        The results in the order of the items.

    Raises:
        ArgumentError: a function that cannot be called so, no list, no executor; with a journal, an
            item or result of a kind that it cannot keep.
        FileError: the folder of the journal cannot be written.
        QtnError: the executor has lost its workers and cannot go on.
        Exception: the first that the function raises; a note says for which item.

    Cost: that of the items; beside it some 0.1 ms (standard library) to 5 ms (Dask) for each, and
        some 5 ms with a journal. Beyond a thousand items several go to a worker together.

    Example:
        >>> import numpy as np
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> def drawn(n, seed):
        ...     return np.random.default_rng(seed).integers(100, size=n)
        >>> with ThreadPoolExecutor(2) as two:
        ...     found = pmap(drawn, [1, 2, 3], executor=two, seed=0, progress=False)
        >>> all(map(np.array_equal, found, pmap(drawn, [1, 2, 3], seed=0)))
        True
    """
    work = listed("items", items, "a list of items", way_out="Make it one: list(items).")
    threads = int(positive_int("threads", threads))
    checked_progress(progress)
    pool("executor", executor)
    seeds = _seeds(seed, len(work))
    _check_function(function, work, seeds)
    folder = None
    found: dict[int, Any] = {}
    if journal is not None:
        own = content_hash("function", function)
        keys = [content_hash("items", own, k, *pair) for k, pair in enumerate(zip(work, seeds))]
        folder = Journal.at(journal, keys)
        found = folder.done()
    left: list[Item] = [(k, work[k], seeds[k]) for k in range(len(work)) if k not in found]
    pieces = cut(function, left, len(work), threads)
    with progress_bar(len(work), "pmap", progress, done=len(found)) as bar:
        try:
            for _, results in spread(pieces, std_executor(executor), here=False):
                for index, value in results:
                    if folder is not None:
                        folder.keep(index, value)
                    found[index] = value
                    bar.update()
        except BaseException as error:
            state = _state(len(found), len(work), journal)
            if worker_died(error):
                raise QtnError(f"{LOST.format(type(error).__name__)} {state}") from error
            if _not_sent(error):
                raise fail("function", SENT, function, f"{PLAIN} {error}") from error
            error.add_note(state)
            raise
    return [found[k] for k in range(len(work))]


def _not_sent(error: BaseException) -> bool:
    """Say whether the executor could not send work to another process, or its result back."""
    if any(kind.__name__ == "PicklingError" for kind in type(error).__mro__):
        return True
    return isinstance(error, AttributeError | TypeError) and "pickle" in str(error)


def _seeds(seed: int | None, n: int) -> list[int | None]:
    """Return the seed of every item."""
    if seed is None:
        return [None] * n
    seed_sequence(seed)
    return [derived_seed(seed, k) for k in range(n)]


def _check_function(function: Any, work: list[Any], seeds: list[int | None]) -> None:
    """Raise unless the function can be called with an item, and with a seed where there is one."""
    way_out = "For instance functools.partial(qtn.compile, min_fidelity=0.99)."
    if not callable(function):
        raise fail("function", "a function of one item", function, way_out)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C
        return
    for item, seed in zip(work[:1], seeds):
        try:
            signature.bind(item, **({} if seed is None else {"seed": seed}))
        except TypeError as error:
            how = "function(item)" if seed is None else "function(item, seed=...)"
            raise fail("function", f"one that takes {how} ({error})", function, way_out) from error


def _state(done: int, n: int, journal: Any) -> str:
    """Say what is done, and how to go on."""
    if journal is None:
        return f"{done} of {n} items were done; with journal=FOLDER they would have been kept."
    return f"{done} of {n} items are kept in `{os.fspath(journal)}`: the same call does the others."
