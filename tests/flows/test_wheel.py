"""The wheel in a fresh environment: plugins are found, and the circuits that ship with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

# What a user does after `pip install`: nothing of ours is imported before Qiskit asks for it.
SCRIPT = """
import json
from importlib.metadata import entry_points

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Operator, Statevector
from scipy.stats import unitary_group

import qtn

amplitudes = np.random.default_rng(0).normal(size=32)
amplitudes /= np.linalg.norm(amplitudes)
circuit = QuantumCircuit(5)
circuit.append(qtn.gate(amplitudes), range(5))
found = {"file": qtn.__file__, "levels": []}
for level in range(4):
    ready = transpile(circuit, basis_gates=["u", "cx"], optimization_level=level)
    overlap = abs(np.vdot(Statevector(ready).data, amplitudes)) ** 2
    found["levels"].append([ready.count_ops()["cx"], overlap])

deep = QuantumCircuit(3)
for _ in range(5):
    deep.rx(0.2, range(3))
    deep.rzz(0.1, 0, 1)
    deep.rzz(0.1, 1, 2)
short = transpile(deep, basis_gates=["u", "cx"], init_method="qtn", optimization_level=1)
found["stage"] = [short.count_ops()["cx"], abs(np.vdot(Statevector(short), Statevector(deep))) ** 2]

whole = QuantumCircuit(3)
whole.unitary(unitary_group.rvs(8, random_state=0), range(3))
ready = transpile(whole, basis_gates=["u", "cx"], unitary_synthesis_method="qtn")
found["unitary"] = [ready.count_ops()["cx"], bool(Operator(ready).equiv(Operator(whole)))]

import pennylane as qml
from qtn.plugins.pennylane import PrepareState

@qml.qnode(qml.device("qtn.mps", wires=5))
def mean():
    PrepareState(amplitudes, wires=range(5))
    return qml.expval(qml.Z(0))

value = float(mean())
signs = 1 - 2 * (np.arange(32) & 1)
found["pennylane"] = abs(value - float(signs @ amplitudes**2))
library = qtn.circuits()
found["circuits"] = [list(library.names), str(library.folder), library.verify("w-32").rigorous]
points = entry_points()
found["groups"] = {
    group: ours
    for group in points.groups
    if (ours := {p.name: p.value for p in points.select(group=group) if p.value[:4] == "qtn."})
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def fresh(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel of this tree, and the other packages of the present one."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    shutil.copytree(root / "qtn", tree / "qtn", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "circuits", tree / "circuits")
    for name in ("pyproject.toml", "setup.py", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(root / name, tree)

    def run(*command: str | Path) -> None:
        subprocess.run([*map(str, command)], check=True, capture_output=True, timeout=300)

    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    alone = ("--no-deps", "--no-index")
    run(*pip, "wheel", *alone, "--no-build-isolation", "--wheel-dir", folder, tree)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    run(*pip, "--python", python, "install", *alone, wheel)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "shared.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


@pytest.mark.slow
def test_a_fresh_environment_finds_the_plugins(fresh: Path, root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [fresh, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert Path(found["file"]).is_relative_to(fresh.parents[1])
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert found["groups"] == {
        **tomllib.loads(text)["project"]["entry-points"],
        "console_scripts": {"qtn": "qtn.cli:main"},
    }
    counts = [count for count, _ in found["levels"]]
    assert all(overlap > 1 - 1e-6 for _, overlap in found["levels"])
    assert counts[1] <= 20
    assert counts[2:] == sorted(counts[2:], reverse=True)
    assert found["stage"][0] < 10
    assert found["stage"][1] > 1 - 1e-8
    assert found["unitary"] == [14, True]
    assert found["pennylane"] < 2e-3
    names, folder, rigorous = found["circuits"]
    assert names == sorted(path.parent.name for path in (root / "circuits").glob("*/card.json"))
    assert Path(folder).is_relative_to(fresh.parents[1])
    assert rigorous
