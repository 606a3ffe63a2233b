"""PennyLane's own device tests on `qtn.mps`, without and with shots (make test-pennylane)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

tests = pytest.importorskip("pennylane.devices.tests", reason="PennyLane is not installed")
pytest.importorskip("pytest_mock", reason="PennyLane's device tests need pytest-mock")
pytest.importorskip("flaky", reason="PennyLane's device tests need flaky")

ROOT = Path(__file__).resolve().parents[2]
# The device has a seed of its own: with shots, too, a run is repeated exactly.
MODES = {"exact": [], "shots": ["--shots=30000"]}


@pytest.mark.parametrize("mode", MODES)
def test_none_of_pennylanes_device_tests_fails(mode: str, tmp_path: Path) -> None:
    folder = Path(tests.get_device_tests())
    command = [sys.executable, "-m", "pytest", str(folder), "-c", str(folder / "pytest.ini")]
    command += ["--device=qtn.mps", *MODES[mode], "--skip-ops", "--no-flaky-report"]
    command += ["-q", "-W", "ignore", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 350, done.stdout[-1000:]
