"""Intervals in blocks: bounds always hold, estimates in 95 % of draws or more."""

from __future__ import annotations

import numpy as np
import pytest
from gaussian import covariance, pauli_label, pauli_value
from qiskit.quantum_info import Pauli, Statevector

from qtn.errors import VerificationError
from qtn.interop.charged import charged_circuit
from qtn.interop.circuits import gate_list
from qtn.states.operators import Term
from qtn.verification import Limits, verify
from qtn.verification.engines.charged.block_state import BlockState
from qtn.verification.engines.charged.block_values import Bounded, bounded, estimated
from qtn.verification.engines.truncated import Ladder
from tests.interop.test_charged import two_species
from tests.verification.test_coverage import Tally, gates_of, hopping, walls, words


def draw(tally: Tally, seed: int, sizes: tuple[int, int], bonds: tuple[int, ...]) -> None:
    rng = np.random.default_rng([seed, 80])
    n, depth = int(rng.integers(*sizes)), int(rng.integers(8, 31))
    circuit = (hopping, walls)[seed % 2](n, depth, rng)
    asked = words(n, rng)
    gamma = covariance(n, gates_of(circuit))
    limits = Limits(block_bond=int(rng.choice(bonds)), seconds=1e5)
    try:
        labels = [pauli_label(n, word) for word in asked]
        check = verify(circuit, observables=labels, method="blocks", limits=limits)
    except VerificationError:
        tally.silent += len(asked)
        return
    for word, value in zip(asked, check.values, strict=True):
        error = abs(value.value - pauli_value(gamma, word))
        tally.add(error, float(value.stderr), rigorous=check.rigorous)


def test_intervals_hold_for_free_fermions():
    tally = Tally()
    for seed in range(6):
        draw(tally, seed, (24, 33), (12, 16))
    assert len(tally.held) >= 30, tally
    assert np.mean(tally.held) >= 0.95, tally
    assert all(tally.bounds), tally


@pytest.mark.slow
def test_intervals_hold_on_long_runs():
    tally = Tally()
    for seed in range(1000, 1080):
        draw(tally, seed, (40, 81), (16, 24, 32, 48))
    assert len(tally.held) >= 400, tally
    assert np.mean(tally.held) >= 0.95, tally
    assert all(tally.bounds), tally


def test_interacting_species_with_known_values():
    held, bounds = [], []
    for seed in range(6):
        rng = np.random.default_rng([seed, 81])
        circuit = two_species(5, int(rng.integers(2, 7)), rng.uniform(0.2, 1.0), rng.uniform(0, 1))
        charged, vector = charged_circuit(gate_list(circuit)), Statevector(circuit)
        assert charged is not None
        bond = int(rng.choice([4, 6, 8, 9]))
        states = [BlockState(charged, b, 0.0) for b in (bond, bond // 2, bond // 4)]
        terms = [[Term(0.7, ((q, "Z"),)), Term(0.3, ((q + 1, "Z"),))] for q in range(9)]
        terms.append([Term(1.0, ((0, "X"), (2, "X"))), Term(-0.5, ()), Term(0.2, ((9, "Z"),))])
        found = Bounded(states[0], terms)
        intervals = estimated(found, Ladder.of(states), states)
        for row, bound, guess in zip(terms, bounded(found), intervals, strict=True):
            exact = sum(t.coefficient * _value(vector, t) for t in row)
            bounds.append(bound.low <= exact <= bound.high)
            held.append(guess.low <= exact <= guess.high)
            assert guess.high - guess.low <= bound.high - bound.low
    assert all(bounds)
    assert np.mean(held) >= 0.95


def _value(vector: Statevector, term: Term) -> float:
    label = ["I"] * vector.num_qubits
    for q, letter in term.factors:
        label[-1 - q] = letter
    return float(vector.expectation_value(Pauli("".join(label))).real)


def test_the_values_of_constants_are_exact():
    charged = charged_circuit(gate_list(two_species(3, 1)))
    assert charged is not None
    found = Bounded(BlockState(charged, 2, 0.0), [[Term(0.5, ())], []])
    assert found.values == [pytest.approx(0.5), 0.0]
    assert found.widths == [0.0, 0.0]
