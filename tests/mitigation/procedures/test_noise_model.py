from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.mitigation.procedures.noise_model import (
    PAIRS,
    PauliNoise,
    anticommute,
    gates_of,
    learn_noise,
)


def pair() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.sx(0)
    circuit.cx(0, 1)
    return circuit


def test_fidelities_follow_from_the_rates():
    rates = np.zeros(15)
    rates[PAIRS.index(("X", "I"))] = 0.1
    model = PauliNoise({("cx", (0, 1)): rates})
    found = dict(zip([("I", "I"), *PAIRS], model.fidelities("cx", (0, 1)), strict=True))
    assert found["Z", "I"] == pytest.approx(np.exp(-0.2))
    assert found["X", "Z"] == pytest.approx(1.0)
    assert model.norm(pair()) == pytest.approx(np.exp(0.2))
    assert anticommute(("X", "X"), ("Z", "I"))
    assert not anticommute(("X", "X"), ("Z", "Z"))


def test_depolarising_noise_is_learned_despite_readout_errors():
    error = 0.02
    device = chain(2, gate=error, readout=(0.03, 0.05))
    model = learn_noise(pair(), device=device, shots=1000, depths=(2, 20), copies=4, seed=1)
    exact = -np.log(1 - error) / 16  # every Pauli anticommutes with 8 of the 15
    (key,) = gates_of(pair())
    assert model.rates[key].sum() == pytest.approx(15 * exact, rel=0.1)
    assert model.rates[key] == pytest.approx(np.full(15, exact), abs=6e-4)
    assert model.shots == 9 * 2 * 4 * 1000


def test_pack_and_unpack_keep_the_rates():
    model = PauliNoise({("cx", (0, 1)): np.linspace(0, 0.1, 15)}, 7, "x")
    again = PauliNoise.unpack(*model.pack())
    assert (again.of("cx", (0, 1)) == model.of("cx", (0, 1))).all()
    assert (again.shots, again.device) == (7, "x")


def test_unlearnable_gates_and_bad_options_are_named():
    model = PauliNoise({("cx", (0, 1)): np.zeros(15)})
    with pytest.raises(ArgumentError, match=r"does not hold the gate cx\[1, 0\]"):
        model.of("cx", (1, 0))
    device = chain(2)
    with pytest.raises(ArgumentError, match="two or more even numbers"):
        learn_noise(pair(), device=device, depths=(1, 2))
    with pytest.raises(ArgumentError, match="no two-qubit gate"):
        learn_noise(QuantumCircuit(2), device=device)
    free = QuantumCircuit(2)
    free.rzz(0.3, 0, 1)
    with pytest.raises(ArgumentError, match="gate `rzz` cannot be learned"):
        learn_noise(free, device="aer")
