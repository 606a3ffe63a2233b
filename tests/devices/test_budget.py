"""The most that a run may take."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.devices import Budget, Device, run
from qtn.devices.budget import check_budget


def test_bad_budgets() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"`shots` must be a finite number"):
        Budget(shots=-1)
    with pytest.raises(qtn.ArgumentError, match=r"`budget` must be a qtn.Budget, but is 100"):
        run(QuantumCircuit(1), device=Device(), budget=100)


def test_what_is_free_and_what_passes() -> None:
    assert Budget().money is None
    check_budget(None)
    check_budget(Budget(shots=0, seconds=1.5, circuits=3, money=0.0))
