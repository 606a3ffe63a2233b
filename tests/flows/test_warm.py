"""What the installation compiles is all that the demo needs: its first run compiles nothing."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

# Counts the kernels that numba compiles while a command of ours runs.
COUNTED = """
import sys
from numba.core import event
compiled = []
class Listener(event.Listener):
    def on_start(self, found): compiled.append(found.data["dispatcher"].py_func.__qualname__)
    def on_end(self, found): pass
event.register("numba:compile", Listener())
from qtn.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print("compiled", len(compiled), compiled[:5])
"""


def warming(root: Path) -> list[str]:
    """Return the arguments of the command that the Makefile warms with."""
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    (line,) = re.findall(r"^WARM := \$\(RUN\) qtn (.*) >", makefile, re.MULTILINE)
    return shlex.split(line)


def test_the_command_that_warms_is_a_small_demo(root: Path) -> None:
    words = warming(root)
    assert words[0] == "demo"
    assert "$(WARM)" in (root / "Makefile").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "qtn", "demo", "--help"], capture_output=True, text=True, check=True
    )
    assert all(word in done.stdout for word in words if word.startswith("--"))


@pytest.mark.slow
def test_the_first_demo_after_the_installation_compiles_nothing(root: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    first = [*warming(root)[:-1], str(tmp_path / "warm")]
    counts = []
    for arguments in (first, ["demo", "--out", str(tmp_path / "demo")]):
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, *arguments],
            env=environment, capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        counts.append(int(re.findall(r"^compiled (\d+)", done.stdout, re.MULTILINE)[0]))
    assert counts[0] > 0
    assert counts[1] == 0
