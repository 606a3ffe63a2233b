"""What is said of states that no search reaches in time."""

from __future__ import annotations

import warnings

import pytest
from aqc.random_states import random_chain

import qtn
from qtn.aqc.methods.portfolio import candidates, outlook
from qtn.aqc.methods.portfolio.candidates import by
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.search.job import Job


def test_names_what_an_exact_circuit_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "expected_seconds", lambda _: float("inf"))
    monkeypatch.setattr(outlook, "HOPELESS", 0.1)
    state = random_chain(20, 6, 0)
    gates = qtn.Isometries().two_qubit_gates(state)
    with pytest.warns(UserWarning, match=rf"takes {gates} two-qubit gates by Isometries\(\)"):
        short = qtn.compile(state, qtn.Auto(max_layers=2))
    assert short.infidelity > 1e-3
    assert short.provenance["exact circuit"].startswith(f"{gates} two-qubit gates")


def test_no_warning_where_short_circuits_are_near_or_a_budget_is_given() -> None:
    job = Job(random_chain(8, 4, 0))
    few = by(Staircase(1, steps=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scene, seen in ((Scene(job), False), (Scene(job, limit=20), True)):
            if seen:
                scene.seen("short", few(scene))
            outlook.tell(scene)
            assert "by Isometries()" in scene.notes["exact circuit"]
