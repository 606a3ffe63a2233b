from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from qiskit import QuantumCircuit

from qtn.mitigation import LayerNoise, NoiseLayer
from qtn.mitigation.absorption.noisy_circuit import NoiseStep, noisy_steps
from qtn.mitigation.absorption.pauli_pass import absorb, inverse_frame, on_qubits
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum, generators_of
from qtn.states.pauli_sums.frames import conjugate

TERMS = (Term(0.7, ((0, "Z"), (3, "Z"))), Term(0.5, ((1, "X"),)), Term(-0.2, ((2, "Y"),)))


def mitigated(steps, n: int, max_terms: int):
    """Bias of the absorbing observable, with what is said about it."""
    asked = PauliSum.from_terms(TERMS, n)
    ideal = exact.value(exact.state(n, steps, noisy=False), asked.labels(), asked.coefficients)
    rho = exact.state(n, steps)
    raw = exact.value(rho, asked.labels(), asked.coefficients)
    found = absorb(asked, steps, max_terms=max_terms)
    added = exact.value(rho, found.added.labels(), found.added.coefficients)
    return raw - ideal, raw + added - ideal, found


def test_without_cuts_the_value_is_the_ideal_one():
    circuit = exact.circuit()
    raw, bias, found = mitigated(noisy_steps(circuit, exact.noise(circuit)), 4, 10**6)
    assert abs(raw) > 0.03
    assert abs(bias) < 1e-13
    assert found.bound < 1e-13


@pytest.mark.parametrize("max_terms", [8, 20, 60, 150])
def test_the_bound_holds_what_was_cut(max_terms):
    for seed in range(3):
        circuit = exact.circuit(layers=3)
        steps = noisy_steps(circuit, exact.noise(circuit, seed=seed))
        _, bias, found = mitigated(steps, 4, max_terms)
        assert 1e-9 < abs(bias) <= found.bound
        assert 0 < found.spread <= found.bound
        assert len(found.added) <= max_terms


def test_crosstalk_and_idle_noise_are_absorbed_too():
    circuit = QuantumCircuit(4)
    for _ in range(2):
        circuit.rx(0.5, range(4))
        circuit.cz(0, 1)
        circuit.barrier()
    terms = {((1, "Z"), (2, "X")): 2e-2, ((3, "X"),): 3e-2, ((0, "X"), (1, "X"), (3, "Y")): 1e-2}
    steps = noisy_steps(circuit, LayerNoise((NoiseLayer((("cz", (0, 1)),), terms),)))
    raw, bias, _ = mitigated(steps, 4, 10**6)
    assert abs(raw) > 0.01
    assert abs(bias) < 1e-13


def test_clifford_circuits_only_scale_their_strings():
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    steps = noisy_steps(circuit, exact.noise(circuit))
    asked = PauliSum.from_terms([Term(1.0, ((0, "X"), (1, "X"), (2, "X")))], 3)
    found = absorb(asked, steps, max_terms=5)
    assert found.added.labels() == ["XXX"]
    assert found.bound == 0
    value = exact.value(exact.state(3, steps), ["XXX"], np.array([1.0]))
    assert value * (1 + found.added.coefficients[0]) == pytest.approx(1, abs=1e-13)


def test_circuits_without_noise_add_nothing():
    circuit = exact.circuit()
    steps = [s for s in noisy_steps(circuit, exact.noise(circuit)) if not isinstance(s, NoiseStep)]
    for part in (steps, []):
        found = absorb(PauliSum.from_terms(TERMS, 4), part, max_terms=3)
        assert len(found.added) == 0
        assert found.bound == 0


def test_the_inverse_frame_undoes_the_frame():
    circuit = exact.circuit(n=4)
    gates = [(s.qubits, s.matrix) for s in noisy_steps(circuit, exact.noise(circuit, 0.0))]
    made = generators_of(4, gates)
    total = PauliSum.from_terms(TERMS, 4)
    x, z, values = total.x.copy(), total.z.copy(), total.coefficients.copy()
    conjugate(made.frame, x, z, values)
    assert PauliSum(x, z, values, 4).labels() != total.labels()
    conjugate(inverse_frame(made), x, z, values)
    assert (x == total.x).all()
    assert (z == total.z).all()
    assert (values == total.coefficients).all()


def test_qubits_are_those_that_are_touched():
    circuit = QuantumCircuit(90)
    circuit.cx(80, 70)
    steps = noisy_steps(circuit, exact.noise(circuit))
    total, local, qubits = on_qubits([Term(1.0, ((1, "Z"),))], [70, 85], steps)
    assert qubits == (70, 80, 85)
    assert total.labels() == ["ZII"]
    assert local[1].qubits == (1, 0)
    assert {q for term in local[0].terms for q, _ in term} == {0, 1}
