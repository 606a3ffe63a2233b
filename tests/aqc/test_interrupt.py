import os
import signal
import threading
import time

import pytest

import qtn
import qtn.aqc as aqc
from qtn.aqc.interrupt import Interrupt


def test_the_first_is_noted_and_the_second_raises():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_and_other_handlers_are_left_alone():
    def inside():
        with Interrupt():
            seen.append(signal.getsignal(signal.SIGINT))

    seen = []
    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [before]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        inside()
        assert seen[-1] is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("delay", [0.0, 0.2])
@pytest.mark.parametrize(
    "method",
    [
        aqc.Auto(infidelity=0.0),
        aqc.Staircase(8),
        aqc.Brickwall(7, start="tiled", steps=5000, tolerance=0.0),
        aqc.Brickwall(7, start="grown", steps=5000, tolerance=0.0),
    ],
)
def test_ctrl_c_at_any_time_returns_the_best_so_far(method, delay, monkeypatch):
    state = qtn.evolve(qtn.chain("heisenberg", 24), "neel", 2.0, cutoff=1e-6)
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    enter = Interrupt.__enter__

    def entered(interrupt):
        enter(interrupt)
        timer.start()
        return interrupt

    monkeypatch.setattr(Interrupt, "__enter__", entered)
    start = time.monotonic()
    compiled = qtn.compile(state, method)
    assert time.monotonic() - start < 20.0
    assert compiled.status is aqc.Status.INTERRUPTED
    assert "Resume(result)" in compiled.status.value
    assert 0.0 < compiled.fidelity < 1.0
