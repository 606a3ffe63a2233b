"""qtn.run: the same manners on every device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector
from qiskit_aer import AerSimulator

import qtn
from qtn.devices import Device, run, transpile_for

SHOTS = 4000
DEVICES = ["aer", "tensor", AerSimulator(), StatevectorSampler(seed=1)]


@pytest.mark.parametrize("device", DEVICES, ids=["aer", "tensor", "backend", "sampler"])
def test_sweep_on_noiseless_devices(
    device: object, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    circuit = chain_circuit(4, free=True)
    values = np.random.default_rng(0).normal(size=(3, 4))
    observables = [SparsePauliOp(["XXII", "IZZY"], [1.0, 0.5]), SparseObservable.from_label("0000")]
    result = run((circuit, values), observables, device=device, shots=SHOTS)
    estimate = result.values[0]
    assert estimate.shape == (3, 2)
    for row, binding in enumerate(values):
        state = Statevector(circuit.assign_parameters(binding))
        exact = [
            state.expectation_value(observables[0]).real,
            abs(state.data[0]) ** 2,
        ]
        assert np.all(np.abs(estimate.value[row] - exact) < 5 * estimate.stderr[row] + 1e-12)


def test_counts_are_qiskit_strings() -> None:
    flip = QuantumCircuit(3)
    flip.x(0)
    for device in ("aer", "tensor", Device("FakeManilaV2")):
        counts = run(flip, device=device, shots=200).counts()
        assert max(counts, key=lambda k: counts[k]) == "001"


def test_list_of_circuits_and_one_observable(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuits = [chain_circuit(3, seed=s) for s in range(3)]
    result = run(circuits, SparsePauliOp("ZZZ"), shots=SHOTS)
    assert len(result) == 3
    for circuit, estimate in zip(circuits, result.values, strict=True):
        exact = Statevector(circuit).expectation_value(SparsePauliOp("ZZZ")).real
        assert abs(estimate.value - exact) < 5 * estimate.stderr


def test_own_measurements_are_kept() -> None:
    circuit = QuantumCircuit(3, 1)
    circuit.x(2)
    circuit.measure(2, 0)
    assert run(circuit, shots=50).counts() == {"1": 50}
    assert run(circuit, device="FakeManilaV2", shots=50).counts()["1"] > 40


def test_mid_circuit_measurement_and_feedback() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    assert run(circuit, shots=50).counts() == {"11": 50}
    noisy = run(circuit, device="FakeManilaV2", shots=200)
    assert noisy.counts()["11"] > 150
    assert "Aer" in noisy.engine


def test_same_seed_same_result(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(3)
    for device in ("aer", "tensor", "FakeManilaV2"):
        first, again, other = (run(circuit, device=device, shots=500, seed=s) for s in (1, 1, 2))
        assert np.array_equal(first.bits[0].array, again.bits[0].array)
        assert not np.array_equal(first.bits[0].array, other.bits[0].array)


def test_noisy_engines_agree(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(4)
    observable = SparsePauliOp(["XXII", "ZZZZ"])
    found = [
        run(circuit, observable, device=Device("FakeManilaV2", engine), shots=SHOTS).values[0]
        for engine in ("density_matrix", "statevector", "tensor", "auto")
    ]
    for estimate in found[1:]:
        assert abs(estimate.value - found[0].value) < 5 * (estimate.stderr + found[0].stderr)


def test_readout_error_is_in_the_values() -> None:
    ones = QuantumCircuit(2)
    ones.x([0, 1])
    value = run(ones, SparsePauliOp("ZZ"), device="FakeManilaV2", shots=SHOTS).values[0]
    assert value.value < 1 - 5 * value.stderr


def test_generic_backend_is_simulated_with_its_noise(
    chain_circuit: Callable[..., QuantumCircuit],
) -> None:
    result = run(chain_circuit(3), device=GenericBackendV2(5, seed=1), shots=100)
    assert "3 active qubits" in result.engine
    assert result.counts() != run(chain_circuit(3), shots=100).counts()


def test_transpiled_circuit_runs_as_it_is(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    ready = transpile_for(chain_circuit(3), "FakeManilaV2")
    folded = ready.circuit.compose(ready.circuit.inverse()).compose(ready.circuit)
    result = run(replace(ready, circuit=folded), SparsePauliOp("XXX"), device="FakeManilaV2")
    assert result.circuits[0] is folded


def test_engine_says_what_and_why(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    assert "statevector: 3 qubits" in run(chain_circuit(3), shots=10).engine
    assert "tensor network: 16 active qubits" in str(
        run(chain_circuit(16), device="FakeAlgiers", shots=1000)
    )
    ghz = QuantumCircuit(60)
    ghz.h(0)
    for q in range(59):
        ghz.cx(q, q + 1)
    assert "stabilizer: all gates are Clifford" in run(ghz, shots=10).engine
    ghz.ry(0.1, 0)
    assert "matrix_product_state: 60 qubits" in run(ghz, shots=10).engine


def test_many_bindings_cross_batches(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(2, free=True)
    values = np.random.default_rng(0).normal(size=(150, 2))
    result = run([(circuit, values), circuit.assign_parameters(values[0])], shots=2000)
    assert result.bits[0].shape == (150,)
    assert result.bits[1].shape == ()
    for k in (0, 63, 64, 149):
        exact = np.abs(Statevector(circuit.assign_parameters(values[k])).data[0]) ** 2
        p = result.counts(0, k).get("00", 0) / 2000
        assert abs(p - exact) < 5 * np.sqrt(0.25 / 2000)


class TestBadInput:
    def circuit(self) -> QuantumCircuit:
        from qiskit.circuit import Parameter

        circuit = QuantumCircuit(2, name="swept")
        circuit.rx(Parameter("a"), 0)
        circuit.ry(Parameter("b"), 1)
        return circuit

    def test_too_many_shots(self) -> None:
        with pytest.raises(qtn.ArgumentError, match=r"`shots` must be .* but is 1000000000\. Add"):
            run(QuantumCircuit(2), shots=10**9)
        with pytest.raises(qtn.ArgumentError, match=r"would take 11\.2 GiB"):
            run((self.circuit(), np.zeros((1200, 2))), shots=10**7)

    def test_unknown_device(self) -> None:
        with pytest.raises(qtn.ArgumentError, match=r"Did you mean 'FakeAlgiers'") as error:
            run(QuantumCircuit(2), device="FakeAlgier")
        assert "FakeTorino" in str(error.value)
        assert "tensor" in str(error.value)
        with pytest.raises(qtn.ArgumentError, match=r"a device name, a Qiskit BackendV2"):
            run(QuantumCircuit(2), device=3)
        with pytest.raises(qtn.ArgumentError, match=r"`engine` must be one of"):
            Device("FakeAlgiers", engine="fast")

    def test_unbound_parameters(self) -> None:
        with pytest.raises(
            qtn.ArgumentError, match=r"'swept' has 2 unbound parameter\(s\) \(a, b\)"
        ):
            run(self.circuit())

    @pytest.mark.parametrize("shape", [(3,), (3, 1), (2, 2, 2)])
    def test_wrong_sweep(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(qtn.ArgumentError, match=r"must have shape \(bindings, 2\)"):
            run((self.circuit(), np.zeros(shape)))

    def test_values_that_are_no_numbers(self) -> None:
        with pytest.raises(qtn.ArgumentError, match=r"finite numbers only"):
            run((self.circuit(), [[0.0, np.nan]]))

    def test_no_circuit(self) -> None:
        for nothing in ([], "circuit", (QuantumCircuit(1), 1, 2), QuantumCircuit(0)):
            with pytest.raises(qtn.ArgumentError, match=r"Give a QuantumCircuit, a pair"):
                run(nothing)

    def test_values_without_observables(self) -> None:
        with pytest.raises(qtn.ArgumentError, match=r"has counts only"):
            _ = run(QuantumCircuit(1), shots=1).values


def test_parts_give_the_bits_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Very many circuits are prepared part by part, with the batches and streams of the whole."""
    circuits = []
    for k in range(9):
        circuit = QuantumCircuit(2)
        circuit.ry(0.3 * k, 0)
        circuit.cx(0, 1)
        circuits.append(circuit)
    asked = SparsePauliOp(["ZZ", "XX"])
    whole = run(circuits, asked, shots=40)
    monkeypatch.setattr("qtn.devices.door.PART", 1)
    monkeypatch.setattr("qtn.devices.engines.aer.AerEngine.batch", 4)
    parts = run(circuits, asked, shots=40)
    budget = run(circuits, asked, shots=40, budget=qtn.devices.Budget(shots=10**4))
    assert len(parts) == len(whole) == 9
    for one, other in zip(parts.pubs, budget.pubs, strict=True):
        assert [b.label for b in one.bases] == [b.label for b in other.bases]
        for a, b in zip(one.bits, other.bits, strict=True):
            assert np.array_equal(a.array, b.array)
