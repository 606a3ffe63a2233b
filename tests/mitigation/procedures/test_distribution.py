"""Mitigated distributions on noisy devices."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector

from qtn.devices import Budget, transpile_for
from qtn.errors import ArgumentError, BudgetError
from qtn.mitigation import PauliNoise, calibrate_readout, learn_noise, mitigate_distribution
from qtn.mitigation.procedures.distribution import _widened
from qtn.mitigation.unfolding.solved import Answer

DEVICE = "FakeManilaV2"


def ghz(n):
    circuit = QuantumCircuit(n)
    circuit.h(0)
    for qubit in range(n - 1):
        circuit.cx(qubit, qubit + 1)
    return circuit


def ideal_of(circuit):
    return np.abs(Statevector(circuit).data) ** 2


def test_a_cat_state_is_unfolded():
    native = transpile_for(ghz(4), DEVICE)
    noise = learn_noise(native, device=DEVICE, shots=400, depths=(2, 24), copies=2)
    found = mitigate_distribution(native, noise, device=DEVICE, shots=6400, seed=2)
    ideal = ideal_of(ghz(4))
    assert found.fidelity(ideal, raw=True) < 0.94
    assert found.fidelity(ideal) > 0.98
    assert found.shots == 3 * 6400
    assert found.method == "unfolded"
    assert found.probabilities.sum() == pytest.approx(1)
    value = found.probability("1111")
    assert abs(value.value - 0.5) < 5 * value.stderr
    again = mitigate_distribution(native, noise, device=DEVICE, shots=6400, seed=2)
    np.testing.assert_array_equal(again.probabilities, found.probabilities)
    np.testing.assert_array_equal(again.stderr, found.stderr)


def test_branching_faults_are_checked_at_doubled_noise():
    circuit = QuantumCircuit(3)
    for qubit, angle in enumerate((0.4, 1.1, 0.7)):
        circuit.ry(angle, qubit)
    circuit.cx(0, 1)
    circuit.ry(0.9, 1)
    circuit.cx(1, 2)
    circuit.ry(0.5, 2)
    native = transpile_for(circuit, DEVICE)
    noise = learn_noise(native, device=DEVICE, shots=400, depths=(2, 24), copies=2)
    readout = calibrate_readout(DEVICE, native.qubits, 20_000)
    found = mitigate_distribution(
        native, noise, device=DEVICE, shots=6400, calibration=readout, seed=1
    )
    ideal = ideal_of(circuit)
    assert "doubled noise" in found.method
    assert found.shots == 2 * 6400
    assert found.fidelity(ideal) > max(0.995, found.fidelity(ideal, raw=True))
    deviations = (found.probabilities - ideal[found.strings.astype(int)]) / found.stderr
    assert np.all(np.abs(deviations) < 5)


def test_one_qubit_gates_need_no_model():
    circuit = QuantumCircuit(2)
    circuit.x(0)
    found = mitigate_distribution(circuit, device=DEVICE, shots=2000)
    assert found.probability("01").value > 0.99
    assert found.shots == 3 * 2048 - 2 * 48  # copies get equal shares


def test_without_noise_frequencies_stay_what_they_are():
    circuit = QuantumCircuit(1)
    circuit.x(0)
    found = mitigate_distribution(circuit, device="aer", shots=640)
    assert found.to_dict() == {"1": 1.0}


def test_measurements_at_the_end_change_nothing():
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.measure_all()
    assert mitigate_distribution(circuit, device="aer", shots=64).to_dict() == {"1": 1.0}


def free():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a"), 0)
    return circuit


def with_reset():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.reset(0)
    return circuit


def measured(qubits, bits):
    """|011> on qubits 2, 1, 0."""
    circuit = QuantumCircuit(
        QuantumRegister(2), QuantumRegister(1), *map(ClassicalRegister, (1, 2))
    )
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.measure(qubits, bits)
    return circuit


@pytest.mark.parametrize(
    ("qubits", "bits", "text"),
    [
        ([0, 1, 2], [2, 1, 0], "110"),
        ([0, 2], [0, 1], "01"),
        ([2, 1], [2, 0], "01"),
        ([2], [1], "0"),
    ],
)
def test_outcomes_are_those_of_the_measured_bits(qubits, bits, text):
    silent = PauliNoise({("cx", pair): np.zeros(15) for pair in permutations(range(5), 2)})
    found = mitigate_distribution(measured(qubits, bits), silent, device=DEVICE, shots=640)
    assert found.n == len(text)
    assert found.probability(text).value > 0.95


@pytest.mark.parametrize(
    ("circuit", "options", "text"),
    [
        (free(), {}, "without free parameters"),
        (QuantumCircuit(64), {}, "has 64 qubits, but distributions are mitigated of 1 to 63"),
        (with_reset(), {}, "holds resets"),
        (measured([0, 0], [0, 1]), {}, "measures every qubit at most once"),
        (transpile_for(measured([0], [0]), DEVICE), {}, "transpiled with it"),
        (ghz(2), {"shots": 0}, "`shots`"),
        (ghz(2), {"noise": 0.1}, "`noise` must be a PauliNoise"),
        (ghz(2), {"calibration": 0.1}, "`calibration` must be a ReadoutCalibration"),
        (ghz(2), {"noise": PauliNoise({})}, "does not hold the gate"),
    ],
)
def test_what_cannot_be_used_is_refused(circuit, options, text):
    with pytest.raises(ArgumentError, match=text):
        mitigate_distribution(circuit, device=DEVICE, **options)


def test_the_budget_holds():
    with pytest.raises(BudgetError):
        mitigate_distribution(ghz(2), device=DEVICE, budget=Budget(shots=10))


def test_the_budget_is_that_of_all_parts_together():
    # Learning takes 18 x 6 circuits of 500 shots, readout 2 of 1,000, and up to two runs of 1,000.
    allowed = Budget(shots=54_000 + 2_000)
    with pytest.raises(BudgetError):
        mitigate_distribution(ghz(2), device=DEVICE, shots=1_000, budget=allowed)
    native = transpile_for(QuantumCircuit(2), DEVICE)
    calibration = calibrate_readout(DEVICE, native.qubits, 1_000)
    known = mitigate_distribution(
        native, device=DEVICE, shots=1_024, calibration=calibration, budget=Budget(shots=2_048)
    )
    assert known.shots <= 2_048


def test_outcomes_at_zero_are_not_known_better_than_their_like():
    strings = np.arange(4, dtype=np.uint64)
    found = Answer(strings, np.array([0.9, 0.06, 0.04, 0.0]), np.full(4, 0.02), np.ones(4) / 4)
    found.stderr[3] = 1e-4
    doubled = replace(found, probabilities=np.array([0.9, 0.0, 0.1, 0.0]))
    error = _widened(found, doubled).stderr
    assert error[0] == pytest.approx(0.02)
    assert error[3] > 0.02
