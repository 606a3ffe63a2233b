from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from qiskit import QuantumCircuit

from qtn.mitigation.absorption.noisy_circuit import NoiseStep, noisy_steps
from qtn.mitigation.absorption.shading import Shades, kept_terms, shades
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum

TERMS = (Term(0.7, ((0, "Z"), (3, "Z"))), Term(0.5, ((1, "X"),)))


def example(seed: int = 0, layers: int = 2):
    circuit = exact.circuit(layers=layers)
    return noisy_steps(circuit, exact.noise(circuit, seed=seed)), PauliSum.from_terms(TERMS, 4)


def without(steps, kept) -> list:
    """The steps with the noise that is not mitigated."""
    left, place = [], 0
    for step in steps:
        if isinstance(step, NoiseStep):
            flags = kept[place : place + len(step.terms)]
            place += len(step.terms)
            terms = [t for t, flag in zip(step.terms.items(), flags, strict=True) if not flag]
            left.append(NoiseStep(dict(terms)))
        else:
            left.append(step)
    return left


def bias(steps, asked) -> float:
    ideal = exact.value(exact.state(4, steps, noisy=False), asked.labels(), asked.coefficients)
    return exact.value(exact.state(4, steps), asked.labels(), asked.coefficients) - ideal


@pytest.mark.parametrize("max_terms", [5000, 30])
def test_the_bias_of_all_noise_is_bounded(max_terms):
    for seed in range(3):
        steps, asked = example(seed, layers=3)
        found = shades(asked, steps, max_terms=max_terms)
        for split in found.layers:
            assert abs(bias(steps, asked)) <= found.biases(split).sum()
        assert found.bias < found.chances.sum() * 2 * asked.total


@pytest.mark.parametrize("tolerance", [0.001, 0.02, 0.05])
def test_what_is_left_stays_within_the_tolerance(tolerance):
    steps, asked = example()
    found = shades(asked, steps)
    rates = -np.log(1 - 2 * found.chances) / 2
    kept, left = kept_terms([found], rates, tolerance)
    assert 0 < kept.sum() < len(kept)
    assert abs(bias(without(steps, kept), asked)) <= left <= tolerance
    assert left > 0.5 * tolerance


def test_errors_that_cannot_matter_are_0():
    circuit = QuantumCircuit(4)
    circuit.cx(0, 1)
    circuit.rx(0.3, 2)
    circuit.cx(2, 3)
    steps = noisy_steps(circuit, exact.noise(circuit))
    asked = PauliSum.from_terms([Term(1.0, ((3, "Z"),))], 4)
    found = shades(asked, steps)
    terms = [term for s in steps if isinstance(s, NoiseStep) for term in s.terms]
    outside = np.array([{q for q, _ in term} <= {0, 1} for term in terms])
    assert found.late[outside].max() == 0
    zs = np.array([{a for _, a in t} == {"Z"} and 2 not in dict(t) for t in terms])
    assert found.early[zs].max() == 0  # Z leaves |0> alone
    # the state of qubit 2 is turned by 0.3: <Z> is its cosine
    alone = terms.index(((2, "Z"),))
    assert found.early[alone] == pytest.approx(2 * np.sin(0.3))
    assert found.late[alone] == 0


def test_the_cheapest_split_is_taken_and_all_observables_count():
    one = Shades(np.full(2, 0.1), np.array([0.0, 2.0]), np.array([2.0, 0.0]), (0, 1, 2))
    kept, left = kept_terms([one], np.full(2, 0.1), 0.0)
    assert not kept.any()
    assert left == 0
    other = Shades(np.full(2, 0.1), np.full(2, 2.0), np.full(2, 1.0), (0, 1, 2))
    kept, left = kept_terms([one, other], np.full(2, 0.1), 0.1)
    assert kept.tolist() == [True, False]
    assert left == pytest.approx(0.1)
    assert kept_terms([], np.ones(3), 0.1)[0].all()


def test_circuits_without_noise_have_no_shades():
    found = shades(PauliSum.from_terms(TERMS, 4), [])
    assert found.bias == 0
    assert found.layers == (0,)
