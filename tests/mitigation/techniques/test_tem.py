from __future__ import annotations

import itertools

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.devices import transpile_for
from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable
from qtn.mitigation import TEM, PauliNoise, mitigate
from qtn.mitigation.techniques.tem import inverse_noise, largest_strings
from qtn.mitigation.values.pauli_noise import gates_of


def trotter(n: int = 3) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(2):
        for i in range(n - 1):
            circuit.rzz(0.5, i, i + 1)
        for i in range(n):
            circuit.rx(0.6, i)
    return circuit


def model(circuit: QuantumCircuit, error: float) -> PauliNoise:
    rate = -np.log(1 - error) / 16
    return PauliNoise({key: np.full(15, rate) for key in gates_of(circuit)})


def test_without_noise_the_observable_stays():
    native = transpile_for(trotter(), chain(3))
    observable = parse_observable(SparsePauliOp(["IZZ", "XII"], [0.7, 0.3]), 3)
    dressed = TEM(model(native.circuit, 0.0)).undone(native, observable)
    found = {t.factors: t.coefficient for t in dressed.terms}
    assert found == {
        ((0, "Z"), (1, "Z")): pytest.approx(0.7),
        ((2, "X"),): pytest.approx(0.3),
    }


def test_one_noisy_gate_is_divided_by_its_fidelity():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    order, tensors = inverse_noise(circuit, model(circuit, 0.1))
    dense = np.tensordot(*tensors, axes=1)[0, :, :, 0].reshape(4, 4, 4, 4)
    matrix = dense.transpose(0, 2, 1, 3).reshape(16, 16)
    assert order == (0, 1)
    assert matrix == pytest.approx(np.diag([1.0] + [1 / 0.9] * 15), abs=1e-9)


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


def test_noise_is_removed_and_the_circuit_stays_unchanged():
    n, error = 3, 0.04
    device = chain(n, gate=error)
    observable = SparsePauliOp.from_sparse_list(
        [("ZZ", [i, i + 1], 0.5) for i in range(n - 1)] + [("X", [0], 0.5)], n
    )
    exact = Statevector(trotter()).expectation_value(observable).real
    native = transpile_for(trotter(), device)
    raw = mitigate(trotter(), observable, device=device, shots=20_000)
    found = mitigate(
        trotter(), observable, TEM(model(native.circuit, error)), device=device, shots=20_000
    )
    assert abs(raw.value - exact) > 6 * raw.stderr
    assert abs(found.value - exact) < 4 * found.stderr + 0.002
    assert found.method == "tem"


def test_projectors_and_missing_models_are_refused():
    with pytest.raises(ArgumentError, match="takes Pauli observables"):
        mitigate(trotter(), "000", TEM(PauliNoise({})), device=chain(3))
    with pytest.raises(ArgumentError, match="`noise` must be a PauliNoise"):
        TEM(noise=None)
