"""Channels of circuits under Aer noise models, against Aer's density matrices."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import random_unitary
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    NoiseModel,
    PauliLindbladError,
    ReadoutError,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
    thermal_relaxation_error,
)

from qtn.devices.tensor.bindings import parameter_columns
from qtn.devices.tensor.channels import ChannelTable, gate_matrix, noisy_circuit, rotation_matrices
from qtn.devices.tensor.ordering import chain_order
from qtn.errors import DeviceError
from qtn.states.kernels.density import DensityMPS


def model() -> NoiseModel:
    """Depolarising, thermal, coherent and damping errors, some on one pair, some everywhere."""
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["sx", "h"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), ["cx"])
    relaxed = thermal_relaxation_error(50e-6, 40e-6, 300e-9).expand(
        thermal_relaxation_error(80e-6, 150e-6, 300e-9)
    )
    noise.add_quantum_error(relaxed.compose(depolarizing_error(0.03, 2)), ["cx"], [1, 2])
    noise.add_quantum_error(amplitude_damping_error(0.07), ["x"], [0])
    noise.add_quantum_error(coherent_unitary_error(random_unitary(4, seed=1)), ["cz"], [2, 1])
    flip = pauli_error([("XZ", 0.02), ("YI", 0.05), ("II", 0.93)])
    noise.add_quantum_error(flip, ["ecr"], [0, 1])
    noise.add_quantum_error(pauli_error([("X", 0.1), ("I", 0.9)]), ["measure"], [1])
    noise.add_quantum_error(pauli_error([("X", 0.2), ("I", 0.8)]), ["reset"], [2])
    noise.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.07, 0.93]]))
    noise.add_readout_error(ReadoutError([[0.9, 0.1], [0.15, 0.85]]), [0])
    return noise


def random_circuit(seed: int, n: int = 3, count: int = 20) -> QuantumCircuit:
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n, n)
    for _ in range(count):
        name = rng.choice(["sx", "h", "rz", "cx", "cz", "ecr", "x", "reset", "unitary", "id"])
        a, b = (int(q) for q in rng.choice(n, 2, replace=False))
        if name in ("cx", "cz", "ecr"):
            getattr(circuit, name)(a, b)
        elif name == "rz":
            circuit.rz(rng.normal(), a)
        elif name == "unitary":
            circuit.append(UnitaryGate(random_unitary(4, seed=int(rng.integers(999)))), [a, b])
        else:
            getattr(circuit, name)(a)
    return circuit


def aer_probabilities(circuit: QuantumCircuit, noise: NoiseModel) -> np.ndarray:
    """Exact outcome probabilities of Aer's density matrix, without readout errors."""
    saved = circuit.copy()
    saved.save_density_matrix()
    simulator = AerSimulator(method="density_matrix", noise_model=noise)
    return np.asarray(simulator.run(saved).result().data(0)["density_matrix"])


def evolve(circuit: QuantumCircuit, noise: NoiseModel) -> tuple[np.ndarray, tuple[int, ...]]:
    plan = noisy_circuit(circuit, noise)
    gates = [*plan.prefix, *[(s.sites, s.matrix) for s in plan.suffix]]
    return DensityMPS.zeros(plan.n).apply(gates, cutoff=0.0).to_dense(), plan.qubits


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_channels_match_aer(seed: int) -> None:
    circuit = random_circuit(seed)
    ours, qubits = evolve(circuit, model())
    if len(qubits) < 3:
        return
    tensor = ours.reshape((2,) * 6)
    axes = [2 - qubits.index(q) for q in (2, 1, 0)]
    ours = tensor.transpose([*axes, *[3 + a for a in axes]]).reshape(8, 8)
    assert np.abs(ours - aer_probabilities(circuit, model())).max() < 1e-10


def test_measurement_error_and_readout_match_aer_shots() -> None:
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.x(2)
    circuit.measure([0, 1, 2], [2, 0, 1])
    plan = noisy_circuit(circuit, model())
    gates = [*plan.prefix, *[(s.sites, s.matrix) for s in plan.suffix]]
    p = DensityMPS.zeros(3).apply(gates).to_dense().diagonal().real
    sites = dict(plan.measured)
    joint = np.zeros(8)
    for true in range(8):
        for read in range(8):
            weight = p[true]
            for site in range(3):
                weight *= plan.confusion[site][(read >> site) & 1, (true >> site) & 1]
            key = sum(((read >> s) & 1) << c for s, c in sites.items())
            joint[key] += weight
    shots = 200_000
    result = AerSimulator(noise_model=model(), seed_simulator=5).run(circuit, shots=shots).result()
    counts = np.array([result.get_counts().get(format(k, "03b"), 0) for k in range(8)])
    assert (np.abs(counts - shots * joint) <= 5 * np.sqrt(shots * joint * (1 - joint)) + 1).all()


