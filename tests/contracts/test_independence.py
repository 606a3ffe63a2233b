"""The second engines of `verify` share nothing with the compiler but readers and the frozen MPS.

What is followed are the imports between modules, from the compiler's door and from each engine.
They may meet in `MEETING`: who reads a circuit reads it for both, and a target is one object.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import house
import numpy as np
import pytest
from oracles import brickwork
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.interop.circuits import gate_list
from qtn.verification.engines import chain_state
from qtn.verification.engines.base import Question
from qtn.verification.engines.chains import Chain
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import Limits, forecast

COMPILER = "qtn.aqc.door"
SECOND = tuple(
    f"qtn.verification.engines.{name}" for name in ("quimb_state", "lightcone", "contraction")
)
MEETING = ("qtn.interop", "qtn.states.mps", "qtn.states.operators", "qtn.states")
PLAIN = ("qtn.errors", "qtn.estimate", "qtn._")


def imports(package: Path) -> dict[str, set[str]]:
    """Return the modules that each module imports, also inside of functions, not for types only."""
    files = {
        ".".join(("qtn", *p.relative_to(package).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): p
        for p in house.sources(package)
    }
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        found[name] = set()
        for node in _run(house.tree(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qtn"):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    found[name].add(whole if whole in files else str(node.module))
            elif isinstance(node, ast.Import):
                found[name] |= {a.name for a in node.names if a.name.startswith("qtn")}
    return found


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what is carried out: not what only checkers of types read."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _run(child)


def is_meeting(module: str) -> bool:
    exact = module in MEETING or module.startswith("qtn.interop.")
    return exact or module.startswith(PLAIN)


def reached(graph: dict[str, set[str]], start: str, *, through_meetings: bool) -> set[str]:
    """Return all modules that `start` imports, directly or not."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        module = todo.pop()
        if module in seen or module not in graph:
            continue
        seen.add(module)
        if through_meetings or not is_meeting(module):
            todo += graph[module]
    return seen


def shared(package: Path = house.PACKAGE) -> dict[str, set[str]]:
    """Return what each second engine shares with the compiler outside of the meeting places."""
    graph = imports(package)
    compiler = reached(graph, COMPILER, through_meetings=True)
    assert len(compiler) > 30
    found = {}
    for engine in SECOND:
        assert engine in graph
        own = reached(graph, engine, through_meetings=False)
        found[engine] = {m for m in own & compiler if not is_meeting(m)}
    return found


def test_the_second_engines_share_only_what_they_may() -> None:
    assert shared() == {engine: set() for engine in SECOND}


def test_the_first_engine_is_the_compilers_own() -> None:
    graph = imports(house.PACKAGE)
    first = reached(graph, "qtn.verification.engines.chain_state", through_meetings=False)
    assert "qtn.states.kernels.circuit" in first


@pytest.mark.parametrize("planted", ["quimb_state", "prepared", "base"])
def test_a_planted_import_is_found(tmp_path: Path, planted: str) -> None:
    package = tmp_path / "qtn"
    for path in house.sources():
        copy = package / path.relative_to(house.PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        if path.name == f"{planted}.py" and path.parent.name == "engines":
            text += "\n\ndef hidden():\n    from qtn.states.kernels.circuit import apply_gates\n"
        copy.write_text(text)
    found = set().union(*shared(package).values())
    assert "qtn.states.kernels.circuit" in found


def test_the_second_engine_answers_when_the_first_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("the second engine must not come here")

    monkeypatch.setattr(chain_state, "apply_gates", broken)
    monkeypatch.setattr(chain_state, "product_sum", broken)
    circuit = brickwork(6, 3)
    gates, labels = gate_list(circuit), ["ZZIIII", "IXYIIZ"]
    question = Question(gates, None, observable_terms(labels, 6), Limits())
    expected = forecast(gates, 256)
    answer = Chain("quimb", expected).ask(question)
    exact = [Statevector(circuit).expectation_value(SparsePauliOp(x)).real for x in labels]
    assert np.allclose([v.value for v in answer.values], exact)
    with pytest.raises(AssertionError, match="must not come here"):
        Chain("chain", expected).ask(question)
