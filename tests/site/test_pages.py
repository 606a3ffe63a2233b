"""The code of every page runs as it stands, in the order in which it stands there."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import house
import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

DOCS = house.ROOT / "docs"
BLOCK = re.compile(
    r"(?:<!-- not run: ([^>]+) -->\n)?^```python\n(.*?)^```", re.MULTILINE | re.DOTALL
)
# Each of these takes more than five seconds of one core (`make test-slow`).
SLOW = """
auto born_circuits comparison energy_and_robustness forms isometric_blocks jobs kernels language
learned_trees migrate/haiqu migrate/quimb models operators partition_functions plugins
quantum_models refinement rooms/hybrid rooms/models rooms/reports sequences spins
structure_factor synergy time_dependent trees_in_time vqe
"""
NOT_HERE = {"extending"}  # tests/contracts/test_docs.py runs its examples one by one


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the blocks of a page, each with the reason why it is not run, or an empty one."""
    return BLOCK.findall(text)


def pages() -> list[object]:
    """Return the pages with code, the slow ones marked."""
    found = []
    for path in sorted(DOCS.rglob("*.md")):
        name = str(path.relative_to(DOCS).with_suffix(""))
        if name not in NOT_HERE and blocks(path.read_text(encoding="utf-8")):
            marks = [pytest.mark.slow] if name in SLOW.split() else []
            found.append(pytest.param(path, id=name, marks=marks))
    return found


@pytest.mark.parametrize("path", pages())
@pytest.mark.filterwarnings("default")
def test_the_code_of_a_page_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("page")  # dataclasses ask the module of their class
    monkeypatch.setitem(sys.modules, "page", module)
    for reason, code in blocks(path.read_text(encoding="utf-8")):
        if not reason:
            exec(compile(code, str(path), "exec"), vars(module))
    plt.close("all")


def test_slow_pages_exist() -> None:
    assert [name for name in SLOW.split() if not (DOCS / f"{name}.md").exists()] == []


def test_a_block_says_why_it_is_not_run() -> None:
    text = "<!-- not run: a cluster -->\n```python\nx\n```\n\n```python\ny\n```\n"
    assert blocks(text) == [("a cluster", "x\n"), ("", "y\n")]
