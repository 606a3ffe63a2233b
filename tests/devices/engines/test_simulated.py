"""Choosing the engine of a noisy simulation."""

from __future__ import annotations

from collections.abc import Callable

from qiskit import QuantumCircuit

from qtn.devices import Device, resolve, run
from qtn.devices.engines.simulated import predicted_seconds
from qtn.devices.measurements import has_mid_circuit


def cheapest(circuit: QuantumCircuit, shots: int = 4096, bindings: int = 1) -> str:
    costs = predicted_seconds(circuit, shots, bindings)
    return min(costs, key=lambda method: costs[method])


def ring(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for qubit in range(n):
        circuit.cx(qubit, (qubit + 1) % n)
    return circuit


def test_cheapest_method(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    assert cheapest(chain_circuit(16)) == "tensor"
    assert cheapest(chain_circuit(5), bindings=500) == "tensor"
    assert cheapest(ring(5)) == "density_matrix"
    assert cheapest(ring(20)) == "statevector"
    assert cheapest(ring(40)) == "matrix_product_state"


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
    assert "tensor" not in predicted_seconds(reset, 1, 1)


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
