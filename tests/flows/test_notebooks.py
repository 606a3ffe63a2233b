"""Every notebook runs from first to last cell; the last asserts what its text claims."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS_PER_CELL = 600


def kernel_of_this_python(folder: Path) -> AsyncKernelManager:
    """Return a kernel on the interpreter that runs the tests, whatever is installed elsewhere."""
    spec = folder / "kernels" / "tests"
    spec.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "tests", "language": "python"})
    )
    specs = KernelSpecManager(kernel_dirs=[str(folder / "kernels")], ensure_native_kernel=False)
    return AsyncKernelManager(kernel_name="tests", kernel_spec_manager=specs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "notebooks"
    shutil.copytree(path.parent, work)
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = nbformat.read(work / path.name, as_version=4)
    manager = kernel_of_this_python(tmp_path)
    client = NotebookClient(
        notebook, km=manager, timeout=SECONDS_PER_CELL, resources={"metadata": {"path": str(work)}}
    )
    try:
        client.execute()  # raises CellExecutionError, which shows the cell, on the first error
    finally:
        manager.context.destroy(linger=0)  # or a failed notebook leaves sockets to other tests
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
