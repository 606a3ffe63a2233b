from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import PEA, PEC, PauliNoise, mitigate
from qtn.mitigation.pec import insert_paulis

ERROR = 0.05
RATE = -np.log(1 - ERROR) / 16
MODEL = PauliNoise({("cx", p): np.full(15, RATE) for p in ((0, 1), (1, 0))})


def circuit() -> QuantumCircuit:
    c = QuantumCircuit(2)
    for k in range(4):
        c.sx(0)
        c.rz(0.3 + k, 0)
        c.cx(0, 1)
    return c


def test_no_insertion_leaves_the_unitary():
    out, sign = insert_paulis(circuit(), MODEL, 0.0, np.random.default_rng(0))
    assert sign == 1
    assert Operator(out).equiv(Operator(circuit()))


def test_cancellation_is_unbiased_where_the_raw_value_is_not():
    exact = float(np.real(Statevector(circuit()).probabilities() @ [1, -1, -1, 1]))
    device = chain(2, gate=ERROR)
    raw = mitigate(circuit(), "ZZ", device=device, shots=40_000)
    found = mitigate(circuit(), "ZZ", PEC(MODEL, copies=100), device=device, shots=40_000)
    assert abs(raw.value - exact) > 5 * raw.stderr
    assert abs(found.value - exact) < 4 * found.stderr
    assert found.stderr < 0.05
    assert found.method == "pec"


def test_amplification_multiplies_the_decay():
    exact = float(np.real(Statevector(circuit()).probabilities() @ [1, -1, -1, 1]))
    device = chain(2, gate=ERROR)
    found = mitigate(circuit(), "ZZ", PEA(MODEL, (1, 2, 3), copies=12), device=device, shots=30_000)
    assert abs(found.value - exact) < 4 * found.stderr
    assert "pea(1, 2, 3): exponential" in found.method


def test_bad_models_and_options_are_refused():
    with pytest.raises(ArgumentError, match="`noise` must be a PauliNoise"):
        PEC(noise="model")
    with pytest.raises(ArgumentError, match="for cancellation"):
        PEC(MODEL, factors=(1, 2))
    with pytest.raises(ArgumentError, match="`copies` must be a positive integer"):
        PEA(MODEL, copies=0)
    with pytest.raises(ArgumentError, match="does not hold the gate"):
        mitigate(circuit(), "ZZ", PEC(PauliNoise({})), device=chain(2))
    with pytest.raises(ArgumentError, match="leaves 1 shots for each circuit"):
        mitigate(circuit(), "ZZ", PEC(MODEL, copies=100), device=chain(2), shots=100)
