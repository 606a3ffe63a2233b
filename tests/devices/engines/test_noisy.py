"""Noise models as devices."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, depolarizing_error

import qtn
from qtn.devices import Device, resolve, run

RATE = 0.1


def model(qubits: list[int] | None = None) -> NoiseModel:
    noise = NoiseModel()
    error = depolarizing_error(RATE, 2)
    if qubits is None:
        noise.add_all_qubit_quantum_error(error, ["cx"])
    else:
        noise.add_quantum_error(error, ["cx"], qubits)
    return noise


def flipped(circuit: QuantumCircuit, device: Device, qubits: str) -> float:
    """Return the probability that a pair in the state 00 is found in another one."""
    shots = 20_000
    counts = run(circuit, device=device, shots=shots, seed=1).counts()
    return 1 - counts.get(qubits, 0) / shots


@pytest.mark.parametrize("engine", ["auto", "density_matrix", "statevector", "tensor"])
def test_gates_get_the_errors_of_the_model(engine: str) -> None:
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)  # written as a CX, which alone is noisy
    expected = 0.75 * RATE
    found = flipped(circuit, Device("aer", engine, noise=model()), "00")
    assert abs(found - expected) < 5 * np.sqrt(expected / 20_000)


def test_errors_stay_on_their_qubits() -> None:
    device = Device("aer", noise=model([1, 2]))
    for pair, rate in ((1, 0.75 * RATE), (0, 0.0)):
        circuit = QuantumCircuit(3)
        circuit.cx(pair, pair + 1)
        found = flipped(circuit, device, "000")
        assert abs(found - rate) <= 5 * np.sqrt(rate / 20_000)


def test_other_models_are_other_requests() -> None:
    engines = [resolve(Device("aer", noise=noise)) for noise in (model(), model(), model([0, 1]))]
    assert engines[0].options == engines[1].options != engines[2].options
    assert engines[0].name == "aer with noise"


def test_settings_without_a_meaning_are_refused() -> None:
    with pytest.raises(qtn.ArgumentError, match="`noise` must be a qiskit_aer NoiseModel"):
        Device("aer", noise="much")
    with pytest.raises(qtn.ArgumentError, match="`noise` must be a qiskit_aer NoiseModel"):
        Device("FakeManilaV2", noise=model())
    with pytest.raises(qtn.ArgumentError, match="are for what Aer simulates, but the device is"):
        Device("tensor", gpu=True)
    with pytest.raises(qtn.ArgumentError, match="is for Aer's methods, but engine='tensor'"):
        Device("FakeManilaV2", "tensor", gpu=True)
    with pytest.raises(qtn.ArgumentError, match="`precision` must be one of"):
        Device("aer", precision="half")
    with pytest.raises(qtn.ArgumentError, match="`library` must be one of"):
        Device("aer", gpu=True, library="cublas")
    with pytest.raises(qtn.ArgumentError, match="is for GPUs, but 'custatevec' is asked for"):
        Device("FakeManilaV2", library="custatevec")
    with pytest.raises(qtn.ArgumentError, match="is a method of its own, but engine='statevector'"):
        Device("aer-gpu", "statevector", library="cutensornet")
    with pytest.raises(qtn.ArgumentError, match="`gpu` must be True or False"):
        Device("aer", gpu=1)
