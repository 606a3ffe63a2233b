"""Operator backpropagation: the same values, never a worse forecast, rigorous bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
from qtn.errors import ArgumentError
from qtn.mitigation import ShotBudget, backpropagate


def kicked(n, steps, angle=0.4):
    circuit = QuantumCircuit(n)
    for _ in range(steps):
        for qubit in range(n):
            circuit.rx(angle, qubit)
        for start in (0, 1):
            for qubit in range(start, n - 1, 2):
                circuit.rzz(-np.pi / 2, qubit, qubit + 1)
    return circuit


def value(circuit, observable):
    return float(Statevector(circuit).expectation_value(observable).real)


@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from(["IZIZI", "XIIII", "ZZZZZ"]))
@settings(max_examples=15, deadline=None)
def test_values_stay_what_they_are(seed, steps, label):
    rng = np.random.default_rng(seed)
    circuit = kicked(5, steps, float(rng.uniform(0, 2)))
    found = backpropagate(circuit, label)
    assert found.errors[0] < 1e-12
    assert value(found.circuit, found.observable) == pytest.approx(
        value(circuit, SparsePauliOp(label)), abs=1e-10
    )
    assert found.gain >= 1
    assert found.gates[1] <= found.gates[0]


def test_noise_decides_how_far():
    circuit = kicked(6, 4)
    quiet = backpropagate(circuit, "IIZIII", device="aer")
    noisy = backpropagate(circuit, "IIZIII")
    assert quiet.gain >= 1
    assert noisy.layers >= quiet.layers
    assert noisy.gates[1] < noisy.gates[0]
    assert noisy.depths[1] < noisy.depths[0]


def test_clifford_layers_cost_nothing():
    circuit = QuantumCircuit(3)
    circuit.ry(0.3, 0)
    for _ in range(4):
        circuit.h(0)
        circuit.cx(0, 1)
        circuit.cx(1, 2)
    found = backpropagate(circuit, {"ZZI": 0.5, "IXX": 2.0})
    assert found.layers == 8
    assert found.gates == (8, 0)
    assert found.groups <= 2


def test_dropped_strings_are_within_their_bound():
    circuit, label = kicked(8, 4, 0.1), "IIIZIIII"
    exact = value(circuit, SparsePauliOp(label))
    whole = backpropagate(circuit, label, max_terms=10, shots=100)
    cut = backpropagate(circuit, label, max_terms=10, error=0.2, shots=100)
    assert len(cut.observable) <= 10
    assert 0 < cut.errors[0] <= 0.2
    assert cut.layers > whole.layers
    assert abs(value(cut.circuit, cut.observable) - exact) <= cut.errors[0] + 1e-12


def test_bases_stay_within_their_budget():
    circuit = kicked(6, 3, 0.9)
    for groups in (1, 2, 5):
        found = backpropagate(circuit, "IIZIII", max_groups=groups, error=0.3, shots=100)
        assert found.groups <= groups
        assert found.errors[0] <= 0.3
        exact = value(circuit, SparsePauliOp("IIZIII"))
        assert abs(value(found.circuit, found.observable) - exact) <= found.errors[0] + 1e-12


def test_several_observables_and_constants():
    circuit = kicked(4, 2)
    wanted = [SparsePauliOp(["IIIZ", "IIII"], [1.0, 0.25]), "ZIII", {"IIII": 2.0}, "0000"]
    found = backpropagate(circuit, wanted)
    assert not found.single
    assert len(found.observable) == 4
    state = Statevector(circuit)
    exact = [
        float(state.expectation_value(wanted[0]).real),
        value(circuit, SparsePauliOp("ZIII")),
        2.0,
        float(abs(state.data[0]) ** 2),
    ]
    values = [value(found.circuit, one) for one in found.observable]
    np.testing.assert_allclose(values, exact, atol=1e-10)


def test_mitigate_takes_what_it_gives():
    circuit = kicked(3, 2)
    found = backpropagate(circuit, "IZI", device="FakeManilaV2")
    estimate = qtn.mitigate(
        found.circuit, found.observable, [qtn.Readout()], device="FakeManilaV2",
        shots=ShotBudget(4000), progress=False,
    )  # fmt: skip
    exact = value(circuit, SparsePauliOp("IZI"))
    assert abs(estimate.value - exact) < 5 * estimate.stderr + 0.05


def test_it_says_what_it_did():
    found = backpropagate(kicked(4, 2), "IZII")
    assert "layers into" in repr(found)
    assert "two-qubit depth" in str(found)
    assert found.strings == len(found.observable)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_terms": 0}, "`max_terms`"),
        ({"max_groups": 0}, "`max_groups`"),
        ({"error": -0.1}, "`error`"),
        ({"shots": 0}, "`shots`"),
        ({"observables": "ZZ"}, "2"),
        ({"circuit": 3}, "`circuit`"),
    ],
)
def test_bad_arguments_are_refused(options, text):
    given_ = {"circuit": kicked(3, 1), "observables": "ZZZ"} | options
    with pytest.raises(ArgumentError, match=text):
        backpropagate(**given_)


def test_a_circuit_without_gates_stays():
    found = backpropagate(QuantumCircuit(2), "ZI")
    assert (found.layers, found.gates, found.gain) == (0, (0, 0), 1.0)
