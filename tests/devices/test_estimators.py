"""Estimators as devices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

import qtn
from qtn.devices import run
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
