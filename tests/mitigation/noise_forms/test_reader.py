from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliLindbladMap, QubitSparsePauliList

from qtn.errors import ArgumentError
from qtn.mitigation import LayerNoise, NoiseLayer, PauliNoise, read_noise


def test_own_models_come_back_and_layers_without_crosstalk_become_gates():
    gates = PauliNoise({("cx", (0, 1)): np.zeros(15)})
    assert read_noise(gates) is gates
    layer = NoiseLayer((("cx", (0, 1)),), {((0, "Z"),): 1e-3})
    assert isinstance(read_noise(LayerNoise((layer,))), PauliNoise)
    other = NoiseLayer((("cx", (0, 1)), ("cx", (2, 3))), {})
    varying = LayerNoise((layer, other))
    assert read_noise(varying) is varying


@pytest.mark.parametrize("source", [None, "noise", 3, [], [1, 2], {"a": 1}.keys(), object()])
def test_unknown_forms_are_refused_with_the_known_ones(source):
    with pytest.raises(ArgumentError, match="`source` must be a PauliNoise or LayerNoise, a noise"):
        read_noise(source)


def test_maps_need_the_circuit_of_their_layer():
    with pytest.raises(ArgumentError, match="`circuit` must be the gates of the layer"):
        read_noise(PauliLindbladMap.identity(2))
    with pytest.raises(ArgumentError, match="`circuit` must be the boxed circuit"):
        read_noise({"a": PauliLindbladMap.identity(2)})
    with pytest.raises(ArgumentError, match="`circuit` must be a QuantumCircuit"):
        read_noise(PauliLindbladMap.identity(2), "layer")
    with pytest.raises(ArgumentError, match="`site` must be"):
        read_noise(PauliLindbladMap.identity(2), QuantumCircuit(2), site="beside")
    with pytest.raises(ArgumentError, match="`twirl` must be"):
        read_noise(PauliLindbladMap.identity(2), QuantumCircuit(2), twirl="yes")


def test_results_of_the_third_learner_are_sent_to_their_dictionary():
    results = pytest.importorskip("qiskit_ibm_runtime.results")
    one = results.NoiseLearnerV3Result.from_generators(
        [QubitSparsePauliList.from_list(["ZI"])], [1e-3]
    )
    with pytest.raises(ArgumentError, match=r"Give results.to_dict\(instructions\)"):
        read_noise(results.NoiseLearnerV3Results([one]))
