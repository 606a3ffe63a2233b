"""Devices with one error for all gates."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, depolarizing_error

import qtn
from qtn.devices import Device, resolve
from qtn.hybrid.noise.uniform import NoiseLevel, uniform_device


def pair() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def test_a_gate_is_depolarised_with_the_probability_given() -> None:
    shots, p = 200_000, 0.2
    found = qtn.run(pair(), "ZZ", device=uniform_device(NoiseLevel(p), None, 2), shots=shots)
    assert abs(float(found.values[0]) - (1 - p)) < 5 / shots**0.5
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(p, 2), ["cx"])
    theirs = qtn.run(pair(), "ZZ", device=Device("aer", noise=model), shots=shots)
    assert abs(float(found.values[0]) - float(theirs.values[0])) < 7 / shots**0.5


def test_readout_flips_bits() -> None:
    flip = QuantumCircuit(1)
    flip.x(0)
    engine = uniform_device(NoiseLevel(0.0, 0.1), None, 1)
    assert abs(float(qtn.run(flip, "Z", device=engine, shots=100_000).values[0]) + 0.8) < 0.01


def test_routing_is_that_of_the_device_without_its_own_errors() -> None:
    clean = uniform_device(NoiseLevel(), "FakeManilaV2", 3)
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.cx(0, 2)
    assert qtn.run(circuit, device=clean, shots=200).counts() == {"011": 200}
    assert clean.target is not None
    assert set(clean.target.operation_names) <= set(resolve("FakeManilaV2").target.operation_names)
    assert qtn.transpile_for(circuit, clean).two_qubit_gates > 3
    assert clean.name == "FakeManilaV2, 0 % per gate"


def test_levels() -> None:
    assert str(NoiseLevel(0.0123, 0.02)) == "1.23 % per gate, 2 % per bit"
    with pytest.raises(qtn.ArgumentError, match="`gate` must be a finite number"):
        NoiseLevel(1.5)
    with pytest.raises(qtn.ArgumentError, match="`readout` must be a finite number"):
        NoiseLevel(0.1, 0.6)
    with pytest.raises(qtn.ArgumentError, match="gate"):
        NoiseLevel(np.nan)


def test_devices_that_do_not_fit() -> None:
    with pytest.raises(qtn.ArgumentError, match="'aer', which has no couplings"):
        uniform_device(NoiseLevel(), "aer", 2)
    with pytest.raises(qtn.ArgumentError, match="of 5 qubits, but the circuits take 6"):
        uniform_device(NoiseLevel(), "FakeManilaV2", 6)
