"""Estimators as devices."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

import qtn
from qtn.devices import Budget, run
from qtn.devices.tensor import TensorEstimator


@pytest.mark.parametrize("estimator", [StatevectorEstimator(seed=1), TensorEstimator()])
def test_values_over_a_sweep(
    estimator: object, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    circuit = chain_circuit(3, free=True)
    values = np.random.default_rng(0).normal(size=(4, 3))
    observables = [SparsePauliOp(["XIZ", "IYI"], [1.0, 0.5]), SparseObservable.from_label("000")]
    result = run((circuit, values), observables, device=estimator, shots=10_000)
    assert result.values[0].shape == (4, 2)
    for row, binding in enumerate(values):
        state = Statevector(circuit.assign_parameters(binding))
        exact = [state.expectation_value(observables[0]).real, abs(state.data[0]) ** 2]
        assert np.allclose(result.values[0].value[row], exact, atol=5 * 1.5 / 100)
    single = run(circuit.assign_parameters(values[0]), observables[1], device=estimator)
    assert single.values[0].shape == ()
    assert "its own values" in str(single)


def test_layout_is_applied_to_observables(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    from qiskit_ibm_runtime.executor_estimator import Estimator
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    circuit = chain_circuit(3, seed=3)
    observable = SparsePauliOp("IIZ")
    estimator = Estimator(mode=FakeManilaV2())
    result = run(circuit, observable, device=estimator, shots=4000)
    exact = Statevector(circuit).expectation_value(observable).real
    assert result.circuits[0].num_qubits == 5
    assert abs(result.values[0].value - exact) < 0.15


def test_what_an_estimator_cannot_give() -> None:
    circuit = QuantumCircuit(13)
    with pytest.raises(qtn.ArgumentError, match=r"is an estimator and gives no counts"):
        run(circuit, device=StatevectorEstimator())
    with pytest.raises(qtn.ArgumentError, match=r"product of 13 projectors"):
        run(circuit, SparseObservable.from_label("0" * 13), device=StatevectorEstimator())
    result = run(QuantumCircuit(1), SparsePauliOp("Z"), device=StatevectorEstimator())
    with pytest.raises(qtn.ArgumentError, match=r"gives values and no counts"):
        result.counts()
    with pytest.raises(qtn.ArgumentError, match=r"gives values and no counts"):
        _ = result.bits


class Elsewhere(StatevectorEstimator):
    """Stands for an estimator of a provider: its module is none of those that compute here."""

    def __init__(self) -> None:
        super().__init__(seed=1)
        self.calls = 0

    def run(self, *args: Any, **options: Any) -> Any:
        self.calls += 1
        return super().run(*args, **options)


class TestTerms:
    """What is asked of a run is kept or refused, never ignored."""

    def test_budget_and_dry_run_of_one_that_computes_here(
        self, chain_circuit: Callable[..., QuantumCircuit]
    ) -> None:
        circuit = chain_circuit(3, free=True)
        work = (circuit, np.zeros((4, 3)))
        observables = [SparsePauliOp("ZZI"), SparsePauliOp("IXX"), SparsePauliOp("IIZ")]
        estimator = TensorEstimator()
        plan = run(work, observables, device=estimator, shots=100, dry_run=True)
        assert (plan.circuits, plan.shots) == (8, 800)  # two bases, four bindings
        assert plan.two_qubit_gates == 2
        with pytest.raises(qtn.BudgetError, match=r"takes 800 shots, but the budget allows 799"):
            run(work, observables, device=estimator, shots=100, budget=Budget(shots=799))
        result = run(work, observables, device=estimator, shots=100, budget=Budget(shots=800))
        assert result.values[0].shape == (4, 3)

    @pytest.mark.parametrize("terms", [{"budget": Budget(shots=1)}, {"dry_run": True}])
    def test_budget_and_dry_run_of_one_elsewhere(self, terms: dict[str, Any]) -> None:
        estimator = Elsewhere()
        with pytest.raises(qtn.ArgumentError, match=r"`budget` and `dry_run` .* take a sampler"):
            run(QuantumCircuit(1), SparsePauliOp("Z"), device=estimator, ledger=False, **terms)
        assert estimator.calls == 0

    def test_not_recorded_without_the_users_word(self, tmp_path: Path) -> None:
        estimator = Elsewhere()
        with pytest.raises(qtn.ArgumentError, match=r"Accept that with ledger=False"):
            run(QuantumCircuit(1), SparsePauliOp("Z"), device=estimator)
        with pytest.raises(qtn.ArgumentError, match=r"`ledger` cannot record Elsewhere"):
            run(QuantumCircuit(1), SparsePauliOp("Z"), device=estimator, ledger=tmp_path)
        with (
            ThreadPoolExecutor(1) as pool,
            pytest.raises(qtn.ArgumentError, match=r"`executor` is for simulations"),
        ):
            run(QuantumCircuit(1), SparsePauliOp("Z"), device=estimator, executor=pool)
        assert estimator.calls == 0
        run(QuantumCircuit(1), SparsePauliOp("Z"), device=estimator, ledger=False)
        assert estimator.calls == 1
