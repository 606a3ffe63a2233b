"""The locked set: complete, free of addresses, installed, and working where packages meet."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]+")
NAMED = ("qiskit", "qiskit-aer", "pennylane", "quimb", "cotengra", "lambeq", "torch", "pytest")


def normal(name: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {normal(name): version for name, version in pairs}


def requirements() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + [line for extra in extras.values() for line in extra]
    return {normal(re.split(r"[\[<>=!~; ]", line)[0]) for line in lines}


def test_every_line_is_a_name_and_a_version() -> None:
    for name, version in locked().items():
        assert re.fullmatch(r"[a-z0-9-]+", name), name
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post)[0-9]+)?", version), version


def test_every_requirement_is_locked() -> None:
    # The GPU wheel takes the place of the CPU wheel, so one environment cannot lock both.
    assert requirements() - {"qtn-toolkit", "qiskit-aer-gpu"} <= set(locked())


@pytest.mark.parametrize("name", NAMED)
def test_named_package_is_installed_in_its_locked_version(name: str) -> None:
    assert metadata.version(name).partition("+")[0] == locked()[name]


def test_requirements_have_lower_bounds_only() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"].values()
    for line in project["dependencies"] + [line for extra in extras for line in extra]:
        assert re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?(>=[0-9.]+)?", line), line


def test_quimb_and_cotengra_work_together() -> None:
    import quimb.tensor as qtensor

    circuit = qtensor.CircuitMPS(6)
    for site in range(5):
        circuit.h(site)
        circuit.cx(site, site + 1)
    dense = qtensor.Circuit(6)
    dense.apply_gates(circuit.gates)
    assert abs(circuit.psi.to_dense().conj().T @ dense.psi.to_dense()).item() == pytest.approx(1)
    amplitude = dense.amplitude("000000")
    assert amplitude == pytest.approx(circuit.amplitude("000000"))


def test_quimbs_ground_states_work_beside_pennylane() -> None:
    import quimb.tensor as qtensor

    search = qtensor.DMRG2(qtensor.MPO_ham_heis(6), bond_dims=[8])
    assert search.solve(verbosity=0)
    assert search.energy.real == pytest.approx(-2.493577133887926, abs=1e-9)


def test_contributing_says_why_each_package_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = re.findall(r"(?m)^\|(.*)\|$", text)
    told = {normal(name) for line in lines for name in WORD.findall(line)}
    assert requirements() - {"qtn-toolkit"} <= told
