"""Bars in an executed notebook: one output that ends empty, however long the work is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NO_WIDGETS = "import sys; sys.modules['ipywidgets'] = None"
WORK = """
import numpy as np, qtn
from qtn import _progress
_progress.INTERVAL = 0.05  # ten times as often as otherwise
state = qtn.MPS.from_dense(np.random.default_rng(0).normal(size=256)).normalised()
print("before")
for layers in (3, 4):
    qtn.compile(state, qtn.Staircase(layers))
print("after")
"""


@pytest.mark.parametrize("first", [NO_WIDGETS, "import ipywidgets"])
def test_a_notebook_keeps_one_output_of_all_its_bars(
    first: str, root: Path, tmp_path: Path
) -> None:
    cells = [nbformat.v4.new_code_cell(text) for text in (first, WORK)]
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    script = Path(__file__).with_name("execute_notebook.py")
    done = subprocess.run(
        [sys.executable, str(script), str(source), str(target)],
        capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    outputs = nbformat.read(target, as_version=4).cells[1].outputs
    streams = [o.text for o in outputs if o.output_type == "stream"]
    assert streams == ["before\n", "after\n"]
    shown = [o for o in outputs if o.output_type == "display_data"]
    announced = [o for o in shown if "First call of" in o.data.get("text/plain", "")]
    assert len(shown) - len(announced) == 1
    assert all(not o.data["text/plain"] for o in shown if o not in announced)
    view = "application/vnd.jupyter.widget-view+json"
    assert any(view in o.data for o in shown) == (first != NO_WIDGETS)
    assert target.stat().st_size < 10_000
