from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.devices import transpile_for
from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable
from qtn.mitigation import TEM, LayerNoise, NoiseLayer, PauliNoise, mitigate
from qtn.mitigation.absorption.noisy_circuit import noisy_steps
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
    dressed = TEM(model(native.circuit, 0.0)).dressing(native, observable)
    found = {t.factors: t.coefficient for t in dressed.observable.terms}
    assert found == {
        ((0, "Z"), (1, "Z")): pytest.approx(0.7),
        ((2, "X"),): pytest.approx(0.3),
    }


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
    assert found.method.startswith("tem, bias of at most ")


def test_projectors_and_missing_models_are_refused():
    with pytest.raises(ArgumentError, match="takes Pauli observables"):
        mitigate(trotter(), "000", TEM(PauliNoise({})), device=chain(3))
    with pytest.raises(ArgumentError, match="`noise` must be a PauliNoise or LayerNoise"):
        TEM(noise=None)


def test_crosstalk_is_undone():
    native = transpile_for(trotter(), chain(3))
    cx = gates_of(native.circuit)
    extra = {((q, "X"), (q + 1, "X")): 1e-2 for q in range(2)} | {((0, "Z"), (2, "Z")): 2e-2}
    noise = LayerNoise(tuple(NoiseLayer((gate,), extra) for gate in cx))
    observable = parse_observable("IZZ", 3)
    steps = noisy_steps(native.circuit, noise)
    rho = exact.state(3, steps)
    ideal = exact.value(exact.state(3, steps, noisy=False), ["IZZ"], np.ones(1))
    found = TEM(noise, max_bond=64, threshold=0.0).dressing(native, observable)
    strings = [exact.label(t.factors, 3) for t in found.observable.terms]
    value = found.observable.constant + exact.value(rho, strings, found.observable.coefficients)
    assert abs(exact.value(rho, ["IZZ"], np.ones(1)) - ideal) > 0.02
    assert abs(value - ideal) <= found.bound + 1e-12
    assert found.bound < 1e-2


@pytest.mark.parametrize("max_bond", [2, 4, 8])
def test_the_bound_holds_what_truncation_leaves(max_bond):
    native = transpile_for(trotter(4), chain(4))
    noise = model(native.circuit, 0.05)
    steps = noisy_steps(native.circuit, noise)
    observable = parse_observable("IZZI", 4)
    ideal = exact.value(exact.state(4, steps, noisy=False), ["IZZI"], np.ones(1))
    found = TEM(noise, max_bond=max_bond).dressing(native, observable)
    strings = [exact.label(t.factors, 4) for t in found.observable.terms]
    value = exact.value(exact.state(4, steps), strings, found.observable.coefficients)
    assert 1e-6 < abs(value - ideal) <= found.bound
    assert abs(value - ideal) < 10 * found.spread
