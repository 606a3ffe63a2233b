"""A compile method written by someone else is one class in one file: here, inside the test."""

from __future__ import annotations

import inspect
import os
import signal
import threading
import time
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest

import qtn
from qtn.aqc import Blocks, Limits, Method, Solution, Status


@dataclass(frozen=True)
class Pairs(Method):
    """Undo a state pair by pair of any two sites, until all its bits are likely to be 0."""

    rounds: int = 30

    def solve(self, job):
        vector, done = job.target.to_dense(), []  # amplitudes, site 0 least significant
        for _ in range(self.rounds):
            tried = [self.turned(vector, job.n, pair) for pair in combinations(range(job.n), 2)]
            vector, *gate = max(tried, key=lambda found: self.zeros(found[0]))
            done.insert(0, gate)  # undoing runs backwards
            infidelity = 1.0 - abs(vector[0]) ** 2
            job.note(Blocks(job.n, done), infidelity)  # the best is kept through Ctrl-C
            if infidelity <= max(job.target_infidelity, 1e-13):
                break
        return Solution(Blocks(job.n, done))

    def turned(self, vector, n, pair):
        """The pair's most likely states become 00, 01, 10, 11; the gate that takes them back."""
        axes = [n - 1 - site for site in pair]  # site 0 is the last axis
        tensor = np.moveaxis(vector.reshape((2,) * n), axes, (0, 1))
        shares = tensor.reshape(4, -1) @ tensor.reshape(4, -1).conj().T
        gate = np.linalg.eigh(shares)[1][:, ::-1]  # the most likely first
        tensor = (gate.conj().T @ tensor.reshape(4, -1)).reshape((2,) * n)
        return np.moveaxis(tensor, (0, 1), axes).reshape(-1), pair, gate

    def zeros(self, vector):
        """The mean number of bits that are 0, but for a constant."""
        return -np.array([k.bit_count() for k in range(len(vector))]) @ np.abs(vector) ** 2


def ring(n: int = 6) -> np.ndarray:
    """Two ends entangled: short for a method that may pair any two sites."""
    rng = np.random.default_rng(2)
    vector = np.zeros((2,) * n)
    for a, b in ((0, 0), (0, 1), (1, 1)):
        vector[(a, *(0,) * (n - 2), b)] = rng.normal()
    return (vector / np.linalg.norm(vector)).reshape(-1)


def test_a_method_is_small() -> None:
    assert len(inspect.getsource(Pairs).splitlines()) <= 40


def test_a_method_runs_through_the_door() -> None:
    found = qtn.compile(ring(), Pairs())
    assert found.fidelity > 1 - 1e-12
    assert found.status is Status.EXACT
    assert found.two_qubit_gates <= 2
    assert {sites for sites, _ in found.sequence.gates} == {(0, 5)}
    assert (found.provenance["method"], found.history[-1].infidelity < 1e-12) == ("Pairs()", True)
    assert qtn.verify(found, ring()).low > 1 - 1e-9
    evolved = qtn.evolve(qtn.chain("heisenberg", 8), "neel", 0.5)
    some = qtn.compile(evolved, Pairs(6), min_fidelity=0.5)
    more = qtn.compile(evolved, Pairs(40))
    assert 0.5 <= some.fidelity < more.fidelity <= 1
    assert [p.blocks for p in more.pareto] == sorted({p.blocks for p in more.pareto})


def test_what_it_finds_is_saved_and_loaded(tmp_path) -> None:
    found = qtn.compile(ring(), Pairs())
    assert qtn.load(qtn.save(found, tmp_path / "c.qtn")).circuit == found.circuit


LONG = 60.0  # seconds after which a method that nobody ends gives up, so that the tests end


class Endless(Method):
    """Finds one circuit and goes on for ever."""

    def solve(self, job):
        blocks, start = Blocks(job.n, [((0, 1), np.eye(4))]), time.monotonic()
        while time.monotonic() < start + LONG:
            job.note(blocks, 1.0 - abs(job.target.to_dense()[0]) ** 2)
            time.sleep(0.001)
        raise TimeoutError


@pytest.fixture
def ctrl_c(request):
    """Press Ctrl-C after the seconds given, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timers = [
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)) for delay in request.param
    ]
    for timer in timers:
        timer.start()
    yield
    for timer in timers:
        timer.cancel()
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("ctrl_c", [[0.3]], indirect=True)
def test_ctrl_c_returns_the_best_so_far_though_the_method_catches_nothing(ctrl_c) -> None:
    found = qtn.compile(ring(), Endless())
    assert found.status is Status.INTERRUPTED
    assert found.fidelity == pytest.approx(abs(ring()[0]) ** 2)
    assert len(found.history) > 1


class Deaf(Method):
    """Tells of one circuit and then listens to nobody."""

    def solve(self, job):
        job.note(Blocks(job.n, [((0, 1), np.eye(4))]), 0.9)
        time.sleep(LONG)
        raise TimeoutError


@pytest.mark.parametrize("ctrl_c", [[0.3, 0.6]], indirect=True)
def test_a_second_ctrl_c_ends_a_method_that_does_not_listen(ctrl_c) -> None:
    assert qtn.compile(ring(), Deaf()).status is Status.INTERRUPTED


@dataclass(frozen=True)
class Hurried(Endless):
    """Goes on until its time is up."""

    seconds: float = 0.2

    def limits(self, goal):
        return Limits(goal or 0.0, seconds=self.seconds)


def test_the_door_keeps_the_time() -> None:
    start = time.process_time()
    found = qtn.compile(ring(), Hurried())
    assert found.status is Status.TIME
    assert time.process_time() - start < 5.0


class Failing(Method):
    """Finds something and then breaks."""

    def solve(self, job):
        job.note(Blocks(job.n, [((0, 1), np.eye(4))]), 0.9)
        raise ZeroDivisionError("in the middle")


def test_an_error_keeps_the_best_so_far() -> None:
    with pytest.raises(ZeroDivisionError, match="in the middle") as caught:
        qtn.compile(ring(), Failing())
    assert caught.value.best.status is Status.ERROR  # type: ignore[attr-defined]
    assert caught.value.__notes__ == ["The best circuit so far is in the error's `best`."]


@pytest.mark.parametrize("given", [None, "circuit", Solution(Blocks(2, []))])
def test_a_method_that_gives_nothing_of_use_is_named(given) -> None:
    class Empty(Method):
        def solve(self, job):
            return given

    with pytest.raises(qtn.QtnError, match="Empty"):
        qtn.compile(ring(), Empty())
