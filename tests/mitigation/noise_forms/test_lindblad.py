from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliLindbladMap, QubitSparsePauli

from qtn.errors import ArgumentError
from qtn.mitigation import LayerNoise, NoiseLayer, PauliNoise, lindblad_map, noise_maps, read_noise
from qtn.mitigation.noise_forms.lindblad import noisy_boxes, placed, read_map
from qtn.mitigation.values.pauli_noise import PAIRS


def boxed(site: str = "after") -> QuantumCircuit:
    transpiler = pytest.importorskip("samplomatic.transpiler")
    circuit = QuantumCircuit(4)
    for _ in range(2):
        circuit.sx(range(4))
        circuit.cz(0, 1)
        circuit.cz(2, 3)
        circuit.rz(0.3, range(4))
        circuit.cz(1, 2)
    boxing = transpiler.generate_boxing_pass_manager(
        inject_noise_targets="gates",
        inject_noise_strategy="individual_modification",
        inject_noise_site=site,
    )
    return boxing.run(circuit)


def random_gates(seed: int = 0) -> PauliNoise:
    rng = np.random.default_rng(seed)
    pairs = [(0, 1), (2, 3), (1, 2)]
    return PauliNoise({("cz", pair): rng.uniform(0, 2e-3, 15) for pair in pairs})


def test_fidelities_of_the_map_are_those_of_the_gate():
    noise = PauliNoise({("cx", (7, 4)): np.random.default_rng(1).uniform(0, 1e-2, 15)})
    found = lindblad_map(noise, [("cx", (7, 4))], [4, 7])
    for (first, second), own in zip(PAIRS, noise.fidelities("cx", (7, 4))[1:], strict=True):
        string = QubitSparsePauli(first + second)  # qubit 7 is the map's qubit 1, the left letter
        assert found.pauli_fidelity(string) == pytest.approx(own)


@pytest.mark.parametrize("site", ["before", "after"])
def test_maps_of_boxes_go_there_and_back(site):
    circuit, noise = boxed(site), random_gates()
    maps = noise_maps(noise, circuit)
    assert sorted(maps) == sorted({ref for ref, *_ in noisy_boxes(circuit)})
    assert len(maps) == 2
    again = read_noise(maps, circuit)
    for gate, rates in noise.rates.items():
        assert again.of(*gate) == pytest.approx(rates)


def test_maps_are_what_samplomatic_samples():
    samplomatic = pytest.importorskip("samplomatic")
    circuit = boxed()
    template, samplex = samplomatic.build(circuit)
    del template
    needed = [i.name for i in samplex.inputs().get_specs() if i.name.startswith("pauli_lindblad")]
    assert sorted(needed) == sorted(
        f"pauli_lindblad_maps.{ref}" for ref in noise_maps(random_gates(), circuit)
    )


def test_crosstalk_of_boxes_stays_a_layer():
    circuit = boxed("before")
    maps = {
        ref: PauliLindbladMap.from_list([("IZZI", 1e-3), ("XIII", 2e-3)])
        for ref, *_ in noisy_boxes(circuit)
    }
    noise = read_noise(maps, circuit)
    assert isinstance(noise, LayerNoise)
    assert set(noise.crosstalk) == {((1, "Z"), (2, "Z")), ((3, "X"),)}
    assert noise_maps(noise, circuit).keys() == maps.keys()
    for ref, one in noise_maps(noise, circuit).items():
        assert sorted(one.to_sparse_list()) == sorted(maps[ref].to_sparse_list())


def test_the_side_of_a_map_is_changed_by_the_gates():
    layer = QuantumCircuit(2)
    layer.cx(0, 1)
    after = PauliLindbladMap.from_list([("XX", 1e-3)])  # CX takes XI, X on the control, to it
    noise = read_noise(after, layer, site="after")
    assert noise.of("cx", (0, 1))[PAIRS.index(("X", "I"))] == 1e-3
    back = lindblad_map(noise, [("cx", (0, 1))], [0, 1], site="after")
    assert back.to_sparse_list() == after.to_sparse_list()


def test_equal_terms_add_up_and_identities_do_nothing():
    gate = [("cz", (0, 1))]
    found = PauliLindbladMap.from_list([("ZI", 1e-3), ("ZI", 2e-3), ("II", 5.0)])
    assert read_map(found, gate, [0, 1], "before").terms == {((1, "Z"),): pytest.approx(3e-3)}


