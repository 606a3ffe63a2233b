from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE, Readout, ShotBudget, measure, mitigate, plan
from qtn.mitigation.allocate import _bounded

# almost all of the error comes from one of the two bases
UNEVEN = SparsePauliOp(["ZZ", "XI", "IX"], [1.0, 0.05, 0.05])


def circuit() -> QuantumCircuit:
    c = QuantumCircuit(2)
    for k in range(3):
        c.rx(0.5 + 0.1 * k, 0)
        c.cx(0, 1)
        c.ry(0.4, 1)
    return c


def test_no_shot_is_added_and_hardly_one_is_lost():
    device = chain(2, gate=0.02)
    for techniques in ([ZNE(split="adaptive")], [Readout(), ZNE((1, 3), split="adaptive")]):
        prepared = plan(circuit(), UNEVEN, techniques, device=device, shots=ShotBudget(9000))
        data = measure(prepared)
        assert 0.98 * prepared.shots < data.estimate().shots <= prepared.shots
        assert data.estimate().shots == data.plan.shots
        assert all(
            b.num_shots == j.shots for b, j in zip(data.bits, data.plan.planned, strict=True)
        )


def test_shots_go_where_the_error_comes_from_and_lower_it():
    device = chain(2, gate=0.02)
    exact = Statevector(circuit()).expectation_value(UNEVEN).real
    found = {}
    for split in ("optimal", "adaptive"):
        prepared = plan(
            circuit(), UNEVEN, ZNE((1, 3), split=split), device=device, shots=ShotBudget(20_000)
        )
        data = measure(prepared)
        found[split] = data.estimate()
        basis = [sum(j.shots for j in data.plan.planned if j.basis == b) for b in (0, 1)]
        if split == "adaptive":
            assert basis[0] > 2 * basis[1]
    assert found["adaptive"].stderr < 0.9 * found["optimal"].stderr
    assert abs(found["adaptive"].value - exact) < 4 * found["adaptive"].stderr + 0.01


def test_the_reported_error_is_that_of_repeated_runs():
    device = chain(2, gate=0.02)
    technique = ZNE((1, 3), fit="linear", split="adaptive")
    runs = [
        mitigate(circuit(), UNEVEN, technique, device=device, shots=1000, seed=s) for s in range(40)
    ]
    spread = np.std([r.value for r in runs], ddof=1)
    assert spread == pytest.approx(np.mean([r.stderr for r in runs]), rel=0.4)


def test_shares_respect_their_bounds_and_the_total():
    share = _bounded(np.array([100.0, 1.0, 0.0]), np.array([10.0, 10.0, 10.0]), 60.0, 100.0)
    assert share.sum() == pytest.approx(100.0, rel=1e-6)
    assert share[0] == pytest.approx(60.0)
    assert (share >= 10.0 - 1e-9).all()


def test_too_few_shots_and_unknown_splits_are_refused():
    with pytest.raises(ArgumentError, match="`split` must be one of"):
        ZNE(split="guess")
    with pytest.raises(ArgumentError, match="at least 4 are needed"):
        mitigate(circuit(), "ZZ", ZNE(split="adaptive"), device="aer", shots=3)
