from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList

from qtn.errors import ArgumentError
from qtn.mitigation import LayerNoise, NoiseLayer, PauliNoise, layer_errors, read_noise
from qtn.mitigation.noise_forms.learned_layers import error_terms, is_layer_error, layer_gates

results = pytest.importorskip("qiskit_ibm_runtime.results")


def layer(labels, rates, qubits=(4, 5, 7)):
    circuit = QuantumCircuit(3)
    circuit.cx(2, 1)
    return results.LayerError(
        circuit, list(qubits), results.PauliLindbladError(PauliList(labels), rates)
    )


def test_generators_are_read_on_the_labels_of_the_device():
    noise = read_noise(
        results.NoiseLearnerResult([layer(["XII", "IYI", "ZYI"], [1e-3, 2e-3, 3e-3])])
    )
    assert isinstance(noise, PauliNoise)
    assert list(noise.rates) == [("cx", (7, 5))]
    terms = LayerNoise((NoiseLayer((("cx", (7, 5)),), {((7, "X"),): 1e-3}),)).per_gate()
    first = terms.of("cx", (7, 5)) > 0
    assert noise.of("cx", (7, 5))[first] == 1e-3
    assert noise.of("cx", (7, 5)).sum() == pytest.approx(6e-3)


def test_crosstalk_is_carried_and_goes_there_and_back():
    noise = read_noise([layer(["IIZ", "IZZ"], [1e-3, 2e-3])])
    assert noise.crosstalk == {((4, "Z"),): 1e-3, ((4, "Z"), (5, "Z")): 2e-3}
    (back,) = layer_errors(noise)
    assert back.qubits == [4, 5, 7]
    assert back.error.generators.to_labels() == ["IIZ", "IZZ"]
    assert layer_gates(back.circuit, back.qubits) == (("cx", (7, 5)),)
    assert read_noise([back]).layers[0].terms == noise.layers[0].terms


def test_models_of_gates_go_there_and_back():
    rates = {("cz", (0, 1)): np.linspace(0, 1e-2, 15), ("ecr", (3, 2)): np.zeros(15)}
    again = read_noise(results.NoiseLearnerResult(layer_errors(PauliNoise(rates))))
    for gate, own in rates.items():
        assert again.of(*gate) == pytest.approx(own)


def test_unknown_noise_and_layers_that_are_none_are_refused():
    unknown = results.LayerError(layer(["XII"], [0.1]).circuit, [4, 5, 7], None)
    with pytest.raises(ArgumentError, match=r"layer \{cx\[7, 5\]\} is unknown"):
        read_noise([unknown])
    empty = results.LayerError(QuantumCircuit(1), [3], None)
    assert len(read_noise([layer(["XII"], [1e-3]), empty]).rates) == 1
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)
    circuit.cz(0, 1)
    with pytest.raises(ArgumentError, match="holds gates one after another"):
        layer_gates(circuit, [0, 1])
    with pytest.raises(ArgumentError, match="a label for each of its qubits"):
        layer_gates(circuit, [0])
    with pytest.raises(ArgumentError, match="errors on 2 qubits"):
        error_terms(layer(["XII"], [1e-3]).error, [0, 1])
    assert not is_layer_error(3)


def test_gates_with_angles_are_not_written():
    with pytest.raises(ArgumentError, match="gates of Qiskit's library without angles"):
        layer_errors(PauliNoise({("rzz", (0, 1)): np.full(15, 1e-3)}))
