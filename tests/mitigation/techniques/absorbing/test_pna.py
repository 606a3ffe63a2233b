from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer import AerSimulator

from qtn.devices import transpile_for
from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable
from qtn.mitigation import (
    PEC,
    PNA,
    LayerNoise,
    NoiseLayer,
    PauliNoise,
    aer_noise,
    measure,
    mitigate,
    plan,
)
from qtn.mitigation.absorption.noisy_circuit import noisy_steps
from qtn.mitigation.values.pauli_noise import gates_of


def rotations(n: int = 3) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for layer in range(2):
        for q in range(n):
            circuit.rx(0.5 + 0.2 * q + 0.1 * layer, q)
            circuit.rz(0.3 + 0.1 * q, q)
        for q in range(n - 1):
            circuit.cx(q, q + 1)
    return circuit


def device(noise: PauliNoise) -> AerSimulator:
    return AerSimulator(
        method="density_matrix", noise_model=aer_noise(noise), basis_gates=["cx", "rz", "sx", "x"]
    )


def model(circuit: QuantumCircuit, largest: float = 1e-2) -> PauliNoise:
    native = transpile_for(circuit, device(PauliNoise({("cx", (0, 1)): np.zeros(15)})))
    rng = np.random.default_rng(1)
    return PauliNoise({gate: rng.uniform(0, largest, 15) for gate in gates_of(native.circuit)})


def bias(technique: PNA, noise, observable: str) -> tuple[float, float, float]:
    """Error of the raw and the mitigated value without shots, and the bound."""
    native = transpile_for(rotations(), device(model(rotations())))
    asked = parse_observable(observable, 3)
    steps = noisy_steps(native.circuit, noise)
    labels = [exact.label(t.factors, 3) for t in asked.terms]
    rho = exact.state(3, steps)
    ideal = exact.value(exact.state(3, steps, noisy=False), labels, asked.coefficients)
    raw = exact.value(rho, labels, asked.coefficients) - ideal
    found = technique.dressing(native, asked)
    strings = [exact.label(t.factors, 3) for t in found.observable.terms]
    value = found.observable.constant + exact.value(rho, strings, found.observable.coefficients)
    return raw, value - ideal, found.bound


@pytest.mark.parametrize("by", ["paulis", "mpo"])
@pytest.mark.parametrize("observable", ["ZIZ", "IXY"])
def test_with_all_strings_the_value_is_the_ideal_one(by, observable):
    noise = model(rotations())
    raw, left, bound = bias(PNA(noise, by=by, threshold=0.0), noise, observable)
    assert abs(raw) > 0.02
    assert abs(left) < 1e-10
    assert bound < 1e-6


@pytest.mark.parametrize(
    "options",
    [{"strings": 4}, {"max_terms": 6}, {"by": "mpo", "max_bond": 3}, {"by": "mpo", "strings": 3}],
)
def test_the_bound_holds_what_is_left(options):
    noise = model(rotations())
    raw, left, bound = bias(PNA(noise, **options), noise, "ZIZ")
    del raw
    assert 1e-7 < abs(left) <= bound


def test_values_are_mitigated_on_the_unchanged_circuit():
    noise = model(rotations())
    circuit, on = rotations(), device(noise)
    wanted = [
        exact.value(exact.state(3, noisy_steps(circuit, noise), noisy=False), [one], np.ones(1))
        for one in ("ZIZ", "IXY")
    ]
    found = mitigate(circuit, ["ZIZ", "IXY"], PNA(noise), device=on, shots=40_000, progress=False)
    raw = mitigate(circuit, ["ZIZ", "IXY"], device=on, shots=40_000, progress=False)
    assert (np.abs(found.value - wanted) < 4 * found.stderr).all()
    assert (np.abs(raw.value - wanted) > 4 * raw.stderr).any()
    assert found.method.startswith("pna, bias of at most ")


def test_the_plan_says_what_to_expect():
    noise = model(rotations())
    prepared = plan(rotations(), "ZIZ", PNA(noise, strings=5), device=device(noise), shots=2000)
    shown = str(prepared)
    assert "at most" in shown
    assert "times the shots for the same error" in " ".join(shown.split())
    (dressing,) = prepared.find(PNA).found
    assert len(prepared.observable.terms) == 5
    assert dressing.overhead > 1
    measured = measure(prepared, progress=False)
    assert measured.estimate().value == measured.estimate(PNA(noise)).value
    with pytest.raises(ArgumentError, match="leaves out pna"):
        measured.raw()


def test_the_expected_bias_is_part_of_the_error():
    noise = model(rotations())
    prepared = plan(rotations(), "ZIZ", PNA(noise, strings=1), device=device(noise), shots=10**5)
    found = measure(prepared, progress=False).estimate()
    assert found.stderr > prepared.find(PNA).found[0].spread > 0.005


def test_models_of_layers_are_taken():
    circuit = QuantumCircuit(3)
    circuit.rx(0.4, range(3))
    circuit.cx(0, 1)
    terms = {((1, "Z"), (2, "X")): 2e-2, ((5, "X"),): 1e-2}
    noise = LayerNoise((NoiseLayer((("cx", (0, 1)),), terms),))
    native = transpile_for(circuit, device(model(circuit)))
    for by in ("paulis", "mpo"):
        found = PNA(noise, by=by).dressing(native, parse_observable("ZZZ", 3))
        assert found.bound < 1e-9
        # Z on qubit 2 anticommutes with X there, Z on 1 with nothing
        assert max(abs(t.coefficient) for t in found.observable.terms) == pytest.approx(
            np.exp(4e-2)
        )


def test_what_does_not_fit_is_refused():
    circuit, noise = rotations(), model(rotations())
    with pytest.raises(ArgumentError, match="`noise` must be a PauliNoise or LayerNoise"):
        PNA(3)
    with pytest.raises(ArgumentError, match="`by` must be"):
        PNA(noise, by="tensors")
    with pytest.raises(ArgumentError, match="`max_terms` must be"):
        PNA(noise, max_terms=0)
    with pytest.raises(ArgumentError, match="`max_bond` must be"):
        PNA(noise, max_bond=0)
    with pytest.raises(ArgumentError, match="PNA and PEC both undo the noise"):
        plan(circuit, "ZZZ", [PNA(noise), PEC(noise)], device=device(noise))
    with pytest.raises(ArgumentError, match="absorption takes Pauli observables"):
        mitigate(circuit, "000", PNA(noise), device=device(noise))
    free = rotations()
    free.rz(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="PNA takes a circuit without free parameters"):
        mitigate((free, [[0.1]]), "ZZZ", PNA(noise), device=device(noise))
    with pytest.raises(ArgumentError, match="does not hold the gate"):
        mitigate(circuit, "ZZZ", PNA(PauliNoise({})), device=device(noise))
