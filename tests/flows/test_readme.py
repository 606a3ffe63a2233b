"""The code of README.md prints what README.md shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
# What a clock shows, and what rounds differently on another processor.
VARYING = ("CPU seconds", "infidelity")


def shape(line: str) -> str:
    """Return the words of a line, without numbers and layout."""
    return " ".join(re.sub(r"[─│|]+", " ", NUMBER.sub("#", line)).split())


def numbers(line: str) -> list[str]:
    """Return the numbers of a line that no clock determines, as they are printed."""
    if line.startswith(VARYING):
        return []
    without_times = re.sub(r"\d+\.\d+ s\b|\d+\.\d+\s*$", "", line)
    return [found.replace(",", "") for found in NUMBER.findall(without_times)]


def by_no_clock(lines: list[str]) -> list[str]:
    """Return the lines without what a clock determines: the last columns of a table of costs."""
    kept, place = [], None
    for line in lines:
        if line.endswith("joules"):
            place = line.index("s predicted")
        elif not line:
            place = None
        kept.append(line if place is None else line[:place].rstrip())
    return kept


def agree(found: str, wanted: str) -> bool:
    """Whether two printed numbers agree.

    Gates, depths and shots are whole and must be equal; a fidelity has five digits or more and no
    other processor changes the first four; what shots determine lies in a range.
    """
    if "." not in wanted:
        return found == wanted
    digits = len(wanted.partition(".")[2])
    rel, limit = (0.0, 1e-4) if digits >= 5 and wanted.startswith("0.") else (0.2, 0.03)
    return bool(float(found) == pytest.approx(float(wanted), rel=rel, abs=limit))


def test_the_code_prints_what_is_shown(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    shown = re.search(r"<!-- begin ten lines -->\n```text\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    assert shown is not None
    done = subprocess.run(
        [sys.executable, "-c", code[1]], capture_output=True, text=True, cwd=tmp_path, timeout=900
    )
    assert done.returncode == 0, done.stderr
    expected, printed = (by_no_clock(text.strip().splitlines()) for text in (shown[1], done.stdout))
    assert [shape(line) for line in printed] == [shape(line) for line in expected]
    for line, wanted in zip(printed, expected, strict=True):
        assert all(map(agree, numbers(line), numbers(wanted))), (line, wanted)


def test_figures_that_differ_are_seen() -> None:
    for found, wanted, same in (
        ("29", "29", True),
        ("30", "29", False),
        ("0.94250501", "0.94250498", True),
        ("0.9405", "0.94250498", False),
        ("0.0333", "0.0325", True),
        ("0.0999", "0.0325", False),
    ):
        assert agree(found, wanted) is same
