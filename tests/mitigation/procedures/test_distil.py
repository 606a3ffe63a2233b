from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import DensityMatrix, SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import depolarizing_error

from qtn.errors import ArgumentError, DeviceError
from qtn.interop.observables import parse_observable
from qtn.mitigation import ZNE, Readout, mitigate, virtual_distillation
from qtn.mitigation.procedures.distil import _Outcomes, _ratio, two_copies


def rotated() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.ry(0.4, 1)
    return circuit


OBSERVABLE = SparsePauliOp(["IZ", "ZI", "IX", "YI"], [1.0, 0.5, 0.7, 0.3])


def test_pure_states_keep_their_values():
    exact = DensityMatrix(rotated()).expectation_value(OBSERVABLE).real
    found = virtual_distillation(rotated(), OBSERVABLE, device="aer", shots=20_000)
    assert abs(found.value - exact) < 5 * found.stderr
    assert found.stderr < 0.03


def test_stochastic_noise_is_squared_away():
    # channels inside the copies: the rotations that measure the swap are ideal
    error, shots = 0.3, 40_000
    noisy_circuit = rotated()
    channel = depolarizing_error(error, 1).to_instruction()
    for qubit in (0, 1):
        noisy_circuit.append(channel, [qubit])
    state = DensityMatrix(noisy_circuit)
    squared = state.data @ state.data
    distilled = DensityMatrix(squared / np.trace(squared)).expectation_value(OBSERVABLE).real
    exact = DensityMatrix(rotated()).expectation_value(OBSERVABLE).real
    value, variance = 0.0, 0.0
    parsed = parse_observable(OBSERVABLE, 2)
    for basis in parsed.bases:
        circuit = two_copies(noisy_circuit, basis.letters)
        circuit.measure_all()
        simulator = AerSimulator(method="density_matrix")
        memory = simulator.run(circuit, shots=shots, memory=True, seed_simulator=1).result()
        table = np.array([[c == "1" for c in reversed(m)] for m in memory.get_memory()])
        terms = [parsed.terms[t] for t in basis.terms]
        coefficients = np.array([t.coefficient for t in terms])
        outcomes = _Outcomes.of(table)
        found = _ratio(outcomes, [t.factors[0][0] for t in terms], coefficients, None)
        value, variance = value + found[0], variance + found[1]
    assert abs(value - distilled) < 5 * np.sqrt(variance)
    noisy = state.expectation_value(OBSERVABLE).real
    assert abs(value - exact) < 0.6 * abs(noisy - exact)


def test_what_it_cannot_take_is_refused():
    with pytest.raises(ArgumentError, match="one-qubit Pauli terms"):
        virtual_distillation(rotated(), "ZZ", device="aer")
    free = QuantumCircuit(1)
    free.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="without free parameters"):
        virtual_distillation(free, "Z", device="aer")
    coin = np.random.default_rng(0).random((200, 12)) < 0.5  # six pairs, no purity left
    with pytest.raises(DeviceError, match="cannot tell from 0"):
        _ratio(_Outcomes.of(coin), [0], np.ones(1), None)


def test_a_constant_is_exact():
    found = virtual_distillation(QuantumCircuit(1), SparsePauliOp("I", 0.5), device="aer")
    assert (found.value, found.stderr, found.shots) == (0.5, 0.0, 0)


def test_readout_of_both_copies_is_corrected_with_an_honest_error():
    device = chain(4, readout=(0.02, 0.15))
    exact = DensityMatrix(rotated()).expectation_value(OBSERVABLE).real
    raw = virtual_distillation(rotated(), OBSERVABLE, device=device, shots=10_000)
    runs = [
        virtual_distillation(
            rotated(), OBSERVABLE, Readout(), device=device, shots=10_000, seed=seed
        )
        for seed in range(8)
    ]
    values = np.array([r.value for r in runs])
    assert abs(raw.value - exact) > 4 * raw.stderr
    assert abs(values.mean() - exact) < 4 * runs[0].stderr / np.sqrt(8)
    assert 0.4 < values.std(ddof=1) / runs[0].stderr < 2.0
    assert runs[0].method == "readout + distillation"
    assert runs[0].shots == 2 * 3 * 10_000  # two bases, each with two calibration circuits


def test_other_techniques_do_not_compose_and_are_refused():
    with pytest.raises(ArgumentError, match=r"composes with Readout\(\) alone, but .* zne"):
        virtual_distillation(rotated(), "IZ", [Readout(), ZNE()], device="aer")
    with pytest.raises(ArgumentError, match="but `techniques` holds twirled readout"):
        virtual_distillation(rotated(), "IZ", Readout(method="twirled"), device="aer")
    with pytest.raises(ArgumentError, match="holds Readout twice"):
        virtual_distillation(rotated(), "IZ", [Readout(), Readout()], device="aer")
    with pytest.raises(ArgumentError, match="virtual_distillation is called by itself"):
        mitigate(rotated(), "IZ", [virtual_distillation], device="aer")


@pytest.mark.parametrize("measure", [False, True])
def test_classical_bits_of_the_circuit_change_nothing(measure: bool) -> None:
    circuit = QuantumCircuit(2, 3)
    circuit.x(1)
    if measure:
        circuit.measure([0, 1], [2, 0])
    for label, value in (("ZI", -1.0), ("IZ", 1.0)):
        assert virtual_distillation(circuit, label, device="aer", shots=100).value == value
    circuit.measure(0, 0)
    circuit.x(0)
    with pytest.raises(ArgumentError, match="measures or branches before its end"):
        virtual_distillation(circuit, "ZI", device="aer")
