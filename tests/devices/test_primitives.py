"""The contract of Qiskit's primitives V2: ours take and return what its reference ones do.

Every point is asked of both, Qiskit's `StatevectorSampler` or `StatevectorEstimator` and ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Parameter
from qiskit.circuit.library import (
    PauliEvolutionGate,
    QFTGate,
    StatePreparation,
    UnitaryGate,
    efficient_su2,
    real_amplitudes,
)
from qiskit.primitives import (
    BaseEstimatorV2,
    BaseSamplerV2,
    BindingsArray,
    BitArray,
    ObservablesArray,
    PrimitiveResult,
    PubResult,
    SamplerPubResult,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.providers import JobStatus
from qiskit.quantum_info import Clifford, Operator, Pauli, SparseObservable, SparsePauliOp

import qtn

SHOTS = 4000
each_sampler = pytest.mark.parametrize("kind", [StatevectorSampler, qtn.TensorSampler])
each_estimator = pytest.mark.parametrize("kind", [StatevectorEstimator, qtn.TensorEstimator])


def test_public_names() -> None:
    assert issubclass(qtn.TensorSampler, BaseSamplerV2)
    assert issubclass(qtn.TensorEstimator, BaseEstimatorV2)


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


def ansatz(reps: int = 2, *, wrapped: bool = True) -> QuantumCircuit:
    inner = real_amplitudes(2, reps=reps)
    if not wrapped:
        return inner
    circuit = QuantumCircuit(2)
    circuit.append(inner, [0, 1])
    return circuit


def composites() -> dict[str, QuantumCircuit]:
    """Circuits whose gates have to be taken apart first."""
    su2 = efficient_su2(3, reps=1)
    found = {"ansatz": su2.assign_parameters(np.linspace(0.1, 2, su2.num_parameters))}
    parts: dict[str, Any] = {
        "preparation": StatePreparation([0.5, 0.5j, 0.5, -0.5]),
        "evolution": PauliEvolutionGate(SparsePauliOp(["XXI", "IIY"], [0.3, 0.4]), time=1.2),
        "fourier": QFTGate(3),
        "wide unitary": UnitaryGate(Operator(found["ansatz"]).data),
        "circuit in circuit": found["ansatz"].to_gate(),
        "controlled circuit": ansatz(wrapped=False)
        .assign_parameters([0.4] * 6)
        .to_gate()
        .control(1),
        "clifford": Clifford(bell().remove_final_measurements(inplace=False)),
    }
    for name, part in parts.items():
        circuit = QuantumCircuit(3)
        for qubit in range(3):
            circuit.ry(0.3 * (qubit + 1), qubit)
        circuit.append(part, range(part.num_qubits))
        circuit.ry(0.2, 1)
        found[name] = circuit
    many = QuantumCircuit(5)
    many.h(range(4))
    many.mcx([0, 1, 2, 3], 4)
    many.cswap(4, 0, 3)
    found["many controls"] = many
    start = QuantumCircuit(2)
    start.initialize([0.6, 0, 0, 0.8j])
    found["initialize"] = start
    return found


def assert_counts(bits: BitArray, probabilities: dict[int, float], index: Any = ()) -> None:
    shots, counts = bits.num_shots, bits.get_int_counts(index)
    assert set(counts) <= {k for k, p in probabilities.items() if p > 0}
    for outcome, p in probabilities.items():
        assert abs(counts.get(outcome, 0) - shots * p) <= 5 * np.sqrt(shots * p * (1 - p)) + 1e-9


@each_sampler
class TestSampler:
    def test_results_and_jobs(self, kind: Callable[..., Any]) -> None:
        sampler = kind(seed=1)
        job = sampler.run([bell()], shots=100)
        assert isinstance(job.job_id(), str)
        result = job.result()
        assert result is job.result()
        assert job.status() == JobStatus.DONE
        assert job.done()
        assert job.in_final_state()
        assert not job.cancelled()
        assert isinstance(result, PrimitiveResult)
        assert result.metadata == {"version": 2}
        assert isinstance(result[0], SamplerPubResult)
        assert list(result[0].data) == ["meas"]
        assert result[0].data.shape == ()
        joined = result[0].join_data().array  # type: ignore[union-attr]
        assert (joined == result[0].data.meas.array).all()
        assert len(sampler.run([]).result()) == 0

    def test_metadata(self, kind: Callable[..., Any]) -> None:
        circuit = bell()
        circuit.metadata = {"purpose": "test"}
        (entry,) = kind(seed=1).run([circuit], shots=7).result()
        assert entry.metadata == {"shots": 7, "circuit_metadata": {"purpose": "test"}}

    def test_seeds(self, kind: Callable[..., Any]) -> None:
        assert kind().seed is None
        sampler = kind(seed=5)
        assert sampler.seed == 5
        first, again = (sampler.run([bell()], shots=200).result()[0].data.meas for _ in "ab")
        assert (first.array == again.array).all()
        going_on = kind(seed=np.random.default_rng(5))
        assert isinstance(going_on.seed, np.random.Generator)
        first, other = (going_on.run([bell()], shots=200).result()[0].data.meas for _ in "ab")
        assert (first.array != other.array).any()

    def test_shots(self, kind: Callable[..., Any]) -> None:
        assert kind().default_shots == 1024
        sampler = kind(default_shots=30)
        assert sampler.default_shots == 30
        pubs = [bell(), (bell(), None, 10), SamplerPub(bell(), shots=20)]
        for given, expected in ((None, [30, 10, 20]), (50, [50, 10, 20])):
            entries = sampler.run(pubs, shots=given).result()
            assert [e.data.meas.num_shots for e in entries] == expected
            assert [e.metadata["shots"] for e in entries] == expected

    @pytest.mark.parametrize(
        ("values", "shape"),
        [
            (None, ()),
            ((), ()),
            ([], ()),
            (np.array([]), ()),
            ([[]], (1,)),
            (((),), (1,)),
            (np.array([[]]), (1,)),
            ([(), (), ()], (3,)),
            ({}, ()),
        ],
    )
    def test_no_parameters(
        self, kind: Callable[..., Any], values: Any, shape: tuple[int, ...]
    ) -> None:
        bits = kind(seed=1).run([(bell(), values)], shots=SHOTS).result()[0].data.meas
        assert bits.shape == shape
        for index in np.ndindex(shape):
            assert_counts(bits, {0: 0.5, 3: 0.5}, index)

    @pytest.mark.parametrize(
        ("values", "shape"),
        [
            ([np.pi], ()),
            ((np.pi,), ()),
            (np.array([[np.pi]]), (1,)),
            ([[[np.pi], [np.pi]]], (1, 2)),
            ({"x": np.pi}, ()),
            ({"x": [np.pi, np.pi]}, (2,)),
            (BindingsArray({("x",): [[[np.pi]] * 3]}), (1, 3)),
        ],
    )
    def test_one_parameter(
        self, kind: Callable[..., Any], values: Any, shape: tuple[int, ...]
    ) -> None:
        circuit = QuantumCircuit(1, 1)
        circuit.ry(Parameter("x"), 0)
        circuit.measure(0, 0)
        bits = kind().run([(circuit, values)], shots=20).result()[0].data.c
        assert bits.shape == shape
        assert bits.get_counts() == {"1": 20 * max(1, int(np.prod(shape)))}

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_ansatz(self, kind: Callable[..., Any], wrapped: bool) -> None:
        circuit = ansatz(wrapped=wrapped)
        bare = circuit.copy()
        circuit.measure_all()
        values = np.random.default_rng(0).uniform(0, 6, (2, 3, 6))
        before = circuit.copy()
        bits = kind(seed=2).run([(circuit, values)], shots=SHOTS).result()[0].data.meas
        assert circuit == before
        assert bits.shape == (2, 3)
        for index in np.ndindex(2, 3):
            state = np.abs(Operator(bare.assign_parameters(values[index])).data[:, 0]) ** 2
            assert_counts(bits, dict(enumerate(state)), index)

    @pytest.mark.filterwarnings(
        "ignore::scipy.sparse.SparseEfficiencyWarning"
    )  # Qiskit's own matrix exponential
    def test_composite_gates(self, kind: Callable[..., Any]) -> None:
        for name, circuit in composites().items():
            if name == "initialize":
                expected = np.array([0.36, 0, 0, 0.64])
            else:
                expected = np.abs(Operator(circuit).data[:, 0]) ** 2
            expected[expected < 1e-12] = 0
            circuit.measure_all()
            bits = kind(seed=3).run([circuit], shots=SHOTS).result()[0].data.meas
            assert_counts(bits, dict(enumerate(expected / expected.sum())))

    def test_no_gates(self, kind: Callable[..., Any]) -> None:
        circuit = QuantumCircuit(5, 4)
        circuit.measure(range(4), range(4))
        assert kind().run([circuit], shots=9).result()[0].data.c.get_counts() == {"0000": 9}

    def test_reversed_order(self, kind: Callable[..., Any]) -> None:
        circuit = QuantumCircuit(3, 3)
        circuit.x(2)
        circuit.measure(range(3), [2, 1, 0])
        assert kind().run([circuit], shots=9).result()[0].data.c.get_counts() == {"001": 9}

    def test_registers(self, kind: Callable[..., Any]) -> None:
        a, b, c = ClassicalRegister(1, "a"), ClassicalRegister(2, "b"), ClassicalRegister(3, "c")
        circuit = QuantumCircuit(QuantumRegister(3), a, b, c)
        circuit.add_bits([Clbit()])
        circuit.add_register(ClassicalRegister(bits=[b[1], c[0]], name="shared"))
        circuit.x([0, 2])
        circuit.measure([0, 2, 2], [0, 2, 5])
        circuit.measure(0, 6)  # a bit in no register is measured and not told
        data = kind().run([circuit], shots=5).result()[0].data
        found = {name: data[name].get_counts() for name in data}
        expected = {"a": {"1": 5}, "b": {"10": 5}, "c": {"100": 5}, "shared": {"01": 5}}
        assert found == expected

    def test_several_qubits_into_one_bit(self, kind: Callable[..., Any]) -> None:
        circuit = QuantumCircuit(3, 2)
        circuit.x(2)
        circuit.measure([0, 1, 2], [1, 1, 1])
        assert kind().run([circuit], shots=5).result()[0].data.c.get_counts() == {"10": 5}

    def test_nothing_measured(self, kind: Callable[..., Any]) -> None:
        circuit = QuantumCircuit(2, 3)
        circuit.h(0)
        bits = kind().run([circuit], shots=5).result()[0].data.c
        assert (bits.num_bits, bits.get_counts()) == (3, {"000": 5})
        with pytest.warns(UserWarning, match="no .*classical register"):
            data = kind().run([QuantumCircuit(1)], shots=5).result()[0].data
        assert len(data) == 0

    def test_wide_registers(self, kind: Callable[..., Any]) -> None:
        circuit = QuantumCircuit(QuantumRegister(2), ClassicalRegister(70, "w"))
        circuit.x(1)
        circuit.measure([0, 1], [3, 69])
        assert kind().run([circuit], shots=4).result()[0].data.w.get_counts() == {"1" + 69 * "0": 4}

    @pytest.mark.parametrize(
        ("pubs", "shots", "error"),
        [
            (lambda c, p: [(c, [1.0])], None, ValueError),
            (lambda c, p: [p], None, ValueError),
            (lambda c, p: [(p, [])], None, ValueError),
            (lambda c, p: [(p, [1.0])], None, ValueError),
            (lambda c, p: [(p, [1.0] * 9)], None, ValueError),
            (lambda c, p: [(p, {"a": 1.0})], None, ValueError),
            (lambda c, p: [c], -1, ValueError),
            (lambda c, p: [c], 0, ValueError),
            (lambda c, p: [c], 1.5, TypeError),
            (lambda c, p: [(c, None, -1)], None, ValueError),
            (lambda c, p: [(c, None, 1, 2)], None, ValueError),
            (lambda c, p: ["circuit"], None, (TypeError, ValueError)),
            (lambda c, p: c, None, ValueError),
        ],
    )
    def test_errors(self, kind: Callable[..., Any], pubs: Any, shots: Any, error: Any) -> None:
        with_parameters = ansatz()
        with_parameters.measure_all()
        with pytest.raises(error):
            kind().run(pubs(bell(), with_parameters), shots=shots).result()


@each_estimator
class TestEstimator:
    HAMILTONIAN = SparsePauliOp(["II", "IZ", "ZI", "ZZ", "XY"], [-1.0, 0.4, -0.4, 0.2, 0.3])

    def exact(self, circuit: QuantumCircuit, observable: SparsePauliOp) -> float:
        state = Operator(circuit).data[:, 0]
        return float(np.real(state.conj() @ observable.to_matrix() @ state))

    def test_results_and_jobs(self, kind: Callable[..., Any]) -> None:
        job = kind().run([(QuantumCircuit(1), "Z")])
        result = job.result()
        assert isinstance(job.job_id(), str)
        assert job.status() == JobStatus.DONE
        assert result.metadata == {"version": 2}
        assert isinstance(result[0], PubResult)
        assert set(result[0].data) == {"evs", "stds"}
        assert (result[0].data.evs, result[0].data.stds) == (1.0, 0.0)
        assert len(kind().run(iter([(QuantumCircuit(1), "Z")] * 3)).result()) == 3

    def test_metadata(self, kind: Callable[..., Any]) -> None:
        circuit = QuantumCircuit(2, metadata={"a": 1})
        pubs = [(circuit, "ZZ"), (QuantumCircuit(2), "ZZ", None, 0.2)]
        first, second = kind(default_precision=0.3).run(pubs, precision=0.1).result()
        assert first.metadata == {"target_precision": 0.1, "circuit_metadata": {"a": 1}}
        assert second.metadata == {"target_precision": 0.2, "circuit_metadata": {}}
        (default,) = kind(default_precision=0.3).run([(circuit, "ZZ")]).result()
        assert default.metadata["target_precision"] == 0.3
        assert kind(default_precision=0.3).default_precision == 0.3
        (none,) = kind().run([(circuit, "ZZ")]).result()
        assert none.metadata["target_precision"] == 0

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_ansatz_and_broadcasting(self, kind: Callable[..., Any], wrapped: bool) -> None:
        circuit = ansatz(wrapped=wrapped)
        values = np.random.default_rng(0).uniform(0, 6, (4, 6))
        observables = [self.HAMILTONIAN, SparsePauliOp("ZI"), SparsePauliOp("YX")]
        before = circuit.copy()
        expected = np.array(
            [[self.exact(circuit.assign_parameters(v), o) for v in values] for o in observables]
        )
        shapes: list[tuple[Any, Any, Any]] = [
            ([[o] for o in observables], values, expected),
            (observables, values[0], expected[:, 0]),
            (observables[0], values, expected[0]),
            (observables, values[:3], np.diag(expected[:, :3])),
            (observables[0], values.reshape(2, 2, 6), expected[0].reshape(2, 2)),
            ([observables], values[:, None], expected.T),
            (observables[0], values[0], expected[0, 0]),
            ([observables[0]], [values[0].tolist()], expected[0, :1]),
        ]
        estimator = kind()
        for obs, val, target in shapes:
            found = estimator.run([(circuit, obs, val)]).result()[0].data
            assert found.evs.shape == np.shape(target)
            assert np.allclose(found.evs, target, atol=1e-6)
            assert found.stds.shape == np.shape(target)
        assert circuit == before

    @pytest.mark.parametrize(
        "values", [lambda p, v: {tuple(p): v}, lambda p, v: BindingsArray({tuple(p): v})]
    )
    def test_named_values(self, kind: Callable[..., Any], values: Any) -> None:
        circuit = ansatz()
        rows = np.random.default_rng(1).uniform(0, 6, (2, 6))
        expected = [self.exact(circuit.assign_parameters(r), self.HAMILTONIAN) for r in rows]
        names = list(circuit.parameters)[::-1]  # another order than the circuit's
        pub = (circuit, self.HAMILTONIAN, values(names, rows[:, ::-1]))
        assert np.allclose(kind().run([pub]).result()[0].data.evs, expected, atol=1e-6)
        ready = EstimatorPub.coerce(pub)
        assert np.allclose(kind().run([ready]).result()[0].data.evs, expected, atol=1e-6)

    @pytest.mark.parametrize(
        ("observable", "value"),
        [
            ("ZI", -1.0),
            (Pauli("IZ"), 1.0),
            (SparsePauliOp(["ZI", "ZZ"], [1.0, 2.0]), -3.0),
            ({"ZI": 2.0, "II": 0.5}, -1.5),
            (["ZI", "IZ"], [-1.0, 1.0]),
            ([[{"II": 1.0}], [Pauli("ZI")]], [[1.0], [-1.0]]),
            (ObservablesArray(["ZZ"]), [-1.0]),
            (Pauli("-ZI"), 1.0),
        ],
    )
    def test_forms_of_observables(
        self, kind: Callable[..., Any], observable: Any, value: Any
    ) -> None:
        circuit = QuantumCircuit(2)
        circuit.x(1)
        evs = kind().run([(circuit, observable)]).result()[0].data.evs
        assert evs.tolist() == value

    @pytest.mark.parametrize("values", [None, [], np.array([])])
    def test_no_gates(self, kind: Callable[..., Any], values: Any) -> None:
        for observable, value in (("Z", 1.0), ("X", 0.0), ("I", 1.0)):
            data = kind().run([(QuantumCircuit(1), observable, values)]).result()[0].data
            assert data.evs == pytest.approx(value)

    def test_idle_qubits_and_unused_bits(self, kind: Callable[..., Any]) -> None:
        circuit = QuantumCircuit(4, 3)
        circuit.x(2)
        circuit.barrier()
        evs = kind().run([(circuit, ["IZII", "ZIII", "XIII", "ZZIZ"])]).result()[0].data.evs
        assert evs.tolist() == [-1, 1, 0, -1]

    @pytest.mark.filterwarnings(
        "ignore::scipy.sparse.SparseEfficiencyWarning"
    )  # Qiskit's own matrix exponential
    def test_composite_gates(self, kind: Callable[..., Any]) -> None:
        for name, circuit in composites().items():
            if name != "initialize":
                label = "XYZZX"[: circuit.num_qubits]
                evs = kind().run([(circuit, label)]).result()[0].data.evs
                assert evs == pytest.approx(self.exact(circuit, SparsePauliOp(label)), abs=1e-6)

    def test_precision(self, kind: Callable[..., Any]) -> None:
        circuit, values = ansatz(), np.linspace(0, 5, 60).reshape(10, 6)
        exact = kind(seed=1).run([(circuit, "ZX", values)]).result()[0].data.evs
        estimator = kind(default_precision=0.5, seed=1)
        assert estimator.seed == 1
        pub = (circuit, "ZX", values)
        first, again = estimator.run([pub, pub]).result()
        assert np.array_equal(first.data.evs, again.data.evs)
        noise = np.random.default_rng(1).normal(0.0, 0.5, 10)
        assert np.allclose(first.data.evs - exact, noise, atol=1e-9)
        (whole,) = estimator.run([pub], precision=0).result()
        assert np.array_equal(whole.data.evs, exact)

    @pytest.mark.parametrize(
        ("pub", "precision", "error"),
        [
            (lambda c: (c, "ZZZ"), None, ValueError),
            (lambda c: (c, "ZZ", [[1e4]]), None, ValueError),
            (lambda c: (c, ["ZZ", "Z"]), None, ValueError),
            (lambda c: (c, ["ZZ", "XX"], np.zeros((3, 0))), None, ValueError),
            (lambda c: (c, "ZZ"), -1.0, ValueError),
            (lambda c: (c, 1j * SparsePauliOp("ZZ")), 0.1, ValueError),
            (lambda c: (c,), None, ValueError),
            (lambda c: (c, "ZQ"), None, ValueError),
            (lambda c: ("circuit", "ZZ"), None, (TypeError, ValueError)),
        ],
    )
    def test_errors(self, kind: Callable[..., Any], pub: Any, precision: Any, error: Any) -> None:
        with pytest.raises(error):
            kind().run([pub(QuantumCircuit(2))], precision=precision).result()
        with pytest.raises(ValueError, match="pub-like"):
            kind().run((QuantumCircuit(1), "Z")).result()


class TestOurs:
    """Where ours answer more than Qiskit's, or say more."""

    def test_values_of_measured_circuits(self) -> None:
        circuit = bell()
        evs = qtn.TensorEstimator().run([(circuit, ["XX", "ZZ"])]).result()[0].data.evs
        assert evs == pytest.approx([1, 1], abs=1e-9)
        assert "measure" in circuit.count_ops()

    def test_stated_error_is_the_noise_that_was_added(self) -> None:
        pub = (QuantumCircuit(1), "Z")
        data = qtn.TensorEstimator(seed=1).run([pub], precision=0.25).result()[0].data
        assert data.stds == 0.25
        assert abs(data.evs - 1.0) < 5 * 0.25

    def test_error_that_an_estimator_does_not_tell(self) -> None:
        """Qiskit's adds noise of the precision asked for and states no error."""
        many = [SparseObservable.from_label("Z")] * 40
        for device in (StatevectorEstimator(seed=2), qtn.TensorEstimator(seed=2)):
            value = qtn.run(QuantumCircuit(1), many, device=device, shots=400).values[0]
            assert np.all(value.stderr == 0.05)
            assert np.all(np.abs(value.value - 1.0) < 5 * value.stderr)
            assert np.std(value.value) > 0.02

    def test_register_names_that_no_result_can_have(self) -> None:
        circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(1, "shape"))
        circuit.measure(0, 0)
        with pytest.raises(qtn.ArgumentError, match="register named 'shape'"):
            qtn.TensorSampler().run([circuit])

    def test_numbers_out_of_range(self) -> None:
        with pytest.raises(qtn.ArgumentError, match="`default_precision` must be a finite number"):
            qtn.TensorEstimator(default_precision=-1.0)
        with pytest.raises(qtn.ArgumentError, match="`precision` must be a finite number"):
            qtn.TensorEstimator().run([(QuantumCircuit(1), "Z")], precision=np.inf)
        with pytest.raises(qtn.ArgumentError, match="`default_shots` must be a positive integer"):
            qtn.TensorSampler(default_shots=0)
        with pytest.raises(qtn.ArgumentError, match="`seed` must be an integer"):
            qtn.TensorEstimator(seed=-3)
