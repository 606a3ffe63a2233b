from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Pauli

from qtn.errors import ArgumentError
from qtn.mitigation import PauliNoise
from qtn.mitigation.noise_forms.sides import behind, gate_terms, in_front, layer_of
from qtn.mitigation.values.pauli_noise import PAIRS

GATES = (("cx", (2, 0)), ("ecr", (1, 3)))


def as_matrix(term):
    label = ["I"] * 4
    for qubit, letter in term:
        label[3 - qubit] = letter
    return Pauli("".join(label)).to_matrix()


@pytest.mark.parametrize("letters", ["XZYI", "IIIY", "ZXXZ"])
def test_a_term_behind_the_gates_is_its_image(letters):
    circuit = QuantumCircuit(4)
    circuit.cx(2, 0)
    circuit.ecr(1, 3)
    u = Operator(circuit).data
    term = tuple((q, a) for q, a in enumerate(letters) if a != "I")
    (moved,) = behind({term: 0.1}, GATES)
    overlap = np.trace(as_matrix(moved) @ u @ as_matrix(term) @ u.conj().T) / 16
    assert abs(overlap) == pytest.approx(1)
    assert in_front(behind({term: 0.1}, GATES), GATES) == {term: 0.1}


def test_gates_that_are_not_clifford_are_refused():
    with pytest.raises(ArgumentError, match='Give noise with site="before"'):
        behind({((0, "X"),): 1.0}, [("rzz", (0, 1))])
    with pytest.raises(ArgumentError, match='Give noise with site="before"'):
        in_front({((0, "X"),): 1.0}, [("csx", (0, 1))])
    assert behind({((5, "X"),): 1.0}, [("rzz", (0, 1))]) == {((5, "X"),): 1.0}


def test_terms_of_gates_follow_the_order_of_their_qubits():
    rates = np.zeros(15)
    rates[PAIRS.index(("X", "Z"))] = 0.1
    noise = PauliNoise({("cx", (4, 1)): rates, ("cz", (2, 3)): np.arange(15.0)})
    assert gate_terms(noise, ("cx", (4, 1))) == {((1, "Z"), (4, "X")): 0.1}
    layer = layer_of(noise, [("cx", (4, 1)), ("cz", (3, 2))])
    assert layer.rates(("cz", (2, 3))) == pytest.approx(np.arange(15.0))
