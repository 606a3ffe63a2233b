"""Ctrl-C ends the process within seconds with 130, whatever it is at, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qtn.cli.supervision import KEEPING, QUICK, supervised

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
# A loop in C that never ends, holds Python's lock as Aer does, and looks at no signals.
DEAF = "import collections, itertools; collections.deque(itertools.repeat(0), maxlen=0)"


def started(command: str, work: str) -> subprocess.Popen[str]:
    """Start supervised work in a process of its own and wait until it is at it."""
    code = (
        "import os, sys, time\nfrom qtn.cli import supervision\nsupervision.PATIENCE = 0.5\n"
        "def work():\n    print(os.getpid(), flush=True)\n"
        f"    {work}\n"
        f"supervision.supervised([{command!r}], work)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.child = int(process.stdout.readline())  # type: ignore[attr-defined]
    time.sleep(0.2)
    return process


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_work_that_does_not_listen_is_ended() -> None:
    process = started("run", DEAF)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Interrupted.\n")
    assert gone(process.child)  # type: ignore[attr-defined]


def test_a_command_that_keeps_its_best_is_given_time_until_asked_again() -> None:
    process = started(KEEPING[0], "import signal; signal.signal(2, signal.SIG_IGN); time.sleep(60)")
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        ("sys.exit(7)", 7, ""),
        ("pass", 0, ""),
        ("os.kill(os.getpid(), 9)", 137, "Ended by SIGKILL (out of memory?).\n"),
        ("os.abort()", 134, "Ended by SIGABRT.\n"),
    ],
)
def test_the_end_of_the_child_is_told(work: str, code: int, said: str) -> None:
    process = started("verify", work)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert err.endswith(said)


def test_other_signals_are_handed_on() -> None:
    process = started("run", "time.sleep(60)")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not do it")
def test_the_child_does_not_outlive_its_parent() -> None:
    process = started("run", "time.sleep(60)")
    process.kill()
    process.communicate(timeout=30)
    assert gone(process.child)  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", [[], ["--help"], ["run", "-h"], [QUICK[0]], ["--version"]])
def test_quick_commands_need_no_second_process(words: list[str]) -> None:
    seen: list[int] = []
    supervised(words, lambda: seen.append(os.getpid()))
    assert seen == [os.getpid()]


def test_ctrl_c_while_aer_simulates(tmp_path: Path) -> None:
    lines = [f"cx q[{k}], q[{(k + 7) % 25}]; rx(0.1) q[{k}];" for k in range(25)] * 60
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[25] q;\nh q;\n'
    path = tmp_path / "long.qasm"
    path.write_text(head + "\n".join(lines))
    process = subprocess.Popen(
        [sys.executable, "-m", "qtn", "run", str(path), "--shots", "10"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip().endswith("Interrupted.")


@pytest.mark.skipif(os.name != "posix", reason="as a shell closes streams")
def test_closed_streams_are_no_error() -> None:
    for closed in (">&-", "2>&-"):
        command = f'"{sys.executable}" -m qtn --version {closed}'
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
