"""Where progress is shown: a terminal, a notebook with ipywidgets, a notebook without."""

from __future__ import annotations

import os
import sys
from typing import Any, Protocol

from tqdm.utils import disp_len, disp_trim


class Screen(Protocol):
    """Where the line is shown."""

    def show(self, text: str) -> None:
        """Replace the line."""

    def clear(self) -> None:
        """Leave nothing of the line."""

    def say(self, text: str) -> None:
        """Write a line that stays."""

    @property
    def columns(self) -> int | None:
        """Columns there are; None for as many as it takes."""


class Terminal:
    """The last line of a terminal, or of whatever standard error is."""

    def __init__(self) -> None:
        self._stream, self._length = sys.stderr, 0

    @property
    def columns(self) -> int | None:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns - 1
        except (AttributeError, OSError, ValueError):
            return None

    def show(self, text: str) -> None:
        limit = self.columns
        text = text if limit is None else disp_trim(text, limit)
        self._write(f"\r{text}{' ' * max(0, self._length - disp_len(text))}")
        self._length = disp_len(text)

    def clear(self) -> None:
        if self._length:
            self._write(f"\r{' ' * self._length}\r")
        self._length = 0

    def say(self, text: str) -> None:
        self.clear()
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class Cell:
    """One output of a notebook cell, changed in place; bars one after the other share it."""

    columns = None

    def __init__(self) -> None:
        from IPython.display import display

        self._display: Any = display
        self._handle: Any = None
        self._widget: Any = None

    def show(self, text: str) -> None:
        if self._handle is None:
            self._widget = _widget()
        if self._widget is not None:
            self._widget.value = text
            self._widget.layout.display = None
        if self._handle is None:
            what = {"text/plain": text} if self._widget is None else _view(self._widget)
            self._handle = self._display(what, raw=True, display_id=True)
        elif self._widget is None:
            self._handle.update({"text/plain": text}, raw=True)

    def clear(self) -> None:
        if self._handle is None:
            return
        if self._widget is not None:
            self._widget.layout.display = "none"
        else:
            self._handle.update({"text/plain": ""}, raw=True)

    def say(self, text: str) -> None:
        self._display({"text/plain": text}, raw=True)


def _widget() -> Any:
    """Return a line of ipywidgets, or None without them."""
    try:
        from ipywidgets import Label
    except ImportError:
        return None
    return Label()


def _view(widget: Any) -> dict[str, Any]:
    """Return what shows a widget; where a saved notebook is read without it, nothing is left."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view, "text/plain": ""}


def cell_number() -> int | None:
    """Return the number of the notebook cell that is running; None outside notebooks."""
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return None
    shell = sys.modules["IPython"].get_ipython()
    return int(shell.execution_count) if getattr(shell, "kernel", None) is not None else None
