from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit

from qtn.devices import transpile_for
from qtn.interop.observables import parse_observable
from qtn.mitigation import PNA, PauliNoise, learn_noise, mitigate
from qtn.mitigation.absorption.doubts import GROUPS, Doubts, anticommuting
from qtn.mitigation.absorption.noisy_circuit import NoiseStep, noisy_steps
from qtn.mitigation.absorption.pauli_pass import on_qubits
from qtn.mitigation.values.pauli_noise import PAIRS, gates_of
from qtn.states.operators import Observable, Term

GATE = "cx", (0, 1)
ERROR = 0.03


def kicked(n: int = 3, layers: int = 2) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(layers):
        circuit.rx(0.35, range(n))
        for q in range(n - 1):
            circuit.cx(q, q + 1)
    return circuit


def test_in_clifford_circuits_the_slopes_are_those_of_the_value():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    circuit.cx(0, 1)
    covariance = np.diag(np.linspace(1e-4, 2e-4, 15))
    noise = PauliNoise({GATE: np.full(15, 1e-3)}, covariances={GATE: covariance})
    found = Doubts.of(circuit, noise).about(parse_observable("ZI", 2), (0, 1))
    # Z on qubit 1 is Z on both before the last gate and Z on qubit 1 again before the first
    both = np.array([sum(a in "XY" for a in pair) % 2 for pair in PAIRS])
    second = np.array([pair[1] in "XY" for pair in PAIRS])
    slope = 2 * (both + second.astype(float))
    assert found.covariance[0, 0] == pytest.approx(slope @ covariance @ slope)
    variance = found.variance({((1, "Z"),): np.array([0.5, 1.0])})
    assert variance == pytest.approx(found.covariance[0, 0] * np.array([0.25, 1.0]))


def test_shares_are_those_of_the_squared_coefficients():
    circuit = QuantumCircuit(1)
    circuit.rx(0.7, 0)
    steps = noisy_steps(circuit, PauliNoise({}))
    steps.insert(0, NoiseStep({((0, a),): 1e-3 for a in "XYZ"}))
    total, local, _ = on_qubits((Term(3.0, ((0, "Z"),)),), (0,), steps)
    # Z is taken back to cos Z ± sin Y
    expected = [1.0, np.cos(0.7) ** 2, np.sin(0.7) ** 2]
    assert anticommuting(total, local) == pytest.approx(expected)


def test_qubits_without_noise_and_constants_have_no_doubt():
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    noise = PauliNoise({GATE: np.full(15, 1e-3)}, covariances={GATE: np.eye(15)})
    doubts = Doubts.of(circuit, noise)
    assert doubts.about(parse_observable("ZII", 3), (0, 1, 2)).covariance.tolist() == [[0.0]]
    constant = doubts.about(parse_observable("III", 3), (0, 1, 2))
    assert constant.variance({}).tolist() == [0.0]


def test_many_terms_are_taken_in_groups_and_each_is_in_one():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    noise = PauliNoise({GATE: np.full(15, 1e-3)}, covariances={GATE: np.eye(15)})
    terms = tuple(Term(1.0, ((0, "Z"),)) for _ in range(GROUPS + 5))
    found = Doubts.of(circuit, noise).about(Observable(2, 0.0, terms, ()), (0, 1))
    assert len(found.groups) == GROUPS
    assert sum(map(len, found.groups)) == len(terms)


def test_two_standard_errors_cover_what_few_learning_shots_leave_open():
    device = chain(3, gate=ERROR)
    native = transpile_for(kicked(), device)
    rate = -np.log(1 - ERROR) / 16
    true = PauliNoise({key: np.full(15, rate) for key in gates_of(native.circuit)})
    steps = noisy_steps(native.circuit, true)
    noisy, clean = exact.state(3, steps), exact.state(3, steps, noisy=False)
    inside = []
    for seed in range(10):
        model = learn_noise(native, device=device, shots=40, depths=(2, 12), copies=2, seed=seed)
        doubts = Doubts.of(native.circuit, model)
        for label in ("IIZ", "IZZ", "ZII", "ZZZ"):
            asked = parse_observable(label, 3)
            terms = PNA(model).dressing(native, asked).observable.terms
            values = {
                t.factors: t.coefficient
                * np.array([exact.value(noisy, [exact.label(t.factors, 3)], np.ones(1))])
                for t in terms
            }
            off = sum(v[0] for v in values.values()) - exact.value(clean, [label], np.ones(1))
            stderr = np.sqrt(doubts.about(asked, native.qubits).variance(values)[0])
            assert 1e-3 < stderr < 0.05
            inside.append(abs(off) < 2 * stderr)
    assert np.mean(inside) >= 0.9


def test_errors_of_the_model_are_part_of_the_standard_error():
    device = chain(2, gate=ERROR)
    native = transpile_for(kicked(2), device)
    rates = {key: np.full(15, 2e-3) for key in gates_of(native.circuit)}
    sure, unsure = (
        PauliNoise(rates, covariances={key: size * np.eye(15) for key in rates})
        for size in (0.0, 1e-5)
    )
    found = [
        mitigate(native, "ZZ", PNA(n), device=device, shots=2000, progress=False)
        for n in (sure, unsure)
    ]
    assert found[0].value == found[1].value
    assert found[1].stderr > found[0].stderr + 1e-3
