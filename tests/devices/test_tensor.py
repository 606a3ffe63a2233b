"""The tensor-network primitives against Aer."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from qtn.devices.tensor import TensorEstimator, TensorSampler
from qtn.errors import ArgumentError, DeviceError

N = 5


def noise() -> NoiseModel:
    out = NoiseModel()
    out.add_all_qubit_quantum_error(depolarizing_error(0.03, 2), ["cx"])
    out.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["ry"])
    out.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
    return out


def staircase(measured: bool = True) -> QuantumCircuit:
    rng = np.random.default_rng(0)
    angles = ParameterVector("x", N)
    circuit = QuantumCircuit(N)
    for k in range(N - 1):
        circuit.ry(rng.normal(), k)
        circuit.cx(k, k + 1)
        circuit.ry(rng.normal(), k + 1)
    for k in range(N):
        circuit.ry(-angles[k], k)
    if measured:
        circuit.measure_all()
    return circuit


def test_sweep_matches_aer_distribution() -> None:
    circuit = staircase()
    values = np.random.default_rng(1).uniform(0, 3, (3, N))
    shots = 50_000
    result = TensorSampler(noise(), seed=3).run([(circuit, values)], shots=shots).result()[0]
    assert result.data.meas.shape == (3,)
    simulator = AerSimulator(method="density_matrix", noise_model=noise(), seed_simulator=1)
    for k, row in enumerate(values):
        theirs = simulator.run(circuit.assign_parameters(row), shots=shots).result().get_counts()
        ours = result.data.meas.get_counts(k)
        for key in set(theirs) | set(ours):
            a, b = theirs.get(key, 0), ours.get(key, 0)
            assert abs(a - b) <= 5 * np.sqrt(a + b) + 1
    report = result.metadata["simulation"]
    assert report.sites == N
    assert report.trace == pytest.approx(1.0, abs=1e-6)


def test_parameters_before_the_last_pair_give_the_same_result() -> None:
    circuit = staircase()
    late = circuit.copy_empty_like()
    for item in circuit.data[:-6]:
        late.append(item)
    shots = 100_000
    early = QuantumCircuit(2, 2)
    angle = ParameterVector("y", 1)
    early.ry(angle[0], 0)
    early.cx(0, 1)
    early.measure([0, 1], [0, 1])
    bits = TensorSampler(seed=0).run([(early, [[0.4], [1.1]])], shots=shots).result()[0].data.c
    for k, theta in enumerate((0.4, 1.1)):
        p = np.sin(theta / 2) ** 2
        ones = bits.get_counts(k).get("11", 0)
        assert abs(ones - shots * p) < 5 * np.sqrt(shots * p * (1 - p))
        assert set(bits.get_counts(k)) <= {"00", "11"}


def test_registers_and_partial_measurement() -> None:
    a, b = ClassicalRegister(2, "a"), ClassicalRegister(1, "b")
    circuit = QuantumCircuit(QuantumRegister(4), a, b)
    circuit.x(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure(3, b[0])
    circuit.measure(1, a[1])
    data = TensorSampler(seed=1).run([circuit], shots=1000).result()[0].data
    assert data.b.get_counts() == {"1": 1000}
    assert set(data.a.get_counts()) == {"00", "10"}


def test_same_seed_same_counts_and_shapes() -> None:
    circuit = staircase()
    values = np.zeros((2, 3, N))
    runs = [TensorSampler(noise(), seed=7).run([(circuit, values, 64)]).result()[0] for _ in "ab"]
    assert runs[0].data.meas.shape == (2, 3)
    assert runs[0].data.meas.num_shots == 64
    assert (runs[0].data.meas.array == runs[1].data.meas.array).all()


def test_hundred_qubits() -> None:
    circuit = QuantumCircuit(100)
    circuit.h(0)
    for k in range(99):
        circuit.cx(k, k + 1)
    circuit.measure_all()
    counts = TensorSampler(seed=0).run([circuit], shots=200).result()[0].data.meas.get_counts()
    assert set(counts) == {"0" * 100, "1" * 100}


def test_estimator_matches_dense_and_noisy_aer() -> None:
    circuit = staircase(measured=False)
    values = np.random.default_rng(1).uniform(0, 3, (2, N))
    observables = [SparsePauliOp(["ZZIII", "IIXYX"], [1.0, 0.5]), SparsePauliOp("IIIIZ")]
    grid = [[o] for o in observables]
    evs = TensorEstimator().run([(circuit, grid, values)]).result()[0].data.evs
    noisy = TensorEstimator(noise()).run([(circuit, grid, values)]).result()[0].data.evs
    simulator = AerSimulator(method="density_matrix", noise_model=noise())
    for i, observable in enumerate(observables):
        for j, row in enumerate(values):
            bound = circuit.assign_parameters(row)
            exact = Statevector(bound).expectation_value(observable).real
            assert evs[i, j] == pytest.approx(exact, abs=1e-10)
            bound.save_density_matrix()
            rho = np.asarray(simulator.run(bound).result().data(0)["density_matrix"])
            value = np.trace(rho @ observable.to_matrix()).real
            assert noisy[i, j] == pytest.approx(value, abs=1e-10)


def test_estimator_projectors_and_idle_qubits() -> None:
    circuit = QuantumCircuit(3)
    circuit.ry(0.8, 1)
    labels = ["000", "Z+1", "1II", "lr0"]
    grid = [SparseObservable.from_label(x) for x in labels]
    evs = TensorEstimator().run([(circuit, grid)]).result()[0].data.evs
    state = Statevector(circuit)
    expected = [state.expectation_value(SparsePauliOp.from_sparse_observable(o)).real for o in grid]
    assert evs == pytest.approx(expected, abs=1e-12)


def test_errors() -> None:
    circuit = staircase()
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer and at most"):
        TensorSampler().run([circuit.assign_parameters([0.0] * N)], shots=10**9)
    with pytest.raises(ArgumentError, match="`max_bond` must be a positive integer"):
        TensorSampler(max_bond=0)
    with pytest.raises(DeviceError, match="circuits without measurements"):
        TensorEstimator().run([(circuit, "Z" * N, [0.0] * N)]).result()
    middle = QuantumCircuit(1, 1)
    middle.measure(0, 0)
    middle.x(0)
    with pytest.raises(DeviceError, match="used after its measurement"):
        TensorSampler().run([middle]).result()
