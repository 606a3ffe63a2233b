"""Work under its terms: performed at once, or entered in the ledger once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qtn.devices import Budget, Device, Ledger, resolve
from qtn.devices.costs import make_plan
from qtn.devices.engines.aer import AerEngine
from qtn.devices.preparation import prepare, slices
from qtn.devices.pubs import read_pubs
from qtn.devices.record.request import Request, expected_seconds, perform, tasks


def request(count: int = 5) -> Request:
    circuits = []
    for k in range(count):
        circuit = QuantumCircuit(2)
        circuit.ry(0.3 * k, 0)
        circuits.append(circuit)
    engine = resolve("aer")
    prepared = [prepare(w, None, engine, 0) for w in read_pubs(circuits, measured_allowed=True)]
    return Request(Device("aer"), prepared, 0, False, 30, 7, Budget(shots=150))


def test_parts_have_the_random_streams_of_the_whole() -> None:
    whole = request()
    batches = slices(whole.pubs, 2)
    raw, how = perform(whole, batches, None, False)
    assert len(raw) == 5
    assert how.startswith("Aer")
    last = replace(whole, prepared=whole.prepared[4:])
    (tail,), _ = perform(last, slices(last.pubs, 2), None, False, first=2)
    assert np.array_equal(tail.array, raw[4].array)  # type: ignore[union-attr]
    assert [t.seed for t in tasks(whole, {0: batches[1]}, first=1).values()] == [
        t.seed for t in tasks(whole, {1: batches[1]}).values()
    ]


def test_the_same_request_is_entered_once(tmp_path: Path) -> None:
    work, store = request(), Ledger(tmp_path)
    plan = make_plan(work.prepared, resolve("aer"), 30, 3, "aer")
    run = work.record(store, "a" * 64, resolve("aer"), plan)
    assert work.record(store, "a" * 64, resolve("aer"), plan) == run
    assert (run.id, run.shots, len(store.jobs(run.id))) == ("a" * 10, 30, 3)
    assert run.plan["budget"]["shots"] == 150
    assert {"qiskit", "numpy"} <= set(run.versions)


def test_a_long_wait_is_said_before_it_with_what_is_quicker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(AerEngine, "predicted", lambda *_: 170.0)
    whole = request()
    assert expected_seconds(whole, slices(whole.pubs, 2), True) == 170.0
    text = capsys.readouterr().err
    assert "aer is expected to take about 3 minutes for 30 shots" in text
    assert "device='tensor'" in text
    assert expected_seconds(whole, slices(whole.pubs, 2), False) is None
    assert capsys.readouterr().err == ""
