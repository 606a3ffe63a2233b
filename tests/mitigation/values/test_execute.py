"""The place where mitigation meets a device: all of its runs are one expense."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices.faulty import FaultyQueue, accepted
from qiskit import QuantumCircuit

import qtn
from qtn.devices import Budget
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
