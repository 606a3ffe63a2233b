"""Where progress is shown."""

from __future__ import annotations

import io
import sys

import pytest

from qtn import _progress
from qtn._display import screens
from qtn._progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_outside_notebooks_there_is_no_cell() -> None:
    assert screens.cell_number() is None


def test_a_line_is_cut_at_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens.Terminal, "columns", 40)
    out = Terminal()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(_progress, "INTERVAL", 0.0)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with progress_bar(9, "a long description of the work", None) as bar:
        bar.set_postfix_str("x" * 100)
    assert max(len(part) for part in out.getvalue().split("\r")) <= 40
