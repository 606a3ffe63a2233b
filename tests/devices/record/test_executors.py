"""Sweeps over executors: bit-equal, redone, resumed."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parallel_work import cluster
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from qtn.devices import Ledger, run
from qtn.devices.engines.base import Pub
from qtn.devices.lookup import Device
from qtn.devices.record.executors import Task
from qtn.parallel.spreading import spread


def sweep(bindings: int = 500) -> tuple[QuantumCircuit, np.ndarray]:
    circuit = QuantumCircuit(3)
    angle = Parameter("angle")
    circuit.ry(angle, 0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    return circuit, np.linspace(0, 3, bindings)[:, None]


def digest(result: Any) -> str:
    return hashlib.sha256(b"".join(b.array.tobytes() for b in result.bits)).hexdigest()


def many(count: int = 500) -> list[QuantumCircuit]:
    """Circuits that all differ."""
    found = []
    for k in range(count):
        circuit = QuantumCircuit(2)
        circuit.ry(np.pi * k / count, 0)
        circuit.cx(0, 1)
        found.append(circuit)
    return found


WORK = {"bindings": sweep, "circuits": many}


def go(executor: Executor | None, ledger: Any = None, work: str = "bindings") -> Any:
    return run(WORK[work](), device="aer", shots=20, executor=executor, ledger=ledger)


@pytest.fixture(scope="module")
def expected() -> str:
    return digest(go(None))


def test_threads_give_the_same_bits(expected: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert digest(go(pool)) == expected


class DyingTask(Task):
    """Kills the process that first works on it; later it is an ordinary task."""

    def do(self) -> Any:
        flag = Path(os.environ["QTN_TEST_FLAG"])
        if not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().do()


def test_broken_pool_is_replaced_by_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QTN_TEST_FLAG", str(tmp_path / "flag"))
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    tasks = {k: DyingTask(Device("aer"), [Pub(circuit)], 5, k) for k in range(3)}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        found = {n: bits[0].get_counts() for n, (bits, _) in spread(tasks, pool)}
    assert found == {k: {"1": 5} for k in range(3)}


def test_errors_of_tasks_are_passed_on() -> None:
    circuit = QuantumCircuit(40)
    circuit.ry(0.1, range(40))
    task = Task(Device("nowhere"), [Pub(circuit)], 5, 0)
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match=r"no known device"):
        list(spread({0: task}, pool))


class TestDask:
    """A real cluster on this machine."""

    @pytest.mark.parametrize("workers", [1, 2])
    def test_bit_equal(self, workers: int, expected: str) -> None:
        with cluster(workers) as client:
            assert digest(go(client.get_executor())) == expected

    def test_killed_worker_is_redone(self, expected: str) -> None:
        with cluster(2) as client:
            pids = list(client.run(os.getpid).values())
            os.kill(pids[0], signal.SIGKILL)
            assert digest(go(client.get_executor())) == expected

    @pytest.mark.parametrize("work", WORK)
    def test_killed_sweep_resumes_from_its_journal(self, tmp_path: Path, work: str) -> None:
        program = tmp_path / "sweep.py"
        program.write_text(
            KILLED_SWEEP.format(
                here=str(Path(__file__).parents[2]), ledger=tmp_path / "ledger", work=work
            )
        )
        killed = subprocess.run(
            [sys.executable, str(program)], start_new_session=True, timeout=300, check=False
        )
        assert killed.returncode == -signal.SIGKILL
        assert done(tmp_path) == 3
        with cluster(2) as client:
            result = go(client.get_executor(), tmp_path / "ledger", work)
        assert digest(result) == digest(go(None, work=work))
        book = Ledger(tmp_path / "ledger")
        (only,) = book.runs()
        redone = [n for _, n, state, _ in book.events(only.id) if state == "done"]
        assert sorted(redone) == list(range(8))  # every batch was stored exactly once


KILLED_SWEEP = """
import os, signal, sys
sys.path[:0] = [{here!r}]
from devices.record.test_executors import go
from parallel_work import cluster
from qtn.devices import Ledger

finish, count = Ledger.finish, [0]

def finish_and_die(self, *arguments):
    finish(self, *arguments)
    count[0] += 1
    if count[0] == 3:
        os.killpg(0, signal.SIGKILL)  # the sweep and its workers

if __name__ == "__main__":
    Ledger.finish = finish_and_die
    with cluster(2) as client:
        go(client.get_executor(), "{ledger}", "{work}")
"""


def done(folder: Path) -> int:
    if not (folder / "ledger" / "ledger.sqlite").exists():
        return 0
    book = Ledger(folder / "ledger")
    count = sum(j.state == "done" for r in book.runs() for j in book.jobs(r.id))
    book.close()
    return count


def test_nothing_is_left_in_the_pool_after_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def do(self: Task) -> Any:
        done.append(self.seed)
        if self.seed == 0:
            raise KeyboardInterrupt
        time.sleep(0.02)
        return [], "aer"

    monkeypatch.setattr(Task, "do", do)
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(time.sleep, 0.5)  # so that all tasks wait in the pool together
        tasks = {k: Task(Device("aer"), [], 10, k) for k in range(200)}
        with pytest.raises(KeyboardInterrupt):
            list(spread(tasks, pool))
        busy.result()
    assert len(done) < 190
