from __future__ import annotations

import numpy as np
import pytest
from mitigation.absorption import exact
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.mitigation.absorption.noisy_circuit import NoiseStep, noisy_steps
from qtn.mitigation.absorption.operator_chain import (
    absorb_chain,
    grown_loss,
    inverse_channels,
    norm_of,
)
from qtn.states.kernels.circuit import Build

LETTERS = {0: "Z", 3: "Z"}


def dense(tensors) -> np.ndarray:
    found = np.ones((1, 1))
    for tensor in tensors:
        found = np.tensordot(found, tensor, 1)
    return found.reshape((4,) * len(tensors))


def bias(steps, made, sites) -> float:
    """Error of the value of a chain's observable."""
    n = len(sites)
    ideal = exact.value(exact.state(n, steps, noisy=False), ["ZIIZ"], np.ones(1))
    rho, found = exact.state(n, steps), dense(made.tensors)
    total = 0.0
    for index in zip(*np.nonzero(np.abs(found) > 1e-15), strict=True):
        term = [(q, "IXYZ"[a]) for q, a in zip(sites, index, strict=True)]
        total += found[index] * exact.value(rho, [exact.label(term, n)], np.ones(1))
    return total - ideal


@pytest.mark.parametrize("sites", [(0, 1, 2, 3), (2, 0, 3, 1)])
def test_a_chain_that_is_not_cut_gives_the_ideal_value(sites):
    circuit = exact.circuit()
    steps = noisy_steps(circuit, exact.noise(circuit))
    made = absorb_chain(LETTERS, steps, sites, max_bond=64)
    assert abs(bias(steps, made, sites)) < 1e-12
    assert made.bound < 1e-9


@pytest.mark.parametrize("max_bond", [3, 6, 10])
def test_the_bound_holds_what_was_cut(max_bond):
    circuit = exact.circuit(layers=3)
    steps = noisy_steps(circuit, exact.noise(circuit))
    made = absorb_chain(LETTERS, steps, range(4), max_bond=max_bond)
    assert 1e-6 < abs(bias(steps, made, range(4))) <= made.bound
    assert made.spread == pytest.approx(made.bound / 4)


def test_channels_are_the_inverse_of_the_noise():
    terms = {((0, "X"), (2, "Z")): 0.1, ((2, "Y"),): 0.2, ((0, "Z"), (2, "Z")): 0.3}
    found = dict(inverse_channels(terms, {0: 0, 2: 1}))
    # X on qubit 0 anticommutes with ZZ alone
    assert np.diag(found[0, 1]).reshape(4, 4)[1, 0] == pytest.approx(np.exp(0.6))
    # Z on qubit 2 with Y there alone
    assert np.diag(found[(1,)])[3] == pytest.approx(np.exp(0.4))
    assert np.diag(found[0, 1])[0] == np.diag(found[(1,)])[0] == 1


def test_wide_noise_is_sent_to_sums_of_strings():
    steps = [NoiseStep({((0, "X"), (1, "X"), (2, "X")): 0.1})]
    with pytest.raises(ArgumentError, match=r'more than two qubits at once: X0 X1 X2\. .*"paulis"'):
        absorb_chain({0: "Z"}, steps, range(3), max_bond=4)


def test_norms_are_those_of_the_dense_tensor():
    rng = np.random.default_rng(0)
    chain = [rng.normal(size=s) for s in ((1, 4, 3), (3, 4, 2), (2, 4, 1))]
    assert norm_of(chain) == pytest.approx(np.linalg.norm(dense(chain)))


@pytest.mark.parametrize("max_bond", [1, 2])
def test_a_narrow_chain_loses_no_more_than_its_bound(max_bond):
    circuit = QuantumCircuit(2)
    circuit.sx(1)
    circuit.ecr(1, 0)
    circuit.sx(0)
    steps = noisy_steps(circuit, exact.noise(circuit))
    made = absorb_chain({0: "Z", 1: "Y"}, steps, range(2), max_bond=max_bond)
    whole = absorb_chain({0: "Z", 1: "Y"}, steps, range(2), max_bond=16)
    assert norm_of(made.tensors) > 0.9
    assert np.abs(dense(made.tensors) - dense(whole.tensors)).sum() <= made.bound + 1e-12


def test_a_chain_of_which_nothing_was_kept_has_no_bound():
    empty = Build((np.zeros((1, 4, 1)),), 0, np.zeros(0), 0.0, 1.0, 1)
    assert grown_loss(empty) == np.inf
