"""torch is an extra: all but training works without it, and training says so before it starts.

One interpreter in which torch cannot be imported runs the chain of `tests/without_torch.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import house
import numpy as np
import pytest
import without_torch

import qtn

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "tests" / "files"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.without_torch", str(FILES)],
        capture_output=True, text=True, cwd=ROOT, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_chain_runs_and_never_asks_for_torch(found: dict[str, Any]) -> None:
    here = without_torch.chain()
    assert found["asked"] == []
    assert set(found["chain"]) == set(here)
    for name, value in here.items():
        assert found["chain"][name] == pytest.approx(value, abs=1e-9), name


def test_every_public_name_is_there(found: dict[str, Any]) -> None:
    assert found["missing"] == []


@pytest.mark.parametrize("name", without_torch.STATES)
def test_a_saved_model_gives_its_states(found: dict[str, Any], name: str) -> None:
    state = qtn.load(FILES / f"{name}.qtn").state(register="label")
    np.testing.assert_allclose(found["saved"][name], state.to_dense().ravel(), atol=1e-14)


def test_a_saved_classifier_is_deployed(found: dict[str, Any]) -> None:
    np.testing.assert_allclose(found["deployed"], without_torch.deployed(FILES), atol=1e-9)


def test_born_machines_are_trained(found: dict[str, Any]) -> None:
    assert found["trained"] == pytest.approx(without_torch.trained(), abs=1e-12)


def test_what_needs_torch_names_the_pip_line(found: dict[str, Any]) -> None:
    for name, text in found["refusals"].items():
        assert text.startswith("This needs the package `torch`, which is not installed."), name
        assert 'pip install "qtn-toolkit[train]"' in text
        assert "Compute Platform: CPU" in text


def test_torch_is_imported_in_one_place() -> None:
    importers = [
        path
        for path in house.sources()
        if any(
            line.lstrip().startswith(("import torch", "from torch"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    ]
    assert importers == [house.PACKAGE / "_optional.py"]
