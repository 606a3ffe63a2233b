"""Every notebook runs from first to last cell; the last asserts what its text claims."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path) -> None:
    work = tmp_path / "notebooks"
    shutil.copytree(path.parent, work)
    executed = tmp_path / "executed.ipynb"
    script = Path(__file__).with_name("execute_notebook.py")
    done = subprocess.run(
        [sys.executable, str(script), str(work / path.name), str(executed)],
        capture_output=True,
        text=True,
        env={**os.environ, **INLINE},
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    notebook = nbformat.read(executed, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    assert code, "no code"
    assert all(cell.execution_count for cell in code)
    assert "assert" in code[-1].source, "the last cell must assert what the text claims"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_executed(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1)), "run all, then save"
    errors = [o for cell in code for o in cell.outputs if o.output_type == "error"]
    assert errors == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_light(path: Path) -> None:
    assert path.stat().st_size < 600_000
