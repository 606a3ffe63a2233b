"""Estimators as devices."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from devices.cloud import Killed, Service, cloud
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector
from qiskit_ibm_runtime.executor_estimator import Estimator

import qtn
from qtn.devices import Budget, Device, Ledger, export, resume, run
from qtn.devices.tensor.primitives import TensorEstimator


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
    def test_budget_and_dry_run_of_one_elsewhere(
        self, terms: dict[str, Any], tmp_path: Path
    ) -> None:
        service = Service()
        with pytest.raises(qtn.ArgumentError, match=r"`budget` and `dry_run` .* take a sampler"):
            run(
                QuantumCircuit(1),
                SparsePauliOp("Z"),
                device=cloud(Estimator, service),
                ledger=tmp_path,
                **terms,
            )
        assert not service.accepted

    def test_no_executor(self) -> None:
        with (
            ThreadPoolExecutor(1) as pool,
            pytest.raises(qtn.ArgumentError, match=r"`executor` is for simulations"),
        ):
            run(QuantumCircuit(1), SparsePauliOp("Z"), device=TensorEstimator(), executor=pool)


class TestRecorded:
    """An estimator elsewhere is paid for like a sampler: its jobs are recorded like one's."""

    def go(self, service: Service, ledger: Path, dies: str = "", **options: Any) -> Any:
        estimator = cloud(Estimator, service, dies)
        for name, value in options.items():
            setattr(estimator.options, name, value)
        bell = QuantumCircuit(2)
        bell.ry(Parameter("a"), 0)
        bell.cx(0, 1)
        observables = [SparsePauliOp(["ZZ", "XX"], [0.5, 0.5]), SparseObservable.from_label("0I")]
        device = Device(estimator, reads=3, first_wait=0.001)
        angles = np.array([[0.0], [np.pi / 2]])
        return run((bell, angles), observables, device=device, shots=2000, ledger=ledger)

    @pytest.mark.parametrize("dies", ["", "before", "after"])
    def test_exactly_once(self, tmp_path: Path, dies: str) -> None:
        service = Service()
        if dies:
            with pytest.raises(Killed):
                self.go(service, tmp_path, dies)
        if dies == "before":  # a service's search may lag, so only the user's word submits
            book = Ledger(tmp_path)
            with pytest.raises(qtn.DeviceError, match=r"may or may not have reached"):
                self.go(service, tmp_path)
            estimator = cloud(Estimator, service)
            resume(book.runs()[0].id, estimator, ledger=tmp_path, resubmit=True)
        result = self.go(service, tmp_path)
        assert len(service.accepted) == 1
        exact = [[0.5, 1.0], [1.0, 0.5]]
        assert np.allclose(result.values[0].value, exact, atol=0.2)
        again = self.go(service, tmp_path)
        assert np.array_equal(again.values[0].value, result.values[0].value)
        assert np.array_equal(again.values[0].stderr, result.values[0].stderr)
        assert again.values[0].method == "CloudEstimator"
        assert len(service.accepted) == 1

    def test_other_options_are_another_request(self, tmp_path: Path) -> None:
        service = Service()
        self.go(service, tmp_path)
        self.go(service, tmp_path, resilience_level=0)
        assert len(service.accepted) == 2
        plans = [r.plan["options"] for r in Ledger(tmp_path).runs()]
        assert '"resilience_level": 0' in plans[0]
        assert '"resilience_level": 1' in plans[1]

    def test_exported(self, tmp_path: Path) -> None:
        result = self.go(Service(), tmp_path)
        written = export(Ledger(tmp_path).runs()[0].id, tmp_path / "run.json", ledger=tmp_path)
        (job,) = json.loads(written.read_text())["jobs"]
        assert np.allclose(job["values"][0]["value"], result.values[0].value)


class Short(StatevectorEstimator):
    """Answers for fewer circuits than it was asked."""

    def _run(self, pubs: Any) -> Any:
        return super()._run(pubs[:-1])


def test_partial_results_are_not_used(tmp_path: Path) -> None:
    device = Device(Short(), reads=2, first_wait=0.001)
    with pytest.raises(qtn.DeviceError, match=r"returned 1 results for 2 circuits"):
        run([QuantumCircuit(1)] * 2, SparsePauliOp("Z"), device=device, ledger=tmp_path)
