"""What tests give to workers: functions that any process can import."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import qtn
from qtn import _progress


def drawn(n: int, seed: int) -> np.ndarray:
    """Random numbers, and a product whose last digits depend on the threads of BLAS."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(200, 200))
    return np.append(rng.normal(size=n), (matrix @ matrix)[0])


def squared(x: Any) -> Any:
    return x**2


def angle(theta: float) -> qtn.Check:
    """⟨Z⟩ of a kicked Ising chain, certified."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(6)
    for step in range(3):
        circuit.rx(theta, range(6))
        for left in range(step % 2, 5, 2):
            circuit.rzz(-np.pi / 2, left, left + 1)
    return qtn.verify(circuit, observables="IIIIIZ")


def manners(_: Any) -> tuple[bool, int, int]:
    """Whether a bar would be shown, threads of BLAS, process."""
    from threadpoolctl import threadpool_info

    threads = [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]
    return _progress.watching(True), max(threads), os.getpid()


def noted(x: int, folder: str) -> int:
    """Square a number and leave a mark of every call."""
    Path(folder, f"{x}-{time.time_ns()}").touch()
    return x**2


def killed_once(x: int, folder: str, seed: int) -> np.ndarray:
    """Kill the process that first works on item 3; later it is an ordinary item."""
    flag = Path(folder, "killed")
    if x == 3 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return drawn(x, seed)


def killed(x: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return x


def failing(x: int) -> int:
    if x == 2:
        raise ZeroDivisionError("no two")
    return x


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[Any]:
    """A Dask client on a local cluster of single-threaded worker processes."""
    import dask
    from dask.distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.logging.distributed": "critical"}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as local,
        Client(local) as client,
    ):
        yield client
