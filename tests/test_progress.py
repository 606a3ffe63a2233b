"""Progress bars: seen by who watches, silent elsewhere."""

from __future__ import annotations

import io
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

import qtn
from qtn import _progress
from qtn._progress import (
    checked_progress,
    compiled_kernel,
    compiling_kernel,
    progress_bar,
    say,
    warn_interrupted,
)
from qtn.errors import ArgumentError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "progress", "shown"),
    [
        (Terminal, None, True),
        (Terminal, False, False),
        (io.StringIO, None, False),
        (io.StringIO, True, True),
    ],
)
def test_who_sees_a_bar(
    stream: Any, progress: bool | None, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = stream()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(_progress, "INTERVAL", 0.0)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with progress_bar(3, "compile", progress) as bar:
        bar.update(1)
    assert ("compile" in out.getvalue()) is shown


def test_what_progress_may_be() -> None:
    assert [checked_progress(value) for value in (None, True, False)] == [None, True, False]
    with pytest.raises(ArgumentError, match="`progress` must be True or False, but is 'yes'"):
        checked_progress("yes")  # type: ignore[arg-type]


def test_an_interrupted_fit_says_so() -> None:
    with pytest.warns(UserWarning, match=r"interrupted after 3 epochs: .* `status_`"):
        warn_interrupted("3 epochs")


def watched(monkeypatch: pytest.MonkeyPatch, interval: float = 0.0) -> Terminal:
    """A terminal in place of standard error (which pytest sets anew after its fixtures)."""
    out = Terminal()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(_progress, "INTERVAL", interval)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    return out


def seen(text: str) -> list[str]:
    """What a terminal shows in the end: every line without what was written over."""
    lines: list[str] = []
    for line in text.split("\n"):
        cells: list[str] = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


def test_a_thousand_steps_are_few_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _progress.INTERVAL == 0.5
    terminal = watched(monkeypatch, interval=0.05)
    began = time.monotonic()
    with progress_bar(1000, "compile", None) as bar:
        for k in range(1000):
            bar.update()
            bar.set_postfix_str(f"infidelity {k}")
    assert terminal.getvalue().count("compile") <= 1 + (time.monotonic() - began) / 0.05


def test_the_clock_goes_on_while_the_work_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch, interval=0.02)
    with progress_bar(1, "run", None):
        deadline = time.monotonic() + 10.0
        while terminal.getvalue().count("run") < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
    assert terminal.getvalue().count("run") >= 2
    assert seen(terminal.getvalue()) == [""]


def test_what_is_done_at_once_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch, interval=60.0)
    for _ in range(3):
        with progress_bar(1, "run", None) as bar:
            bar.update()
    assert terminal.getvalue() == ""


def test_bars_inside_bars_share_one_line_and_leave_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = watched(monkeypatch)
    with progress_bar(2, "compare", None) as outer:
        outer.update()
        with progress_bar(None, "compile", None) as inside:
            inside.update(7)
        outer.update()
    text = terminal.getvalue()
    assert "compare 1/2 > compile 7 [" in text
    assert "\n" not in text
    assert seen(text) == [""]


