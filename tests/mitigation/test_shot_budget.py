from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, ShotBudget, Twins, plan
from qtn.mitigation.shot_budget import checked_shots, share


def test_everything_comes_out_of_the_budget():
    circuit = QuantumCircuit(2)
    circuit.rx(0.4, 0)
    circuit.rzz(0.3, 0, 1)
    observable = SparsePauliOp(["ZZ", "IX"])  # two bases
    for techniques in (
        [],
        [Readout(), ZNE((1, 3, 5), split="optimal")],
        [Readout(method="twirled"), ZNE((1, 3)), Twins(circuits=3)],
    ):
        prepared = plan(
            circuit, observable, techniques, device="FakeManila", shots=ShotBudget(10_000)
        )
        assert 0.99 * 20_000 < prepared.shots <= 20_000


def test_shares_and_minima():
    assert share(100, [3, 1]) == (75, 25)
    with pytest.raises(ArgumentError, match="leaves 1 shots for each circuit"):
        checked_shots(1, "each circuit")
    with pytest.raises(ArgumentError, match="`per_basis` must be a positive integer"):
        ShotBudget(0)
    with pytest.raises(ArgumentError, match="`calibration` must be a finite number"):
        ShotBudget(10, calibration=2.0)
