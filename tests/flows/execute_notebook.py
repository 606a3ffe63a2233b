"""Execute one notebook and write it with its outputs: `python execute_notebook.py IN OUT`.

A process of its own, so that the kernel's sockets end with it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

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


def main(source: Path, target: Path) -> None:
    """Run all cells; the first error ends the process with the cell that raised it."""
    notebook = nbformat.read(source, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            km=kernel_of_this_python(Path(folder)),
            timeout=SECONDS_PER_CELL,
            resources={"metadata": {"path": str(source.parent)}},
        ).execute()
    nbformat.write(notebook, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
