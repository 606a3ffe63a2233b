"""Joules on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

import qtn
from qtn.devices import transpile_for
from qtn.reports.joules.balance import energy


def ghz(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.h(0)
    for k in range(n - 1):
        circuit.cx(k, k + 1)
    return circuit


def test_an_assumed_device_follows_its_formulas() -> None:
    assume = {"two_qubit_error": 0.01, "gate_seconds": 1e-6, "shot_delay": 1e-3, "job_seconds": 1.0}
    use = energy(ghz(4), shots=100, assume=assume | {"device_power": 100.0})
    assert use.device_fidelity == pytest.approx(0.99**3)
    assert use.device_seconds == pytest.approx(1.0 + 100 * (1e-3 + 3e-6))
    assert use.device_joules == pytest.approx(100.0 * use.device_seconds)
    assert use.bond == 2
    assert use.emulated_joules == pytest.approx(use.emulated_seconds * 10.0 * 1.58)
    assert use.greener == "emulation"
    assert use.ratio > 1.0


def test_joules_are_in_proportion_to_powers_and_shots() -> None:
    one = energy(ghz(3), shots=1000, assume={"job_seconds": 0.0})
    two = energy(ghz(3), shots=2000, assume={"job_seconds": 0.0, "device_power": 5e4})
    assert two.device_joules == pytest.approx(4 * one.device_joules)
    cheap = energy(ghz(3), shots=1000, assume={"device_power": 1e-9})
    assert cheap.greener == "device"


def test_a_device_tells_errors_and_durations() -> None:
    use = energy(ghz(4), device="FakeManilaV2", shots=1000)
    ready = transpile_for(ghz(4), "FakeManilaV2")
    assert use.parts[0].two_qubit_gates == ready.two_qubit_gates
    assert 0.9 < use.device_fidelity < 1.0
    assert 2.0 + 0.25 < use.device_seconds < 2.0 + 0.26


def test_a_deployed_model_takes_all_its_circuits_and_rows() -> None:
    data = qtn.load_digits(size=2, seed=0)
    model = qtn.MPSClassifier(bond=2, epochs=2).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(model, qtn.Staircase(layers=1), device="FakeManilaV2", shots=64)
    use = energy(quantum, x=data.x_test[:3])
    assert len(use.parts) == 2
    assert use.parts[0].executions == 3 * 64
    assert use.device == "fake_manila"
    with pytest.raises(qtn.ArgumentError, match="binds its circuits to rows"):
        energy(quantum)


def test_every_basis_counts() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(30, 2))
    fitted = qtn.TTNRegressor(bond=2, epochs=2, features="trigonometric").fit(x, x[:, 0])
    quantum = qtn.deploy(fitted, qtn.Staircase(layers=1), shots=500)
    use = energy(quantum, x=x[:4], device="FakeTorino")
    assert sum(part.executions for part in use.parts) == quantum.plan(x[:4]).shots == 4 * 2 * 500


def test_a_born_machine_runs_once_for_all_rows() -> None:
    bits = np.random.default_rng(0).integers(2, size=(50, 4))
    born = qtn.deploy(
        qtn.MPSBornMachine(bond=2, sweeps=2).fit(bits), shots=100, device="FakeManilaV2"
    )
    use = energy(born, x=bits[:10])
    assert sum(p.executions for p in use.parts) == 100


def test_what_has_no_bond_is_undecided() -> None:
    rng, circuit = np.random.default_rng(0), QuantumCircuit(10)
    for layer in range(10):
        for qubit in range(10):
            circuit.ry(rng.normal(), qubit)
        for qubit in range(layer % 2, 9, 2):
            circuit.cx(qubit, qubit + 1)
    use = energy(circuit, shots=10, max_bond=2)
    assert not use.reached
    assert use.greener == "undecided"
    assert "at least" in repr(use)
    assert ">= 2" in str(use)


def test_bad_calls() -> None:
    free = QuantumCircuit(1)
    free.ry(Parameter("a"), 0)
    with pytest.raises(qtn.ArgumentError, match="unbound parameter"):
        energy(free)
    with pytest.raises(qtn.ArgumentError, match="`x` is for deployed models"):
        energy(ghz(2), x=[[0.1]])
    with pytest.raises(qtn.ArgumentError, match="tells no error rates"):
        energy(ghz(2), device="aer")
    with pytest.raises(qtn.ArgumentError, match="max_bond"):
        energy(ghz(2), max_bond=0)
    with pytest.raises(qtn.ArgumentError, match="circuit"):
        energy(7)
