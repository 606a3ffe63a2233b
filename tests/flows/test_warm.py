"""What `qtn warm-up` compiles is all that doors need, wherever the kernels are kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WARM = "import qtn; print('compiled', qtn.warm_up(progress=False).compiled)"
# Doors on other things than those that `warm_up` calls them on.
DOORS = """
import numpy as np, qtn
from qiskit import QuantumCircuit
from qtn._kernels import COMPILED
rng = np.random.default_rng(3)
x, y = rng.integers(0, 2, (20, 8)).astype(float), np.arange(20) % 2
quench = qtn.evolve(qtn.chain("xxz", 6), "neel", 0.3, progress=False)
qtn.evolve(qtn.chain("ising", 5), "neel", -0.3j, progress=False)
qtn.compile(quench, qtn.Brickwall(2), progress=False)
qtn.compile(qtn.MPS.from_dense(np.eye(32)[3]), qtn.Staircase(2), progress=False)
qtn.compile(np.linalg.qr(rng.normal(size=(8, 8)))[0], progress=False)
for name in ("MPSClassifier", "TTNClassifier"):
    getattr(qtn, name)(bond=3, epochs=1, progress=False).fit(x, y)
for name in ("MPSBornMachine", "TTNBornMachine"):
    getattr(qtn, name)(bond=3, sweeps=1, progress=False).fit(x)
circuit = QuantumCircuit(4)
circuit.h(0); circuit.cx(0, 1); circuit.cx(1, 2); circuit.ry(0.3, 3)
qtn.verify(circuit, observables=["ZZII", "XIXI"])
qtn.verify(circuit, quench if quench.n == 4 else qtn.MPS.from_dense(np.eye(16)[0]))
qtn.vqe(qtn.chain("heisenberg", 4), qtn.NetworkAnsatz(2), steps=2, progress=False)
qtn.spin_circuit(qtn.chain("heisenberg", 4), layers=1, steps=2, progress=False)
print("compiled", len(COMPILED), [one.name for one in COMPILED])
"""


def compiled(code: str, root: Path, **variables: str) -> int:
    """Run code in a new process and return how many kernels it says were compiled."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=900, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return int(re.findall(r"^compiled (\d+)", done.stdout, re.MULTILINE)[0])


def test_the_installation_warms_by_the_command(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^WARM := \$\(RUN\) qtn warm-up$", makefile, re.MULTILINE)
    assert "$(WARM)" in makefile


@pytest.mark.slow
def test_after_the_warm_up_nothing_is_compiled_even_where_the_cache_moved(
    root: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "kernels", tmp_path / "moved"
    assert compiled(WARM, root, NUMBA_CACHE_DIR=str(first)) > 40
    assert compiled(WARM, root, NUMBA_CACHE_DIR=str(first)) == 0
    first.rename(second)
    assert compiled(DOORS, root, NUMBA_CACHE_DIR=str(second)) == 0


SMALL = """
import numpy as np
from qtn._kernels import COMPILED
from qtn.applications.quantum_kernels.diagonal import Diagonal, diagonal_kernel
ones = np.ones((2, 3), dtype=complex)
diagonal_kernel(Diagonal(ones, ones, np.full((2, 3), 0.5**0.5)))
print("compiled", len(COMPILED))
"""


def copied(root: Path, folder: Path) -> Path:
    """Copy the package without what was compiled of it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "qtn", folder / "qtn", ignore=ignored)
    shutil.copytree(root / "circuits", folder / "circuits", ignore=ignored, dirs_exist_ok=True)
    return folder


def test_two_processes_at_once_share_a_cache(root: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ, "PYTHONPATH": str(root), "NUMBA_CACHE_DIR": str(tmp_path / "kernels"),
    }  # fmt: skip
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SMALL], env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    ends = [(process.communicate(timeout=300), process.returncode) for process in running]
    assert [code for _, code in ends] == [0, 0], ends
    assert compiled(SMALL, root, NUMBA_CACHE_DIR=str(tmp_path / "kernels")) == 0


@pytest.mark.parametrize("home", [True, False])
def test_a_package_that_cannot_be_written_to(home: bool, root: Path, tmp_path: Path) -> None:
    """Kernels go to the user's cache folder; without one each process compiles its own.

    A file in the place of a folder keeps even root from writing there.
    """
    package = copied(root, tmp_path)
    for folder in package.rglob("*/"):
        if any(folder.glob("*.py")):
            (folder / "__pycache__").touch()
    cache = tmp_path / "home"
    cache.mkdir() if home else cache.touch()
    variables = {"HOME": str(cache), "XDG_CACHE_HOME": str(cache / "cache")}
    assert compiled(SMALL, package, **variables) == 1
    assert compiled(SMALL, package, **variables) == (0 if home else 1)
