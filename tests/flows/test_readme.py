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


def numbers(line: str) -> list[float]:
    """Return the numbers of a line that no clock determines."""
    if line.startswith(VARYING):
        return []
    without_times = re.sub(r"\d+\.\d+ s\b|\d+\.\d+\s*$", "", line)
    return [float(found.replace(",", "")) for found in NUMBER.findall(without_times)]


def test_the_code_prints_what_is_shown(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    shown = re.search(r"```python\n.*?```\s*```text\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    assert shown is not None
    done = subprocess.run(
        [sys.executable, "-c", code[1]], capture_output=True, text=True, cwd=tmp_path, timeout=900
    )
    assert done.returncode == 0, done.stderr
    expected, printed = shown[1].strip().splitlines(), done.stdout.strip().splitlines()
    assert [shape(line) for line in printed] == [shape(line) for line in expected]
    for line, wanted in zip(printed, expected, strict=True):
        assert numbers(line) == pytest.approx(numbers(wanted), rel=0.2, abs=0.03), line