def test_a_silent_bar_around_a_shown_one(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with progress_bar(2, "outside", False), progress_bar(2, "inside", None) as bar:
        bar.update()
    assert "inside" in terminal.getvalue()
    assert "outside" not in terminal.getvalue()


def test_expected_seconds_are_shown_before_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with progress_bar(1, "run", None, seconds=170.0):
        assert "about 3 minutes expected" in terminal.getvalue()


def test_a_line_that_stays_stands_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with progress_bar(3, "run", None):
        say("a cheaper engine is there")
    assert seen(terminal.getvalue()) == ["a cheaper engine is there", ""]


def test_what_a_door_compiles_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with progress_bar(3, "evolve", None):
        for seconds in (1.0, 0.5):
            compiling_kernel("split")
            compiled_kernel("split", seconds)
    text = terminal.getvalue()
    assert "first call: compiling split, once" in text
    (line, last) = seen(text)
    assert line.startswith("First call of evolve: 2 kernels compiled in 1.5 s")
    assert last == ""


def test_what_is_compiled_outside_bars_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    checked_progress(None)
    compiled_kernel("split", 1.0)
    assert seen(terminal.getvalue())[0].startswith("First call of split: 1 kernel compiled in 1.0")


@pytest.mark.parametrize("inside", [True, False])
def test_progress_false_silences_what_is_compiled(
    monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    terminal = watched(monkeypatch)
    if inside:
        with progress_bar(3, "evolve", False):
            compiled_kernel("split", 1.0)
    else:
        checked_progress(False)
        compiled_kernel("split", 1.0)
    checked_progress(None)
    assert terminal.getvalue() == ""


def test_bars_of_other_threads_leave_the_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with progress_bar(3, "mine", None):
        thread = threading.Thread(target=lambda: progress_bar(3, "other", None).close())
        thread.start()
        thread.join()
    assert "other" not in terminal.getvalue()


class Clock:
    """A clock that only goes when it is told to."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(_progress, "time", found)
    return found


def test_the_first_step_tells_at_once_what_is_left(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    terminal = watched(monkeypatch, interval=60.0)
    with progress_bar(5, "training", None) as bar:
        assert terminal.getvalue() == ""
        clock.now += 10.0
        bar.update()
        assert "training  20%" in terminal.getvalue()
        assert "1/5 [00:10, about 40 s left]" in terminal.getvalue()
        clock.now += 4.0
        assert bar.left() == 36.0


def test_later_steps_correct_the_forecast(clock: Clock) -> None:
    with progress_bar(5, "evolve", True) as bar:
        for seconds, expected in ((1.0, 4.0), (3.0, 6.0), (2.0, 4.0)):
            clock.now += seconds
            bar.update()
            assert bar.left() == pytest.approx(expected)


def test_what_is_done_once_is_in_no_forecast(clock: Clock) -> None:
    """A kernel that the first step compiles is there for all others; so are steps done earlier."""
    with progress_bar(10, "evolve", True, done=5) as bar:
        clock.now += 9.0
        compiled_kernel("split", 8.0)
        bar.update()
        assert bar.left() == pytest.approx(4.0)
        assert "6/10" in bar.text(None)
    with progress_bar(1, "run", True, seconds=20.0) as bar:
        clock.now += 9.0
        compiled_kernel("split", 8.0)
        assert bar.left() == pytest.approx(19.0)


def test_a_forecast_says_what_it_is(clock: Clock) -> None:
    with progress_bar(9, "evolve", True) as bar:
        bar.grown(4, 8)
        clock.now += 10.0
        bar.update()
        assert "at least 80 s left" in bar.text(None)
        bar.grown(8, 8)
        assert "about 80 s left" in bar.text(None)
        bar.grown(8, 0)
        assert "at least 80 s left" in bar.text(None)
        bar.word = ""
        assert "left" not in bar.text(None)
        assert bar.left() == 0.0


def test_a_bound_is_not_shouted(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """What takes at most half a minute may take no time: its bar waits as others do."""
    terminal = watched(monkeypatch, interval=60.0)
    with progress_bar(None, "compile", None, seconds=30.0, word="at most") as bar:
        assert terminal.getvalue() == ""
        assert "at most 30 s expected" in bar.text(None)
        clock.now += 10.0
        bar.update()
        assert "compile 1 [00:10, at most 20 s left]" in bar.text(None)
        clock.now += 19.0
        assert "left" not in bar.text(None)


def test_little_is_not_worth_a_word(clock: Clock) -> None:
    with progress_bar(3, "evolve", True) as bar:
        assert "left" not in bar.text(None)
        clock.now += 0.5
        bar.update()
        assert "left" not in bar.text(None)


def digits() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.random((40, 4))
    return x, (x[:, 0] > 0.5).astype(int)


def evolved(progress: bool) -> None:
    qtn.evolve(qtn.chain("heisenberg", 8), "neel", 2.0, max_bond=4, progress=progress)


def cooled(progress: bool) -> None:
    qtn.ground_state(qtn.chain("tfim", n=8), max_bond=8, progress=progress)


def fitted(progress: bool) -> None:
    qtn.MPSClassifier(bond=2, epochs=4, sweeps=0, progress=progress).fit(*digits())


def compiled(progress: bool) -> None:
    target = np.arange(1.0, 9.0)
    qtn.compile(target / np.linalg.norm(target), progress=progress, seed=1)


def compared_rows(progress: bool) -> None:
    qtn.kernel_matrix(digits()[0], progress=progress)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (evolved, ("at least", "about")),
        (cooled, ("at most",)),
        (fitted, ("left",)),
        (compiled, ("at most",)),
        (compared_rows, ("about",)),
    ],
)
def test_doors_say_what_the_wait_will_be(
    call: Any, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    call(False)
    terminal = watched(monkeypatch)
    monkeypatch.setattr(_progress, "LONG", 1e-9)
    call(False)
    assert terminal.getvalue() == ""
    call(True)
    for word in words:
        assert word in terminal.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("call", [evolved, fitted])
def test_forecasts_are_of_the_right_size(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a quarter of the steps, against the seconds that the same call took in the end."""
    found: list[tuple[float, float]] = []
    real = _progress.Bar.update

    def update(bar: Any, n: int = 1) -> None:
        real(bar, n)
        bar.word = "about"
        now = time.monotonic() - bar._began
        found.append((now, now + bar.left()))

    call(False)
    monkeypatch.setattr(_progress.Bar, "update", update)
    watched(monkeypatch, interval=60.0)
    call(True)
    taken = found[-1][0]
    forecast = np.median([f for now, f in found if taken / 4 <= now <= taken / 2])
    assert taken / 3 < forecast < 3 * taken
