"""Choosing the engine of a noisy simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Measure
from qiskit.circuit.library import XGate
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import InstructionProperties, Target
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qtn._machine import Gpu
from qtn.devices import Device, resolve, run
from qtn.devices.engines.gpu import Aer
from qtn.devices.engines.simulated import SimulatedEngine, gpu_seconds, predicted_seconds
from qtn.devices.measurements import has_mid_circuit
from qtn.devices.placement.cutting import Description
from qtn.errors import DeviceError


def has_gpu() -> bool:
    return "GPU" in AerSimulator().available_devices()


def cheapest(circuit: QuantumCircuit, shots: int = 4096, bindings: int = 1) -> str:
    costs = predicted_seconds(circuit, shots, bindings)
    return min(costs, key=lambda method: costs[method])


def ring(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for qubit in range(n):
        circuit.cx(qubit, (qubit + 1) % n)
    return circuit


def everyone(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for a in range(n):
        for b in range(a):
            circuit.cx(a, b)
    return circuit


def test_cheapest_method(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    assert cheapest(chain_circuit(16)) == "tensor"
    assert cheapest(chain_circuit(5), bindings=500) == "tensor"
    assert cheapest(ring(5)) == "tensor"
    assert cheapest(ring(20)) == "tensor"
    assert cheapest(everyone(12)) == "density_matrix"
    assert cheapest(everyone(13)) == "statevector"
    assert cheapest(everyone(40)) == "matrix_product_state"


def test_density_matrix_grows_sixteenfold_per_pair_of_qubits() -> None:
    few, more = (predicted_seconds(ring(n), 1, 100)["density_matrix"] / n for n in (11, 13))
    assert 14 < more / few < 17


def test_mid_circuit_operations_are_seen() -> None:
    plain = QuantumCircuit(2, 2)
    plain.measure([0, 1], [0, 1])
    assert not has_mid_circuit(plain)
    again = plain.copy()
    again.x(0)
    assert has_mid_circuit(again)
    reset = QuantumCircuit(1)
    reset.reset(0)
    assert has_mid_circuit(reset)
    assert "tensor" in predicted_seconds(reset, 1, 1)
    with plain.if_test((plain.clbits[0], 1)):
        plain.x(1)
    assert "tensor" not in predicted_seconds(plain, 1, 1)


def test_forced_engines(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(3)
    for engine, text in (
        ("tensor", "tensor network: asked for"),
        ("density_matrix", "Aer density_matrix: asked for"),
        ("statevector", "Aer statevector: asked for"),
        ("aer", "Aer density_matrix: 3 active qubits"),
    ):
        assert text in run(circuit, device=Device("FakeManilaV2", engine), shots=1000).engine


def test_noise_model_is_cached() -> None:
    engine = resolve("FakeManilaV2")
    assert engine.noise((0, 1)) is engine.noise((0, 1))
    assert resolve("fake_manila") is engine


def test_on_a_gpu_shots_are_batched_and_the_memory_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qtn.devices.engines.gpu.gpus", lambda: (Gpu("H100", 80 << 30, "1"),))
    costs = gpu_seconds(ring(16), 4096, 1, Aer(True))
    assert set(costs) == {"statevector"}
    assert costs["statevector"] < predicted_seconds(ring(16), 4096, 1)["statevector"] / 5
    assert set(gpu_seconds(ring(15), 10**6, 1, Aer(True))) == {"statevector", "density_matrix"}
    with pytest.raises(DeviceError, match="40 active qubits does not fit the memory of the GPU"):
        gpu_seconds(ring(40), 10, 1, Aer(True))


@pytest.mark.skipif(has_gpu(), reason="a GPU is at hand")
def test_a_missing_gpu_is_named() -> None:
    with pytest.raises(DeviceError, match="'fake_manila' needs the GPU build of Aer"):
        resolve(Device("FakeManilaV2", gpu=True))


@pytest.mark.parametrize(
    ("engine", "library"),
    [
        ("density_matrix", None),
        ("statevector", None),
        ("auto", None),
        ("statevector", "custatevec"),
        ("auto", "cutensornet"),
    ],
)
def test_noise_models_travel_to_the_gpu(
    engine: str,
    library: str | None,
    monkeypatch: pytest.MonkeyPatch,
    chain_circuit: Callable[..., QuantumCircuit],
) -> None:
    """Aer gets the noise model, the circuits and the seed that it gets on a CPU."""
    monkeypatch.setattr("qtn.devices.engines.simulated.refuse_missing", lambda name, aer: None)
    monkeypatch.setattr("qtn.devices.engines.gpu.gpus", lambda: (Gpu("H100", 80 << 30, "1"),))
    asked: list[tuple[str, dict[str, Any]]] = []

    def on_cpu(aer: Aer, method: str) -> AerSimulator:
        asked.append((method, aer.settings(method)))
        return AerSimulator(method="density_matrix" if method == "tensor_network" else method)

    monkeypatch.setattr(Aer, "simulator", on_cpu)
    backend, circuit = GenericBackendV2(5, seed=0), chain_circuit(4)
    there = SimulatedEngine(backend, engine, Aer(True, library=library))
    found = run(circuit, device=there, shots=500, seed=3).counts()
    method, settings = asked[-1]
    assert settings["device"] == "GPU"
    assert settings["batched_shots_gpu"] is True
    assert settings.get("cuStateVec_enable", False) is (library == "custatevec")
    assert method == ("tensor_network" if library == "cutensornet" else method)
    assert engine in ("auto", method)
    same = "density_matrix" if method == "tensor_network" else method
    here = SimulatedEngine(backend, same)
    assert there.noise((0, 1, 2, 3)) == here.noise((0, 1, 2, 3))
    assert not there.noise((0, 1, 2, 3)).is_ideal()
    assert found == run(circuit, device=here, shots=500, seed=3).counts()


@pytest.mark.gpu
@pytest.mark.skipif(not has_gpu(), reason="no GPU build of Aer with a GPU")
@pytest.mark.parametrize("engine", ["density_matrix", "statevector"])
def test_noise_on_a_gpu_is_that_on_the_cpu(
    engine: str, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    shots = 20_000
    backend = GenericBackendV2(5, seed=0)
    here, there = (
        run(chain_circuit(4), device=Device(backend, engine, gpu=gpu), shots=shots).counts()
        for gpu in (False, True)
    )
    for outcome in set(here) | set(there):
        assert abs(here.get(outcome, 0) - there.get(outcome, 0)) < 5 * (shots / 2) ** 0.5


@pytest.mark.gpu
@pytest.mark.skipif(not has_gpu(), reason="no GPU build of Aer with a GPU")
@pytest.mark.parametrize("library", ["custatevec", "cutensornet"])
def test_libraries_on_a_gpu_give_what_the_cpu_gives(
    library: str, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    shots, backend = 20_000, GenericBackendV2(5, seed=0)
    try:
        device = resolve(Device(backend, gpu=True, library=library))
    except DeviceError as error:
        pytest.skip(str(error))
    here, there = (
        run(chain_circuit(4), device=d, shots=shots).counts() for d in (Device(backend), device)
    )
    for outcome in set(here) | set(there):
        assert abs(here.get(outcome, 0) - there.get(outcome, 0)) < 5 * (shots / 2) ** 0.5


def test_a_noise_model_that_chains_refuse_goes_to_aer() -> None:
    """Readout errors that go together, on a small circuit that the tensor network would take."""
    model = NoiseModel()
    model.add_readout_error([[0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]], [0, 1])
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.x(0)
    circuit.measure([0, 1], [0, 1])
    found = run(circuit, device=Device("aer", noise=model), shots=50)
    assert "correlated readout error" in found.engine
    assert "Aer density_matrix" in found.engine
    with pytest.raises(DeviceError, match="correlated readout error"):
        run(circuit, device=Device("aer", noise=model, engine="tensor"), shots=50)


def test_readout_errors_count_where_no_gate_errs():
    target = Target(num_qubits=1)
    target.add_instruction(XGate(), {(0,): None})
    target.add_instruction(Measure(), {(0,): InstructionProperties(error=0.1)})
    flip = QuantumCircuit(1)
    flip.x(0)
    found = run(flip, "Z", device=SimulatedEngine(Description(target)), shots=100_000)
    assert float(found.values[0]) == pytest.approx(-0.8, abs=0.01)
