"""Free memory, as the system and the control group tell it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from qtn import _memory
from qtn.errors import ArgumentError, FileError


def test_the_smaller_limit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_memory, "_available", lambda: 7.0)
    for allowed, free in ((3.0, 3.0), (math.inf, 7.0)):
        monkeypatch.setattr(_memory, "_allowed", lambda value=allowed: value)
        assert _memory.free_memory() == free


def test_the_control_group_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_memory, "_CGROUP", tmp_path)
    assert _memory._allowed() == math.inf
    (tmp_path / "memory.current").write_text("300\n")
    for limit, free in (("1000\n", 700.0), ("200\n", 0.0), ("max\n", math.inf), ("?", math.inf)):
        (tmp_path / "memory.max").write_text(limit)
        assert _memory._allowed() == free


def test_work_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_memory, "free_memory", lambda: 2.0**30)
    _memory.check_memory(2.0**30, "The vector")
    for kind in (ArgumentError, FileError):
        with pytest.raises(kind, match="The vector needs 2 GiB of memory, but 1 GiB are free"):
            _memory.check_memory(2.0**31, "The vector", kind)