def test_fake_backend_matches_aer() -> None:
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    backend = fakes.FakeAlgiers()
    noise = NoiseModel.from_backend(backend)
    circuit = QuantumCircuit(4)
    rng = np.random.default_rng(0)
    for a, b in [(0, 1), (1, 2), (2, 3), (2, 1), (1, 0), (3, 2)]:
        for q in (a, b):
            circuit.rz(rng.normal(), q)
            circuit.sx(q)
        circuit.cx(a, b)
    ours, qubits = evolve(circuit, noise)
    assert qubits == (0, 1, 2, 3)
    assert np.abs(ours - aer_probabilities(circuit, noise)).max() < 1e-10


def test_prefix_ends_with_the_last_pairs() -> None:
    angle = Parameter("a")
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.sx(0)
    circuit.rz(angle, 0)
    circuit.cx(1, 2)
    circuit.h(2)
    circuit.measure(range(3), range(3))
    plan = noisy_circuit(circuit, model())
    assert [sites for sites, _ in plan.prefix] == [(0,), (0, 1), (1, 2)]
    assert [s.operation.name for s in plan.suffix if s.operation] == ["rz"]
    circuit = QuantumCircuit(2)
    circuit.rz(angle, 0)
    circuit.cx(0, 1)
    circuit.x(1)
    plan = noisy_circuit(circuit)
    assert not plan.prefix
    assert [s.sites for s in plan.suffix] == [(0,), (0, 1), (1,)]


def test_parameters_of_expressions() -> None:
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(1)
    circuit.rz(2 * a + b - 1, 0)
    circuit.rx(a * b, 0)
    values = np.array([[0.3, 0.4], [1.0, -2.0]])
    linear = parameter_columns(circuit.data[0].operation, circuit.parameters, values)
    product = parameter_columns(circuit.data[1].operation, circuit.parameters, values)
    assert linear[0] == pytest.approx(2 * values[:, 0] + values[:, 1] - 1)
    assert product[0] == pytest.approx(values[:, 0] * values[:, 1])


@pytest.mark.parametrize("name", ["rx", "ry", "rz", "p"])
def test_rotations(name: str) -> None:
    circuit = QuantumCircuit(1)
    getattr(circuit, name)(0.7, 0)
    unitary = circuit.data[0].operation.to_matrix()
    paulis = [oracles.PAULI[x] for x in "IXYZ"]
    dense = [
        [np.trace(p @ unitary @ q @ unitary.conj().T).real / 2 for q in paulis] for p in paulis
    ]
    assert np.abs(rotation_matrices(name, np.array([0.7]))[0] - dense).max() < 1e-12
    assert np.abs(gate_matrix(circuit.data[0].operation) - dense).max() < 1e-12


def test_pauli_lindblad_errors_are_the_channel_that_aer_makes_of_them() -> None:
    error = PauliLindbladError(["XZ", "IY"], [0.05, 0.1])
    tables = []
    for one in (error, error.to_quantum_error()):
        model = NoiseModel()
        model.add_quantum_error(one, ["cx"], [0, 1])
        tables.append(ChannelTable(model).error("cx", (0, 1)))
    assert tables[0] == pytest.approx(tables[1], abs=1e-14)


def test_chain_order_of_a_line_and_a_tree() -> None:
    line = [(4, 2), (2, 9), (9, 1)]
    order = chain_order([1, 2, 4, 9, 7], line)
    places = {q: k for k, q in enumerate(order)}
    assert sorted(order) == [1, 2, 4, 7, 9]
    assert all(abs(places[a] - places[b]) == 1 for a, b in line)


def test_errors() -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    circuit.x(0)
    with pytest.raises(DeviceError, match="Qubit 0 is used after its measurement"):
        noisy_circuit(circuit)
    circuit = QuantumCircuit(3)
    circuit.ccx(0, 1, 2)
    with pytest.raises(DeviceError, match="gates on one or two qubits"):
        noisy_circuit(circuit)
    noise = NoiseModel()
    noise.add_readout_error(ReadoutError(np.eye(4)[[1, 0, 2, 3]]), [0, 1])
    with pytest.raises(DeviceError, match="correlated readout error"):
        ChannelTable(noise)
    noise = NoiseModel()
    three = depolarizing_error(0.1, 1).tensor(depolarizing_error(0.1, 2))
    noise.add_all_qubit_quantum_error(three, ["ccx"])
    with pytest.raises(DeviceError, match="an error on 3 qubits"):
        ChannelTable(noise).error("ccx", (0, 1, 2))
