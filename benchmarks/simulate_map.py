"""`qtn.pmap` on two workers: equal to one process, after a killed worker too, and what it costs.

Times are on the clock, since they are those of several processes.
"""

from __future__ import annotations

import functools
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report

ANGLES = np.linspace(0.1, 1.5, 16)
CHECKPOINTS = (0.1, 0.2, 0.3, 0.4)
TINY = 200


def angle(theta: float, qubits: int = 80, steps: int = 6) -> float:
    """⟨Z⟩ in the middle of a kicked Ising chain, by a chain of bond 64."""
    from qiskit import QuantumCircuit

    import qtn
    from qtn.verification import Limits

    circuit = QuantumCircuit(qubits)
    for _ in range(steps):
        circuit.rx(theta, range(qubits))
        for left in [*range(0, qubits - 1, 2), *range(1, qubits - 1, 2)]:
            circuit.rzz(-np.pi / 2, left, left + 1)
    asked = ["I" * (qubits // 2) + "Z" + "I" * (qubits - qubits // 2 - 1)]
    check = qtn.verify(circuit, observables=asked, method="chain", limits=Limits(max_bond=64))
    return float(check.values[0].value)


def checkpoint(moment: float, seed: int) -> Any:
    """The gates of a circuit for a quench at some time."""
    import qtn

    state = qtn.evolve(qtn.chain("heisenberg", 10), "neel", moment)
    return qtn.compile(state, qtn.Brickwall(layers=3), seed=seed).gates


def tiny(x: int) -> int:
    return x


def mortal(function: Callable[..., Any], flag: str, item: Any) -> Any:
    """Kill the worker that comes first, then do the work."""
    if not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return function(item)


@contextmanager
def dask_workers(count: int) -> Iterator[Executor]:
    """The executor of a Dask cluster of this machine."""
    import dask
    from dask.distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.logging.distributed": "critical"}),
        LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None) as local,
        Client(local) as client,
    ):
        client.run(angle, 0.1)  # imports, and loads kernels
        yield client.get_executor()


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    found = call()
    return found, time.perf_counter() - start


def rows(table: report.Table) -> None:
    """Angles and checkpoints on two workers, a killed one, and the cost of an item."""
    import qtn

    angle(0.1)
    plain, alone = timed(lambda: qtn.pmap(angle, ANGLES, progress=False))
    gates = qtn.pmap(checkpoint, CHECKPOINTS, seed=0, progress=False)
    with tempfile.TemporaryDirectory() as folder, dask_workers(2) as executor:
        both, together = timed(lambda: qtn.pmap(angle, ANGLES, executor=executor))
        others = qtn.pmap(checkpoint, CHECKPOINTS, executor=executor, seed=0)
        cost = timed(lambda: qtn.pmap(tiny, range(TINY), executor=executor))[1]
        dying = functools.partial(mortal, angle, str(Path(folder, "flag")))
        survived = qtn.pmap(dying, ANGLES, executor=executor, journal=Path(folder, "journal"))
        kept, resumed = timed(lambda: qtn.pmap(dying, ANGLES, journal=Path(folder, "journal")))
    job = f"map: {len(ANGLES)} angles on two Dask workers"
    table.inform(
        job, f"{together:.2f} s", f"{alone:.2f} s one process", f"{alone / together:.2f}x",
        note=f"{os.cpu_count()} cores, on the clock",
    )  # fmt: skip
    table.at_most("  values that differ from one process", differing(both, plain), 0)
    table.at_most("  the same after a killed worker", differing(survived, plain), 0)
    table.at_most("  the same, read from the journal", differing(kept, plain), 0)
    table.inform("  read from the journal", f"{1e3 * resumed / len(ANGLES):.1f} ms per item")
    unequal = sum(not np.array_equal(a, b) for a, b in zip(gates, others, strict=True))
    table.at_most("map: checkpoints whose gates differ from one process", unequal, 0)
    table.inform("map: cost of an item, Dask", f"{1e3 * cost / TINY:.2f} ms")
    with ThreadPoolExecutor(2) as threads:
        cost = timed(lambda: qtn.pmap(tiny, range(TINY), executor=threads))[1]
    table.inform("map: cost of an item, threads", f"{1e3 * cost / TINY:.2f} ms")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        qtn.pmap(angle, [0.1, 0.2], executor=processes)  # imports
        cost = timed(lambda: qtn.pmap(tiny, range(TINY), executor=processes))[1]
    table.inform("map: cost of an item, processes", f"{1e3 * cost / TINY:.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        cost = timed(lambda: qtn.pmap(tiny, range(TINY), journal=folder))[1]
    table.inform("map: cost of an item, journal", f"{1e3 * cost / TINY:.2f} ms")


def differing(one: list[Any], other: list[Any]) -> int:
    """How many values are not equal bit by bit."""
    return sum(a != b for a, b in zip(one, other, strict=True))
