"""The tensor-network primitives against Aer."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Instruction, ParameterVector
from qiskit.circuit.classical import expr
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector, random_unitary
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, pauli_error

from qtn.devices import run
from qtn.devices.tensor.primitives import TensorEstimator, TensorSampler, reseeded
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
    middle = QuantumCircuit(1, 1)
    middle.measure(0, 0)
    middle.x(0)
    with pytest.raises(ArgumentError, match="an estimator takes no outcomes"):
        TensorEstimator().run([(middle, "Z")])
    with middle.if_test((middle.clbits[0], 1)):
        middle.x(0)
    with pytest.raises(DeviceError, match="used after its measurement"):
        TensorSampler(noise()).run([middle]).result()
    for seed in (-1, 1.5, "one", True):
        with pytest.raises(ArgumentError, match="`seed` must be an integer of at least 0"):
            TensorSampler(seed=seed)


def random_circuit(seed: int, n: int = 6, count: int = 30) -> QuantumCircuit:
    """One- and two-qubit gates between any qubits, some of them composite."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for _ in range(count):
        a, b, c = (int(q) for q in rng.choice(n, 3, replace=False))
        kind = rng.integers(6)
        if kind == 0:
            circuit.ccx(a, b, c)
        elif kind == 1:
            circuit.cx(a, b, ctrl_state=0)
        elif kind == 2:
            circuit.u(*rng.normal(size=3), a)
        elif kind == 3:
            circuit.rzz(rng.normal(), a, b)
        elif kind == 4:
            circuit.append(random_unitary(4, seed=int(rng.integers(999))).to_instruction(), [a, b])
        else:
            circuit.ry(rng.normal(), a)
    return circuit


@pytest.mark.parametrize("seed", range(4))
def test_pure_and_density_simulation_agree(seed: int) -> None:
    """Noise of strength zero takes the density operator; both are exact."""
    circuit = random_circuit(seed)
    nothing = NoiseModel()
    nothing.add_all_qubit_quantum_error(pauli_error([("I", 1.0)]), ["unitary"])
    nothing.add_all_qubit_quantum_error(depolarizing_error(0.0, 2), ["cx"])
    labels = ["XYZIXY", "YYIIII", "ZIIIIZ", "+0rl1-", "IIIIII"]
    state = Statevector(circuit)
    exact = [
        state.expectation_value(
            SparsePauliOp.from_sparse_observable(SparseObservable.from_label(x))
        ).real
        for x in labels
    ]
    for model in (None, nothing):
        evs = TensorEstimator(model).run([(circuit, labels)]).result()[0].data.evs
        assert evs == pytest.approx(exact, abs=1e-6)
    circuit.measure_all()
    shots = 20_000
    counts = TensorSampler(seed=seed).run([circuit], shots=shots).result()[0].data.meas
    p = np.abs(state.data) ** 2
    found = np.bincount(counts.array[:, 0], minlength=64)
    assert np.all(np.abs(found - shots * p) <= 5 * np.sqrt(shots * p) + 1)


def test_readout_errors_alone_keep_the_state_pure() -> None:
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]))
    circuit = QuantumCircuit(2)
    circuit.x(1)
    circuit.measure_all()
    shots = 40_000
    bits = TensorSampler(model, seed=1).run([circuit], shots=shots).result()[0].data.meas
    means = bits.to_bool_array(order="little").mean(axis=0)
    assert np.all(np.abs(means - [0.1, 0.7]) < 5 * 0.5 / np.sqrt(shots))


def test_truncation_is_told() -> None:
    circuit = QuantumCircuit(6)
    circuit.h(range(3))
    for k in range(3):
        circuit.cx(k, 5 - k)
    circuit.ry(0.3, range(6))
    for k in range(5):
        circuit.cx(k, k + 1)
    bare, circuit = circuit, circuit.measure_all(inplace=False)
    whole = TensorSampler(seed=1).run([circuit]).result()[0]
    assert "simulation" not in whole.metadata
    cut = TensorSampler(seed=1, max_bond=2).run([circuit]).result()[0].metadata["simulation"]
    assert cut.max_bond == 2
    assert cut.discarded > 0.01
    assert cut.trace < 0.99
    told = TensorEstimator(max_bond=2).run([(bare, "Z" * 6)]).result()[0].metadata["simulation"]
    assert told.max_bond == 2


