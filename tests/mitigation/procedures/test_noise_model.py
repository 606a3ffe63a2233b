from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.mitigation.procedures.noise_model import learn_noise
from qtn.mitigation.values.pauli_noise import gates_of


def pair() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.sx(0)
    circuit.cx(0, 1)
    return circuit


def test_depolarising_noise_is_learned_despite_readout_errors():
    error = 0.02
    device = chain(2, gate=error, readout=(0.03, 0.05))
    model = learn_noise(pair(), device=device, shots=1000, depths=(2, 20), copies=4, seed=1)
    exact = -np.log(1 - error) / 16  # every Pauli anticommutes with 8 of the 15
    (key,) = gates_of(pair())
    assert model.rates[key].sum() == pytest.approx(15 * exact, rel=0.1)
    assert model.rates[key] == pytest.approx(np.full(15, exact), abs=6e-4)
    assert model.shots == 9 * 2 * 4 * 1000


def test_unlearnable_gates_and_bad_options_are_named():
    device = chain(2)
    with pytest.raises(ArgumentError, match="two or more even numbers"):
        learn_noise(pair(), device=device, depths=(1, 2))
    with pytest.raises(ArgumentError, match="no two-qubit gate"):
        learn_noise(QuantumCircuit(2), device=device)
    free = QuantumCircuit(2)
    free.rzz(0.3, 0, 1)
    with pytest.raises(ArgumentError, match="gate `rzz` cannot be learned"):
        learn_noise(free, device="aer")
