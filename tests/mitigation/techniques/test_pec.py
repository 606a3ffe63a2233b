from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator, Pauli, Statevector

from qtn.errors import ArgumentError
from qtn.mitigation import PEA, PEC, LayerNoise, PauliNoise, measure, mitigate, plan
from qtn.mitigation.techniques.pec import EVEN, NONE, ODD, conditioned, insert_paulis

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
    nothing = np.zeros((4, 15), dtype=bool)
    out, sign = insert_paulis(circuit(), nothing, np.random.default_rng(0))
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
    with pytest.raises(TypeError, match="factors"):
        PEC(MODEL, factors=(1, 2))  # amplification is PEA
    with pytest.raises(ArgumentError, match="`copies` must be a positive integer"):
        PEA(MODEL, copies=0)
    with pytest.raises(ArgumentError, match="does not hold the gate"):
        mitigate(circuit(), "ZZ", PEC(PauliNoise({})), device=chain(2))
    huge = PauliNoise({key: np.full(15, 5.0) for key in MODEL.rates})
    with pytest.raises(ArgumentError, match="nothing of the value is left"):
        mitigate(circuit(), "ZZ", PEC(huge), device=chain(2))
    with pytest.raises(ArgumentError, match="leaves 3 shots for each circuit"):
        mitigate(circuit(), "ZZ", PEC(MODEL, copies=100), device=chain(2), shots=100)


@pytest.mark.parametrize(("stratum", "numbers"), [(NONE, {0}), (ODD, {1, 3}), (EVEN, {2, 4})])
def test_conditioned_draws_have_the_conditional_distribution(stratum, numbers):
    p, rng = np.array([0.3, 0.1, 0.5, 0.2]), np.random.default_rng(0)
    outcomes = np.array(list(np.ndindex(2, 2, 2, 2)), dtype=bool)
    weights = np.where(outcomes, p, 1 - p).prod(1)
    weights[[row.sum() not in numbers for row in outcomes]] = 0
    draws = 20_000
    found = np.zeros(16)
    for _ in range(draws):
        found[int(conditioned(p, stratum, rng) @ [8, 4, 2, 1])] += 1
    expected = draws * weights / weights.sum()
    assert (np.abs(found - expected) <= 5 * np.sqrt(expected + 1e-9)).all()


def test_strata_are_weighted_by_their_probabilities_and_lower_the_variance():
    device = chain(2, gate=ERROR)
    prepared = plan(circuit(), "ZZ", PEC(MODEL, copies=40), device=device, shots=4000)
    norm = MODEL.norm(prepared.native.circuit)
    total = sum(job.weight for job in prepared.planned) / len(prepared.planned)
    # the expectation of the weights is 1: cancellation keeps the trace
    assert total == pytest.approx(1.0, abs=1e-9)
    assert sum(abs(job.weight) for job in prepared.planned) / 40 == pytest.approx(norm)
    assert {job.stratum for job in prepared.planned} == {NONE, ODD, EVEN}
    strata, free = (
        [
            mitigate(circuit(), "ZZ", PEC(MODEL, copies=c), device=device, shots=s, seed=k).value
            for k in range(8)
        ]
        for c, s in ((24, 2400), (23, 2300))
    )
    assert np.std(strata) < 0.8 * np.std(free)


def test_without_noise_nothing_is_inserted():
    silent = PauliNoise({key: np.zeros(15) for key in MODEL.rates})
    prepared = plan(circuit(), "ZZ", PEC(silent, copies=24), device=chain(2), shots=2400)
    assert {(job.weight, job.stratum) for job in prepared.planned} == {(1.0, NONE)}


def test_models_of_layers_are_sent_to_what_takes_them():
    with pytest.raises(ArgumentError, match="Take PNA or TEM, which know layers"):
        PEC(LayerNoise(()))


def wide() -> QuantumCircuit:
    """Four qubits; the last gates act outside the light cone of qubit 0."""
    c = QuantumCircuit(4)
    for k in range(2):
        c.rx(0.5, range(4))
        c.cx(0, 1)
        c.cx(2, 3)
        if not k:
            c.cx(1, 2)
    return c


def test_shaded_cancellation_costs_less_and_says_its_bias():
    device = chain(4, gate=ERROR)
    gates = {("cx", p) for k in range(3) for p in ((k, k + 1), (k + 1, k))}
    model = PauliNoise({gate: np.full(15, RATE) for gate in gates})
    options = {"device": device, "shots": 60_000, "seed": 3}
    shaded = plan(wide(), "IIIZ", PEC(model, copies=60, shade=0.02), **options)
    found = measure(shaded, progress=False).estimate()
    whole = mitigate(wide(), "IIIZ", PEC(model, copies=60), **options, progress=False)
    exact = float(Statevector(wide()).expectation_value(Pauli("IIIZ")).real)
    own = shaded.find(PEC).shaded
    assert 0 < own.bias <= 0.02
    assert own.cost < own.whole / 2
    assert abs(found.value - exact) < 4 * found.stderr
    assert found.stderr < whole.stderr
    assert found.method.startswith("pec, bias of at most 0.0")
    shown = " ".join(str(shaded).split())
    assert "times that of the noisy value" in shown
    assert measure(shaded, progress=False).estimate(PEC(model)).value == found.value


def test_shades_are_checked():
    with pytest.raises(ArgumentError, match="`shade` must be"):
        PEC(MODEL, shade=-0.1)
    with pytest.raises(ArgumentError, match="`shaded` must be what an earlier plan cancels"):
        PEC(MODEL, shaded=0.1)
    free = circuit()
    free.rz(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="PEC takes a circuit without free parameters"):
        plan((free, [[0.1]]), "ZZ", PEC(MODEL, shade=0.1), device=chain(2, gate=ERROR))
