from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.errors import ArgumentError
from qtn.mitigation import LayerNoise, NoiseLayer
from qtn.mitigation.noise_forms.layers import checked_term, layers_of, levels, shown_terms
from qtn.mitigation.values.pauli_noise import PAIRS

PAIR = (("cz", (0, 1)), ("cz", (2, 3)))
INSIDE = {((0, "X"), (1, "Z")): 2e-3, ((3, "Y"),): 1e-3}
ACROSS = {((1, "Z"), (2, "Z")): 3e-3, ((5, "Z"),): 4e-3}


def test_terms_outside_pairs_are_crosstalk_and_named_when_gates_are_asked_for():
    noise = LayerNoise((NoiseLayer(PAIR, INSIDE | ACROSS),))
    assert noise.crosstalk == ACROSS
    with pytest.raises(ArgumentError, match=r"outside the pairs of its gates: Z1 Z2, Z5\. A model"):
        noise.per_gate()


def test_without_crosstalk_the_gates_have_the_rates():
    gates = LayerNoise((NoiseLayer(PAIR, INSIDE),), "here").per_gate()
    assert gates.of("cz", (0, 1))[PAIRS.index(("X", "Z"))] == 2e-3
    assert gates.of("cz", (3, 2))[PAIRS.index(("Y", "I"))] == 1e-3
    assert sum(rates.sum() for rates in gates.rates.values()) == pytest.approx(3e-3)
    assert gates.device == "here"


def test_a_gate_with_other_noise_elsewhere_is_named():
    other = NoiseLayer(PAIR[:1], {((0, "Z"),): 1e-3})
    with pytest.raises(ArgumentError, match=r"noise of \{cz\[0, 1\]\} differs between layers"):
        LayerNoise((NoiseLayer(PAIR, INSIDE), other)).per_gate()


def test_layers_are_found_whatever_the_order_of_symmetric_gates():
    noise = LayerNoise((NoiseLayer(PAIR, INSIDE),))
    assert noise.of([("cz", (3, 2)), ("cz", (0, 1))]) is noise.layers[0]
    with pytest.raises(ArgumentError, match=r"does not hold the layer \{cx\[0, 1\]\}, only \{cz"):
        noise.of([("cx", (0, 1))])


def test_two_layers_with_the_same_gates_and_negative_rates_are_refused():
    layer = NoiseLayer(PAIR, INSIDE)
    with pytest.raises(ArgumentError, match=r"holds the layer \{cz\[0, 1\], cz\[2, 3\]\} twice"):
        LayerNoise((layer, NoiseLayer(PAIR[::-1], {})))
    with pytest.raises(ArgumentError, match="`rate of Z0` must be"):
        LayerNoise((NoiseLayer(PAIR, {((0, "Z"),): -1e-3}),))


def test_a_circuit_falls_into_layers_as_soon_as_possible_and_at_barriers():
    circuit = QuantumCircuit(4)
    circuit.cz(0, 1)
    circuit.cz(1, 2)
    circuit.cx(3, 0)
    assert layers_of(circuit) == [(("cz", (0, 1)),), (("cz", (1, 2)), ("cx", (3, 0)))]
    circuit = QuantumCircuit(4)
    circuit.cz(0, 1)
    circuit.sx(3)
    circuit.barrier()
    circuit.cz(2, 3)
    assert layers_of(circuit) == [(("cz", (0, 1)),), (("cz", (2, 3)),)]
    assert levels(circuit) == [0, 0, 1, 1]


def test_saved_layers_come_back(tmp_path):
    noise = LayerNoise((NoiseLayer(PAIR, INSIDE | ACROSS), NoiseLayer(PAIR[:1], {})), "here")
    qtn.save(noise, tmp_path / "noise.qtn")
    again = qtn.load(tmp_path / "noise.qtn")
    assert [(a.gates, a.terms) for a in again.layers] == [(a.gates, a.terms) for a in noise.layers]
    assert again.device == "here"
    assert repr(again) == "LayerNoise(2 layers of here, 4 terms, 2 of crosstalk)"
    assert repr(noise.layers[0]) == "NoiseLayer(cz[0, 1], cz[2, 3]: 4 terms)"


def test_files_that_do_not_fit_are_refused():
    arrays, header = LayerNoise((NoiseLayer(PAIR, INSIDE),)).pack()
    with pytest.raises(ArgumentError, match="`rates` must be one number per term"):
        LayerNoise.unpack({"rates": np.zeros(1)}, header)
    header["layers"][0]["gates"][0][1] = [1, 1]
    with pytest.raises(ArgumentError, match="`gate` must be a name and two different qubits"):
        LayerNoise.unpack(arrays, header)


def test_terms_are_checked_and_shortened():
    assert checked_term([(3, "X"), (1, "I"), (0, "Z")]) == ((0, "Z"), (3, "X"))
    with pytest.raises(ArgumentError, match="letters X, Y, Z on different qubits"):
        checked_term([(0, "X"), (0, "Z")])
    with pytest.raises(ArgumentError, match="other than the identity"):
        checked_term([(0, "I")])
    assert shown_terms([((q, "X"),) for q in range(9)]) == "X0, X1, X2, X3, X4, X5 and 3 more"
