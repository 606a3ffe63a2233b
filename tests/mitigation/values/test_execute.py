"""The place where mitigation meets a device: all of its runs are one expense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from devices.faulty import FaultyQueue, accepted
from qiskit import QuantumCircuit

import qtn
from qtn.devices import Budget, Ledger
from qtn.devices.engines import portions, simulated
from qtn.mitigation import calibrate_readout, learn_noise, virtual_distillation


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultyQueue:
    monkeypatch.setenv("QTN_LEDGER", str(tmp_path / "ledger"))
    return FaultyQueue(tmp_path / "queue", device="FakeManilaV2")


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def test_all_runs_of_a_mitigation_are_one_expense(queue: FaultyQueue) -> None:
    """Each alone is within the budget, together they are not: nothing may be submitted."""
    techniques = [qtn.Readout(), qtn.ZNE()]
    prepared = qtn.mitigation.plan(bell(), "ZZ", techniques, device=queue, shots=300)
    total = prepared.shots
    assert total > 600
    with pytest.raises(
        qtn.BudgetError, match=rf"takes {total} shots, but the budget .* {total - 1}"
    ):
        qtn.mitigate(
            bell(), "ZZ", techniques, device=queue, shots=300, budget=Budget(shots=total - 1)
        )
    assert accepted(queue) == 0
    value = qtn.mitigate(
        bell(), "ZZ", techniques, device=queue, shots=300, budget=Budget(shots=total)
    )
    assert abs(value.value - 1.0) < 1.0
    assert accepted(queue) > 0


def test_hardware_asks_for_a_budget_in_all(queue: FaultyQueue) -> None:
    with pytest.raises(qtn.BudgetError, match=r"More than 100000 shots need a budget"):
        qtn.mitigate(bell(), "ZZ", [qtn.Readout(), qtn.ZNE()], device=queue, shots=60_000)
    with pytest.raises(qtn.BudgetError, match=r"More than 100000 shots need a budget"):
        calibrate_readout(queue, [0, 1], shots=60_000)
    with pytest.raises(qtn.BudgetError, match=r"More than 100000 shots need a budget"):
        virtual_distillation(bell(), "ZI", [qtn.Readout()], device=queue, shots=40_000)
    assert accepted(queue) == 0


def test_other_doors_keep_it(queue: FaultyQueue) -> None:
    limit = Budget(shots=100)
    with pytest.raises(qtn.BudgetError, match=r"takes 200 shots, but the budget allows 100"):
        calibrate_readout(queue, [0, 1], shots=100, budget=limit)
    with pytest.raises(qtn.BudgetError, match=r"takes 300 shots, but the budget allows 100"):
        virtual_distillation(bell(), "ZI", [qtn.Readout()], device=queue, shots=100, budget=limit)
    with pytest.raises(qtn.BudgetError, match=r"takes 1800 shots, but the budget allows 100"):
        learn_noise(bell(), device=queue, shots=10, depths=(2, 4), copies=10, budget=limit)
    assert accepted(queue) == 0
    with pytest.raises(qtn.ArgumentError, match=r"`budget` must be a qtn.Budget"):
        qtn.mitigate(bell(), "ZZ", device="aer", budget=100)


def test_simulations_are_free() -> None:
    assert qtn.mitigate(bell(), "ZZ", device="aer", shots=200_000, progress=False).value == 1.0


def test_witnesses_of_verify_keep_it(queue: FaultyQueue) -> None:
    from qtn.verification import CrossEntropy, Limits

    limits = Limits(budget=Budget(shots=10))
    with pytest.raises(qtn.BudgetError, match=r"shots, but the budget allows 10"):
        qtn.verify(
            bell(), [2**-0.5, 0, 0, 2**-0.5], device=queue, method=CrossEntropy(), limits=limits
        )
    with pytest.raises(qtn.ArgumentError, match=r"`budget` must be a qtn.Budget"):
        Limits(budget=10)
    assert accepted(queue) == 0


def test_a_mitigation_is_recorded_and_taken_up_again(tmp_path: Path) -> None:
    """What a crash left in the ledger is not submitted a second time, whole runs are only read."""
    book, folder = tmp_path / "book", tmp_path / "remote"

    def go(queue: FaultyQueue) -> qtn.Estimate[float]:
        return qtn.mitigate(
            *(bell(), "ZZ", [qtn.Readout(), qtn.ZNE()]),
            device=queue, shots=50, seed=4, ledger=book, progress=False,
        )  # fmt: skip

    crashing = FaultyQueue(folder, "crash", device="FakeManilaV2")
    real, calls = crashing.run, []

    def run(*args: Any, **options: Any) -> Any:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(args)
        return real(*args, **options)

    crashing.run = run  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        go(crashing)
    assert accepted(crashing) == 2
    resumed = FaultyQueue(folder, device="FakeManilaV2")
    first = go(resumed)
    submitted = accepted(resumed)
    again = FaultyQueue(folder, device="FakeManilaV2")
    second = go(again)
    assert (second.value, second.stderr) == (first.value, first.stderr)
    assert accepted(again) == submitted
    assert again.calls["run"] == 0
    jobs = [len(Ledger(book).jobs(run.id)) for run in Ledger(book).runs()]
    assert sum(jobs) == submitted > 2


def test_a_simulated_mitigation_is_recorded_if_asked(tmp_path: Path) -> None:
    options = {"device": "FakeManilaV2", "shots": 50, "progress": False}
    free = qtn.mitigate(bell(), "ZZ", qtn.Readout(), **options)
    first, second = (
        qtn.mitigate(bell(), "ZZ", qtn.Readout(), ledger=tmp_path, **options) for _ in range(2)
    )
    assert free.value == first.value == second.value
    assert len(qtn.jobs(tmp_path)) == 2  # the values and the readout
    with pytest.raises(qtn.ArgumentError, match=r"`ledger` must be .*, but is 7"):
        qtn.mitigate(bell(), "ZZ", device="aer", ledger=7)


def test_a_part_of_a_run_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """`qtn.run` returns what Ctrl-C left of a long simulation; nothing is estimated from it."""
    real, calls = simulated.aer_sample, []

    def interrupted(*arguments: Any) -> Any:
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(simulated, "aer_sample", interrupted)
    monkeypatch.setattr(portions, "PATIENCE", 0.0)
    monkeypatch.setattr(portions, "PORTION", 1e-3)
    device = qtn.Device("FakeManilaV2", engine="statevector")
    with (
        pytest.warns(UserWarning, match="its result is partial"),
        pytest.raises(KeyboardInterrupt, match="a run of this measurement"),
    ):
        qtn.mitigate(bell(), "ZZ", device=device, progress=False)
