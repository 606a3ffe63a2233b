"""What is printed: lines, or one object that every reader of JSON takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qtn.cli.output import plain, show


def test_everything_becomes_what_json_has() -> None:
    value = {
        "a": np.float64(np.nan),
        1: (np.int64(2), float("inf"), True, None),
        "c": np.array([1.0, -np.inf]),
        "d": 1 + 2j,
        "e": Path("x"),
        "f": np.bool_(True),
    }
    assert plain(value) == {
        "a": None,
        "1": [2, None, True, None],
        "c": [1.0, None],
        "d": [1.0, 2.0],
        "e": "x",
        "f": True,
    }


def test_lines_or_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    show({"x": np.float64(0.5)}, ["one", "two"], False)
    assert capsys.readouterr().out == "one\ntwo\n"
    show({"x": np.float64(0.5), "µ": "é"}, ["one"], True)
    out = capsys.readouterr().out
    assert json.loads(out) == {"x": 0.5, "µ": "é"}
    assert "µ" in out
