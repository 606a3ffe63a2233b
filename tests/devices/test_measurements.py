"""Classical bits: right with registers of any kind, at every door and on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Parameter
from qiskit.primitives import (
    BindingsArray,
    BitArray,
    DataBin,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2

import qtn
from qtn.devices import run, transpile_for
from qtn.devices.measurements import bits_of, columns_of, opened, readable, unmeasured

REGISTERS: dict[str, Callable[[], list[Any]]] = {
    "none": list,
    "unused": lambda: [ClassicalRegister(2, "c")],
    "named meas": lambda: [ClassicalRegister(3, "meas")],
    "several": lambda: [ClassicalRegister(1, "a"), ClassicalRegister(4, "b")],
    "empty": lambda: [ClassicalRegister(0, "e"), ClassicalRegister(2, "f")],
    "loose": lambda: [[Clbit(), Clbit()]],
    "loose first": lambda: [[Clbit()], ClassicalRegister(2, "c")],
    "nothing but empty": lambda: [ClassicalRegister(0, "meas"), ClassicalRegister(0, "shape")],
    "reserved name": lambda: [ClassicalRegister(2, "shape")],
}
ENGINES = {
    "aer": "aer",
    "tensor": "tensor",
    "fake": "FakeManilaV2",
    "sampler": StatevectorSampler(seed=1),
    "backend": AerSimulator(seed_simulator=1),
    "estimator": StatevectorEstimator(seed=1),
}
LABELS = ("XX", "YY", "ZZ", "IZ")
NO_BITS = ("none", "nothing but empty")
each_engine = pytest.mark.parametrize("device", ENGINES.values(), ids=ENGINES)
each_register = pytest.mark.parametrize("kind", REGISTERS)


def singlet(kind: str = "none", *, measure: bool = False) -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(2, "q"))
    for bits in REGISTERS[kind]():
        circuit.add_bits(bits) if isinstance(bits, list) else circuit.add_register(bits)
    if kind == "several":  # registers that share bits
        circuit.add_register(ClassicalRegister(bits=circuit.clbits[1:3], name="shared"))
    circuit.x([0, 1])
    circuit.h(0)
    circuit.cx(0, 1)
    if measure:
        circuit.barrier()
        circuit.measure([0, 1], circuit.clbits[-2:])
    return circuit


@each_engine
@each_register
@pytest.mark.parametrize("measure", [False, True], ids=["unmeasured", "measured"])
def test_values(device: Any, kind: str, measure: bool) -> None:
    circuit = singlet(kind, measure=measure and kind not in NO_BITS)
    before = circuit.copy()
    values = run(circuit, [SparsePauliOp(p) for p in LABELS], device=device, shots=1000).values[0]
    assert np.allclose(values.value, [-1, -1, -1, 0], atol=0.2)
    assert circuit == before


@pytest.mark.parametrize("kind", [k for k in REGISTERS if k not in NO_BITS])
@pytest.mark.parametrize("measure", [False, True], ids=["unmeasured", "measured"])
def test_counts(kind: str, measure: bool) -> None:
    """Bit i is classical bit i of a measured circuit, qubit i of one without measurements."""
    circuit = singlet(kind)
    circuit.cx(0, 1)
    circuit.h(0)  # back in |11>
    circuit.x(1)
    width = circuit.num_clbits if measure else 2
    if measure:
        circuit.measure([0, 1], circuit.clbits[-2:])
    expected = "01".ljust(width, "0")
    for device in list(ENGINES.values())[:5]:
        counts = run(circuit, device=device, shots=100).counts()
        assert counts.get(expected, 0) > 80, (device, counts)


@each_engine
def test_one_outcome_of_many_in_a_register_of_its_own(device: Any) -> None:
    """An observable reads its own measurements, whatever else the circuit measured last."""
    circuit = QuantumCircuit(3, 1)
    circuit.x(2)
    circuit.measure(2, 0)
    values = run(circuit, [SparsePauliOp("ZII"), SparsePauliOp("IIZ")], device=device, shots=500)
    assert np.allclose(values.values[0].value, [-1, 1], atol=0.2)


class TestMeasuredInside:
    """What goes on after a measurement has no value here, and is refused at every door."""

    def circuits(self) -> dict[str, QuantumCircuit]:
        after = QuantumCircuit(2, 1, name="after")
        after.h(0)
        after.measure(0, 0)
        after.x(0)
        read = QuantumCircuit(2, 1, name="read")
        read.measure(0, 0)
        with read.if_test((read.clbits[0], 1)):
            read.x(1)
        hidden = QuantumCircuit(2, 1, name="hidden")
        part = QuantumCircuit(1, 1, name="part")
        part.measure(0, 0)
        hidden.append(part.to_instruction(), [0], [0])
        hidden.h(0)
        return {c.name: c for c in (after, read, hidden)}

    @pytest.mark.parametrize("name", ["after", "read", "hidden"])
    def test_refused(self, name: str) -> None:
        circuit = self.circuits()[name]
        text = f"'{name}' measures or branches before its end"
        for device in ("aer", StatevectorEstimator()):
            with pytest.raises(qtn.ArgumentError, match=text):
                run(circuit, SparsePauliOp("ZZ"), device=device)
        with pytest.raises(qtn.ArgumentError, match=text):
            qtn.mitigate(circuit, "ZZ", device="aer", progress=False)

    def test_transpiled_together(self) -> None:
        circuit = QuantumCircuit(1)
        circuit.measure_all()
        ready = transpile_for(circuit, "FakeManilaV2")
        text = "transpiled together with its measurements"
        with pytest.raises(qtn.ArgumentError, match=text):
            run(ready, SparsePauliOp("X"), device="FakeManilaV2")
        with pytest.raises(qtn.ArgumentError, match=text):
            qtn.mitigate(ready, "X", device="FakeManilaV2", progress=False)
        assert run(ready, device="FakeManilaV2", shots=100).counts()["0"] > 80


@each_register
def test_mitigated(kind: str) -> None:
    for measure in (False, True)[: 1 + (kind not in NO_BITS)]:
        circuit = singlet(kind, measure=measure)
        for label in ("XX", "ZZ"):
            value = qtn.mitigate(
                circuit, label, [qtn.Readout()], device="FakeManilaV2", shots=2000, progress=False
            )
            assert value.value == pytest.approx(-1, abs=0.15)


def test_measurements_inside_instructions_and_loops() -> None:
    part = QuantumCircuit(1, 1, name="part")
    part.x(0)
    part.measure(0, 0)
    circuit = QuantumCircuit(2, 1)
    circuit.append(part.to_instruction(), [1], [0])
    with circuit.for_loop(range(3)):
        circuit.x(0)
    assert set(opened(circuit).count_ops()) == {"x", "measure"}
    for device in list(ENGINES.values())[:5]:
        counts = run(circuit, device=device, shots=100).counts()
        assert counts["1"] > 80
        value = run(circuit, SparsePauliOp("ZZ"), device=device, shots=500).values[0]
        assert value.value > 0.7


def test_delay_after_a_final_measurement_goes_with_it() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.delay(10, 1)
    circuit.measure([0, 1], [0, 1])
    circuit.delay(100, 0)
    circuit.barrier()
    bare = unmeasured(circuit, "")
    assert (bare.num_clbits, dict(bare.count_ops())) == (0, {"delay": 1, "barrier": 1})
    assert [bare.find_bit(q).index for q in bare.data[0].qubits] == [1]


def test_conditions_on_registers_that_share_bits() -> None:
    a = ClassicalRegister(2, "all0")
    circuit = QuantumCircuit(QuantumRegister(2), [Clbit()], a)
    circuit.add_register(ClassicalRegister(bits=[circuit.clbits[2], circuit.clbits[0]], name="b"))
    circuit.global_phase = 0.25
    circuit.x(0)
    circuit.measure([0, 0], [0, 1])
    with circuit.if_test((a, 1)):
        circuit.x(1)
    with circuit.if_test((circuit.cregs[1], 2)):
        circuit.x(0)
    circuit.measure(1, 2)
    whole = readable(circuit)
    assert list(whole.cregs[0]) == whole.clbits
    assert whole.global_phase == 0.25
    for device in ("aer", "tensor", "FakeManilaV2", AerSimulator(), SamplerV2()):
        assert run(circuit, device=device, shots=200).counts()["111"] > 150


def test_conditions_on_variables() -> None:
    """Aer knows no Boolean variables, and says so in its own way."""
    circuit = QuantumCircuit(QuantumRegister(1), [Clbit()], ClassicalRegister(1, "more"))
    flag = circuit.add_var("flag", False)
    circuit.measure(0, 0)
    circuit.store(flag, circuit.clbits[0])
    with circuit.if_test(flag):
        circuit.x(0)
    assert [v.name for v in readable(circuit).iter_vars()] == ["flag"]
    with pytest.raises(qtn.DeviceError, match="Aer cannot take the circuits"):
        run(circuit, device="aer")
    with pytest.raises(qtn.DeviceError, match="cannot follow 'if_else'"):
        run(circuit, device="tensor")


def test_parameters_that_the_transpiler_drops() -> None:
    """A phase just before the measurement has no effect; the other columns keep their meaning."""
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(1, 1)
    circuit.ry(b, 0)
    circuit.rz(a, 0)
    circuit.measure(0, 0)
    values = np.array([[0.5, np.pi], [np.pi, 0.0]])
    alone = QuantumCircuit(1, 1)
    alone.rz(a, 0)
    alone.measure(0, 0)
    for device in list(ENGINES.values())[:5]:
        bits = run((circuit, values), device=device, shots=100)
        assert bits.counts(binding=0)["1"] > 80
        assert bits.counts(binding=1)["0"] > 80
        assert run((alone, values[:, :1]), device=device, shots=100).bits[0].shape == (2,)
    assert columns_of(values, [a, b], [b]).tolist() == [[np.pi], [0.0]]  # type: ignore[union-attr]


class TestNamedValues:
    """Values by name, as Qiskit's primitives take them."""

    def circuit(self) -> QuantumCircuit:
        circuit = QuantumCircuit(2)
        circuit.ry(Parameter("b"), 0)
        circuit.ry(Parameter("a"), 1)
        return circuit

    @pytest.mark.parametrize("wrap", [dict, BindingsArray])
    def test_run_and_mitigate(self, wrap: Any) -> None:
        values = wrap({"b": [np.pi, 0.0], "a": [0.0, 0.0]})
        observables = [SparsePauliOp("IZ"), SparsePauliOp("ZI")]
        found = run((self.circuit(), values), observables, shots=100).values[0]
        assert found.value.tolist() == [[-1, 1], [1, 1]]
        value = qtn.mitigate((self.circuit(), values), "IZ", device="aer", progress=False)
        assert value.value.tolist() == [-1, 1]
        one = run((self.circuit(), {"b": np.pi, "a": 0.0}), SparsePauliOp("IZ"), shots=100)
        assert one.values[0].value.tolist() == [-1]

    @pytest.mark.parametrize(
        "values", [{"a": 1.0}, {"a": 1.0, "c": 2.0}, {"a": [1.0], "b": [1.0, 2.0]}, {}]
    )
    def test_misfit(self, values: Any) -> None:
        for door in (run, lambda pub: qtn.mitigate(pub, "ZZ", device="aer")):
            with pytest.raises(qtn.ArgumentError, match=r"every parameter of circuit .* \(a, b\)"):
                door((self.circuit(), values))


def test_bits_that_a_sampler_does_not_return() -> None:
    circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(2, "c"))
    short = BitArray.from_samples([0, 1], 1)
    for data in (DataBin(), DataBin(d=short), DataBin(c=short)):
        with pytest.raises(qtn.DeviceError, match="no bits, or another number of bits than 2"):
            bits_of(data, circuit)
    with pytest.raises(qtn.DeviceError, match="in no register"):
        bits_of(DataBin(), QuantumCircuit(1))


def test_resets_that_a_state_vector_draws_once() -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(0)
    with pytest.raises(qtn.DeviceError, match="draws the outcome of a reset once"):
        run(circuit, device=StatevectorSampler(seed=1))
    with pytest.raises(qtn.DeviceError, match="draws the outcome of a reset once"):
        run(circuit, SparsePauliOp("ZI"), device=StatevectorEstimator(seed=1))
    for device in ("aer", "tensor", AerSimulator(), qtn.TensorEstimator()):
        value = run(circuit, SparsePauliOp("ZI"), device=device, shots=1000).values[0]
        assert abs(value.value) < 5 * value.stderr