def test_hostile_maps_are_refused():
    gate = [("cz", (0, 1))]
    with pytest.raises(ArgumentError, match=r"acts on 3 qubits, but the layer has 2"):
        read_map(PauliLindbladMap.identity(3), gate, [0, 1], "before")
    with pytest.raises(ArgumentError, match=r"rates of Z0 in the layer .* are negative"):
        read_map(PauliLindbladMap.from_list([("IZ", -1e-3)]), gate, [0, 1], "before")
    with pytest.raises(ArgumentError, match=r"rates of Z0 .* are negative"):
        placed({((0, "Z"),): float("nan")}, gate, "before")
    with pytest.raises(ArgumentError, match="`site` must be"):
        placed({}, gate, "beside")
    noise = LayerNoise((NoiseLayer((("cz", (0, 1)),), {((5, "Z"),): 1e-3}),))
    with pytest.raises(ArgumentError, match=r"terms outside the qubits \[0, 1\]: Z5"):
        lindblad_map(noise, gate, [0, 1])
    with pytest.raises(ArgumentError, match="has no box with an InjectNoise"):
        noise_maps(noise, QuantumCircuit(2))
    with pytest.raises(ArgumentError, match="has no box with an InjectNoise"):
        read_noise({}, QuantumCircuit(2))


def test_a_box_without_its_map_and_maps_that_are_none_are_named():
    circuit = boxed()
    refs = [ref for ref, *_ in noisy_boxes(circuit)]
    with pytest.raises(ArgumentError, match=f"holds the noise '{refs[0]}'"):
        read_noise({"other": PauliLindbladMap.identity(4)}, circuit)
    with pytest.raises(ArgumentError, match="must be a PauliLindbladMap"):
        read_noise(dict.fromkeys(refs, 0.1), circuit)


def annotated(gates, ref: str) -> QuantumCircuit:
    samplomatic = pytest.importorskip("samplomatic")
    circuit = QuantumCircuit(3)
    for pairs in gates:
        with circuit.box([samplomatic.Twirl(), samplomatic.InjectNoise(ref)]):
            for pair in pairs:
                circuit.cz(*pair)
            circuit.noop(*range(3))
    return circuit


def test_boxes_of_several_layers_and_shared_names_are_refused():
    maps = {"a": PauliLindbladMap.identity(3)}
    with pytest.raises(ArgumentError, match="'a' holds gates one after another"):
        read_noise(maps, annotated([[(0, 1), (1, 2)]], "a"))
    with pytest.raises(ArgumentError, match="name 'a' stands for the layers"):
        noise_maps(random_gates(), annotated([[(0, 1)], [(1, 2)]], "a"))
    circuit = annotated([[(0, 1)]], "a").compose(annotated([[(0, 1)]], "b"))
    with pytest.raises(ArgumentError, match="has the noise 'a' in one box and 'b' in another"):
        read_noise({**maps, "b": maps["a"]}, circuit)


@pytest.mark.parametrize(
    ("gates", "qubits"),
    [("cx", [0, 1]), ([("cx", (0, 1))] * 2, [0, 1]), ([("cx", (0, 1))], [0, 0, 1])],
)
def test_layers_that_are_none_are_refused(gates, qubits):
    noise = PauliNoise({("cx", (0, 1)): np.full(15, 1e-3)})
    with pytest.raises(ArgumentError, match=r"must be (gates|different qubits)"):
        lindblad_map(noise, gates, qubits)


def test_boxes_of_one_name_may_write_a_symmetric_gate_either_way():
    samplomatic = pytest.importorskip("samplomatic.transpiler")
    manager = samplomatic.generate_boxing_pass_manager(
        inject_noise_targets="gates", inject_noise_strategy="uniform_modification"
    )
    circuit = QuantumCircuit(4)
    for pairs in ([(0, 1), (2, 3)], [(3, 2), (0, 1)]):
        for pair in pairs:
            circuit.cz(*pair)
        circuit.sx(range(4))
        circuit.barrier()
    boxed = manager.run(circuit)
    rates = np.random.default_rng(0).uniform(0, 1e-3, 15)
    noise = PauliNoise({("cz", pair): rates for pair in ((0, 1), (2, 3))})
    again = read_noise(noise_maps(noise, boxed), boxed)
    assert again.of("cz", (0, 1)) == pytest.approx(rates)
