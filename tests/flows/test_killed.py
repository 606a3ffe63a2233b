"""Killed with signal 9 while files are written: what is on disk is whole, and work goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import qtn

FIT = """
import sys, numpy as np, qtn
x = np.random.default_rng(0).random((40, 4)); y = (x.sum(axis=1) > 2).astype(int)
print("go", flush=True)
model = qtn.MPSClassifier(bond=2, epochs=400, seed=0, progress=False, checkpoint=sys.argv[1])
model.fit(x, y)
"""
COMPILE = """
import sys, qtn
state = qtn.ground_state(qtn.chain("heisenberg", 6), max_bond=8)
found = qtn.compile(state, qtn.Staircase(1), progress=False)
qtn.save(found, sys.argv[1])
print("go", flush=True)
while True:
    found = qtn.compile(state, qtn.Resume(qtn.load(sys.argv[1]), steps=2), progress=False)
    qtn.save(found, sys.argv[1])
"""


def killed(script: str, path: Path, seconds: float) -> None:
    command = [sys.executable, "-c", script, str(path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "go\n"
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()


def test_fit_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "training.qtn"
    killed(FIT, path, 0.4)
    x = np.random.default_rng(0).random((40, 4))
    y = (x.sum(axis=1) > 2).astype(int)
    options = {"bond": 2, "epochs": 400, "seed": 0, "progress": False}
    resumed = qtn.MPSClassifier(**options, checkpoint=str(path)).fit(x, y)
    whole = qtn.MPSClassifier(**options).fit(x, y)
    np.testing.assert_allclose(resumed.scores(x), whole.scores(x), rtol=1e-4, atol=1e-6)


def test_compiled_file_is_whole_and_resumes(tmp_path: Path) -> None:
    path = tmp_path / "compiled.qtn"
    killed(COMPILE, path, 0.3)
    stored = qtn.load(path)
    state = qtn.ground_state(qtn.chain("heisenberg", 6), max_bond=8)
    again = qtn.compile(state, qtn.Resume(stored, steps=2), progress=False)
    assert again.infidelity <= stored.infidelity + 1e-12


REPORT = """
import sys, qtn
data = qtn.load_digits(size=2, classes=(0, 1), seed=0)
model = qtn.MPSClassifier(bond=2, epochs=2, seed=0, progress=False)
model.fit(data.x_train[:40], data.y_train[:40])
quantum = qtn.deploy(model, qtn.Staircase(1), shots=50, progress=False)
table = qtn.compare(model, quantum, data.x_test[:10], data.y_test[:10], progress=False)
table.save(sys.argv[1])
print("go", flush=True)
while True:
    table.save(sys.argv[1])
"""


def test_report_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    killed(REPORT, path, 0.3)
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
