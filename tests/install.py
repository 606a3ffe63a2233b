"""What an installation takes: empty environments, disk and processor time, README's ten lines.

    python -m tests.install [--python python3.11 ...] [--torch REQUIREMENT] [--base]

For every Python an empty environment gets the base (`pip install .`), in which the doors run that
need no torch; then the extras `train` and `ibm`, with which README's ten lines run. Environments
are deleted again. The largest base that is allowed is LARGEST bytes and LONGEST seconds of
processor time; beyond these, or where something does not run, the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("python3.11", "python3.12", "python3.13")
LARGEST = 1.2e9
LONGEST = 90.0
# Where the base ends and what is not its business begins: pip and setuptools of a new environment.
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")
TORCH = "import torch; print(torch.__version__, 'with' if torch.version.cuda else 'no', 'CUDA')"


def main(arguments: list[str] | None = None) -> int:
    """Measure the installations asked for; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", nargs="+", default=PYTHONS, help="interpreters to try")
    parser.add_argument("--torch", help="what to install of torch before the extra train")
    parser.add_argument("--base", action="store_true", help="the base only, without torch")
    asked = parser.parse_args(arguments)
    good, tried = True, 0
    for name in asked.python:
        found = shutil.which(name)
        if found is None or _spent(found, "-c", "pass") is None:
            say(f"{name}: not on this machine")
            continue
        tried += 1
        with tempfile.TemporaryDirectory(prefix="qtn-install-") as folder:
            good &= measured(name, found, Path(folder), asked.torch, asked.base)
    return 0 if good and tried else 1


def measured(name: str, python: str, folder: Path, torch: str | None, base: bool) -> bool:
    """Install into an empty environment and run there; say what it takes, return whether it may."""
    home = folder / "env"
    subprocess.run([python, "-m", "venv", str(home)], check=True)
    inside, before = str(home / "bin" / "python"), size_of(home)
    seconds = _spent(inside, *PIP, "install", str(copied(folder)))
    taken = size_of(home) - before
    ran = _spent(inside, "-m", "without_torch", str(ROOT / "tests" / "files"), cwd=ROOT / "tests")
    fits = seconds is not None and seconds <= LONGEST and taken <= LARGEST
    told = "within the bars" if fits else f"NOT within {LARGEST / 1e9} GB and {LONGEST:.0f} s"
    say(f"{name}: base {taken / 1e9:.2f} GB, {_shown(seconds)}, {told}")
    say(f"{name}: the doors that need no torch: {_shown(ran)}")
    if base:
        return fits and ran is not None
    if torch is not None:
        _spent(inside, *PIP, "install", torch)
    more = _spent(inside, *PIP, "install", f"{folder / 'tree'}[train,ibm]")
    lines = _spent(inside, "-c", ten_lines(), cwd=folder)
    whose = subprocess.run([inside, "-c", TORCH], capture_output=True, text=True).stdout.strip()
    taken = size_of(home) - before
    say(f"{name}: with train and ibm {taken / 1e9:.2f} GB, {_shown(more)} more; torch {whose}")
    say(f"{name}: README's ten lines: {_shown(lines)}")
    return fits and None not in (ran, more, lines)


def copied(folder: Path) -> Path:
    """Return a copy of what git tracks, so that building leaves nothing in the tree."""
    tree = folder / "tree"
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    return tree


def ten_lines() -> str:
    """Return README's first block of Python."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert code is not None
    return code[1]


def size_of(folder: Path) -> int:
    """Return the bytes that the files of a folder take on the disk."""
    return sum(
        (Path(parent) / name).lstat().st_blocks * 512
        for parent, _, names in os.walk(folder)
        for name in names
    )


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _spent(*command: str, cwd: Path | None = None) -> float | None:
    """Return the processor seconds that a command took; None where it failed, which is shown."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        say(f"failed: {' '.join(command)[:80]}\n{done.stderr[-2000:]}")
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _shown(seconds: float | None) -> str:
    return "FAILED" if seconds is None else f"{seconds:.0f} s of CPU"


if __name__ == "__main__":
    sys.exit(main())
