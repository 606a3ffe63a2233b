from __future__ import annotations

import itertools

import numpy as np
import pytest
from mitigation.absorption import exact
from qiskit import QuantumCircuit

from qtn.mitigation import PauliNoise
from qtn.mitigation.absorption.inverse_chain import inverse_noise, largest_strings, pulled_back
from qtn.mitigation.absorption.noisy_circuit import noisy_steps


def test_one_noisy_gate_is_divided_by_its_fidelity():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    noise = PauliNoise({("cx", (0, 1)): np.full(15, -np.log(1 - 0.1) / 16)})
    found = inverse_noise(noisy_steps(circuit, noise), (0, 1), max_bond=32, cutoff=1e-20)
    dense = np.tensordot(*found.tensors, axes=1)[0, :, :, 0].reshape(4, 4, 4, 4)
    matrix = dense.transpose(0, 2, 1, 3).reshape(16, 16)
    assert matrix == pytest.approx(np.diag([1.0] + [1 / 0.9] * 15), abs=1e-9)


def test_the_inverse_takes_the_noisy_state_to_the_ideal_one():
    circuit = exact.circuit(n=3)
    steps = noisy_steps(circuit, exact.noise(circuit))
    found = inverse_noise(steps, (1, 0, 2), max_bond=64, cutoff=1e-20)
    chain = pulled_back(found.tensors, {0: "Z", 2: "X"})  # Z on qubit 1, X on qubit 2
    dense = np.einsum("iaj,jbk,kcl->abc", *chain)
    rho, value = exact.state(3, steps), 0.0
    for index in itertools.product(range(4), repeat=3):
        term = [(q, "IXYZ"[a]) for q, a in zip((1, 0, 2), index, strict=True)]
        value += dense[index] * exact.value(rho, [exact.label(term, 3)], np.ones(1))
    ideal = exact.value(exact.state(3, steps, noisy=False), ["XZI"], np.ones(1))
    assert value == pytest.approx(ideal, abs=1e-10)
    assert found.bound < 1e-6


def test_largest_strings_are_the_largest_entries():
    rng = np.random.default_rng(0)
    chain_of = [rng.normal(size=s) for s in ((1, 4, 3), (3, 4, 3), (3, 4, 1))]
    dense = np.einsum("iaj,jbk,kcl->abc", *chain_of)
    cut = np.sort(np.abs(dense).ravel())[-10]
    found = dict(largest_strings(chain_of, cut * (1 - 1e-9), 64))
    expected = {
        key: dense[key]
        for key in itertools.product(range(4), repeat=3)
        if abs(dense[key]) >= cut * (1 - 1e-9)
    }
    assert found == pytest.approx(expected)