class TestGoingOn:
    """Circuits that go on after a measurement, against Aer."""

    def compare(self, circuit: QuantumCircuit, shots: int = 20_000) -> None:
        before = circuit.copy()
        ours = run(circuit, device="tensor", shots=shots, seed=3).counts()
        theirs = run(circuit, device="aer", shots=shots, seed=4).counts()
        for key in set(ours) | set(theirs):
            a, b = ours.get(key, 0), theirs.get(key, 0)
            assert abs(a - b) <= 5 * np.sqrt(a + b) + 1, (key, a, b)
        assert circuit == before

    def test_measured_and_reset(self) -> None:
        circuit = QuantumCircuit(3, 4)
        circuit.ry(1.0, 0)
        circuit.cx(0, 2)
        circuit.measure(0, 0)
        circuit.cx(0, 1)
        circuit.reset(2)
        circuit.ry(0.7, 2)
        circuit.cx(2, 0)
        circuit.measure([0, 1, 2], [1, 2, 3])
        self.compare(circuit)

    def test_a_bit_that_is_written_again(self) -> None:
        circuit = QuantumCircuit(2, 1)
        circuit.x(0)
        circuit.measure(0, 0)
        circuit.ry(0.9, 1)
        circuit.measure(1, 0)
        circuit.h(1)
        self.compare(circuit)

    def test_conditions(self) -> None:
        a = ClassicalRegister(2, "a")
        circuit = QuantumCircuit(QuantumRegister(4), [Clbit()], a, ClassicalRegister(1, "b"))
        circuit.ry(1.1, 0)
        circuit.ry(0.8, 1)
        circuit.measure([0, 1], a)
        with circuit.if_test((a, 2)) as other:
            circuit.x(2)
            circuit.measure(2, 0)
            with circuit.if_test((circuit.clbits[0], 1)):
                circuit.ry(0.5, 3)
        with other:
            circuit.cx(0, 3)
        with circuit.switch(a) as case:
            with case(0, 3):
                circuit.h(2)
            with case(1):
                circuit.x(2)
            with case(case.DEFAULT):
                circuit.ccx(0, 1, 2)
        with circuit.for_loop(range(2)):
            circuit.ry(0.4, 3)
        circuit.measure(3, 3)
        circuit.measure(2, 0)
        self.compare(circuit)

    def test_teleported_parameter(self) -> None:
        angle = ParameterVector("t", 1)[0]
        circuit = QuantumCircuit(3, 3)
        circuit.ry(angle, 0)
        circuit.h(1)
        circuit.cx(1, 2)
        circuit.cx(0, 1)
        circuit.h(0)
        circuit.measure([0, 1], [0, 1])
        with circuit.if_test((1, 1)):
            circuit.x(2)
        with circuit.if_test((0, 1)):
            circuit.z(2)
        circuit.measure(2, 2)
        values, shots = np.array([[0.4], [2.0]]), 10_000
        bits = TensorSampler(seed=2).run([(circuit, values)], shots=shots).result()[0].data.c
        for k, theta in enumerate(values[:, 0]):
            p, one = np.sin(theta / 2) ** 2, bits[k].slice_bits([2]).get_counts()["1"]
            assert abs(one - shots * p) < 5 * np.sqrt(shots * p * (1 - p))

    def test_wide(self) -> None:
        """A GHZ state of 60 qubits, one measured and undone in the middle."""
        circuit = QuantumCircuit(60, 61)
        circuit.h(0)
        for k in range(59):
            circuit.cx(k, k + 1)
        circuit.measure(30, 60)
        circuit.reset(30)
        circuit.measure(range(60), range(60))
        counts = run(circuit, device="tensor", shots=200).counts()
        ones = "1" + "".join("0" if k == 30 else "1" for k in reversed(range(60)))
        assert set(counts) == {"0" * 61, ones}

    def test_reset_has_an_exact_value(self) -> None:
        circuit = QuantumCircuit(2)
        circuit.ry(1.0, 0)
        circuit.cx(0, 1)
        circuit.reset(0)
        evs = TensorEstimator().run([(circuit, ["IZ", "ZI", "XI"])]).result()[0].data.evs
        assert evs == pytest.approx([1.0, np.cos(1.0), 0.0], abs=1e-12)

    def test_what_is_handed_over(self) -> None:
        loop = QuantumCircuit(1, 1)
        loop.h(0)
        loop.measure(0, 0)
        with loop.while_loop((loop.clbits[0], 1)):
            loop.h(0)
            loop.measure(0, 0)
        word = QuantumCircuit(1, 2)
        word.measure(0, 0)
        with word.if_test(expr.bit_or(*word.clbits)):
            word.x(0)
        for circuit in (loop, word):
            with pytest.raises(DeviceError, match=r'cannot follow .* Take device="aer"'):
                run(circuit, device="tensor")
            assert run(circuit, device="aer", shots=10).bits[0].num_shots == 10
        opaque = QuantumCircuit(2)
        opaque.append(Instruction("mystery", 2, 0, []), [0, 1])
        opaque.measure_all()
        with pytest.raises(DeviceError, match=r"mystery"):
            TensorSampler().run([opaque]).result()


def test_another_seed_shares_the_noise_model() -> None:
    one = TensorSampler(noise(), seed=1)
    two = reseeded(one, 2)
    circuit = staircase().assign_parameters([0.3] * N)
    circuit.measure_all(add_bits=not circuit.num_clbits)
    for sampler, seed in ((two, 2), (one, 1)):
        fresh = TensorSampler(noise(), seed=seed)
        found, same = (s.run([circuit], shots=200).result()[0] for s in (sampler, fresh))
        register = next(iter(found.data))
        assert np.array_equal(found.data[register].array, same.data[register].array)
    assert (one.seed, two.seed) == (1, 2)
