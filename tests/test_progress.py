"""Progress bars: seen by who watches, silent elsewhere."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from qtn._progress import checked_progress, progress_bar, warn_interrupted
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
