from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit

from qtn.devices import Transpiled, transpile_for
from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable
from qtn.mitigation import PNA, TEM, PauliNoise, TwinZNE, Twirl
from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep, noisy_steps
from qtn.mitigation.techniques.absorbing.dressed import (
    chain_sites,
    measured_part,
    only_paulis,
)

NOISE = PauliNoise({("cx", (0, 1)): np.zeros(15)})
Z, ZZ, X = ((0, "Z"),), ((0, "Z"), (1, "Z")), ((1, "X"),)


def test_the_largest_strings_are_measured_and_the_rest_is_left_open():
    asked = parse_observable("ZZ", 2)
    strings = {ZZ: 1.2, Z: -0.3, X: 0.04, (): 0.5}
    found = measured_part(PNA(NOISE, strings=2), asked, strings, 0.1, 0.03)
    assert {t.factors: t.coefficient for t in found.observable.terms} == {ZZ: 1.2, Z: -0.3}
    assert found.observable.constant == 0.5
    assert found.bound == pytest.approx(0.14)
    assert found.spread == pytest.approx(0.05)
    assert found.overhead == pytest.approx(1.5**2)


def test_strings_below_the_threshold_are_left_out():
    asked = parse_observable("ZZ", 2)
    found = measured_part(PNA(NOISE, threshold=0.1), asked, {ZZ: 1.0, Z: 0.09, X: -0.01}, 0.0, 0.0)
    assert len(found.observable.terms) == 1
    assert found.bound == pytest.approx(0.1)


def test_constants_cost_nothing():
    found = measured_part(PNA(NOISE), parse_observable("II", 2), {}, 0.0, 0.0)
    assert found.overhead == 1.0
    assert found.observable.constant == 1.0


def test_what_undoes_the_same_noise_is_refused_and_twirls_are_not():
    PNA(NOISE).check_beside([Twirl()])
    with pytest.raises(ArgumentError, match="PNA and TwinZNE both undo the noise"):
        PNA(NOISE).check_beside([TwinZNE()])


def test_what_is_known_is_checked():
    for wrong in ((), [3], "known", 3, (None,)):
        with pytest.raises(ArgumentError, match="`found` must be the dressed observables"):
            PNA(NOISE, found=wrong)


def test_projectors_are_refused():
    with pytest.raises(ArgumentError, match="It takes Pauli observables"):
        only_paulis("It", parse_observable("00", 2))


def test_chains_hold_what_gates_and_noise_touch():
    steps = [
        GateStep((4, 2), np.eye(4)),
        NoiseStep({((7, "X"),): 0.1}),
        GateStep((2, 1), np.eye(4)),
    ]
    sites = chain_sites(steps)
    assert sorted(sites) == [1, 2, 4, 7]
    assert abs(sites.index(4) - sites.index(2)) == abs(sites.index(2) - sites.index(1)) == 1


def brickwork(n: int) -> Transpiled:
    circuit = QuantumCircuit(n)
    for layer in range(2):
        for q in range(n):
            circuit.rx(0.7 + 0.1 * q, q)
            circuit.rz(0.4 + 0.1 * layer, q)
        for q in range(layer, n - 1, 2):
            circuit.cx(q, q + 1)
    return transpile_for(circuit, chain(n))


@pytest.mark.parametrize("technique", [PNA, TEM])
def test_gates_that_do_not_matter_are_left_out_and_the_value_stays(technique):
    native = brickwork(5)
    noise = exact.noise(native.circuit, 1e-2)
    steps, asked = noisy_steps(native.circuit, noise), parse_observable("IIIIZ", 5)
    found = technique(noise, threshold=0.0, strings=4000).dressing(native, asked)
    strings = [exact.label(t.factors, 5) for t in found.observable.terms]
    rho = exact.state(5, steps)
    ideal = exact.value(exact.state(5, steps, noisy=False), ["IIIIZ"], np.ones(1))
    value = exact.value(rho, strings, found.observable.coefficients)
    assert abs(exact.value(rho, ["IIIIZ"], np.ones(1)) - ideal) > 0.01
    assert value + found.observable.constant == pytest.approx(ideal, abs=1e-6)
    touched = {q for t in found.observable.terms for q in t.qubits}
    assert touched <= {0, 1, 2}


@pytest.mark.parametrize("technique", [PNA, PNA(NOISE, by="mpo"), TEM])
def test_qubits_without_gates_stay_as_they_are(technique):
    circuit = QuantumCircuit(4)
    circuit.cx(0, 1)
    native = transpile_for(circuit, chain(4))
    noise = PauliNoise({("cx", (0, 1)): np.full(15, 1e-2)})
    one = technique(noise) if isinstance(technique, type) else technique
    for label in ("ZIII", "IIII"):
        found = one.dressing(native, parse_observable(label, 4))
        assert found.bound == found.spread == 0.0
        assert found.overhead == 1.0
