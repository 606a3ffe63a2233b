"""The parallel integrator: first order in a step, the same for any number of workers."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from tree_states import tfim

import qtn
from qtn.physics import BUG, ParallelBUG
from qtn.physics.on_trees.parallel_update import updated_in_parallel
from qtn.physics.on_trees.tree_channels import tree_operator
from qtn.physics.terms import read_terms
from qtn.states import TTN
from qtn.states.tree import tree_product_sum


@pytest.mark.parametrize("tree", ["balanced", "chain"])
def test_the_error_of_a_step_falls_as_its_square(tree):
    hamiltonian = tfim(8)
    state = qtn.evolve(hamiltonian, qtn.product_state("zeros", 8, tree=tree), 0.5, max_bond=4)
    operator = tree_operator(read_terms(hamiltonian), state.pairs)
    before, errors = state.to_dense(), []
    for h in (2e-2, 1e-2):
        wide = updated_in_parallel(operator, state.tensors, -1j * h, 0.0, (25, 1e-13))
        vector = TTN(tuple(wide), state.pairs).to_dense()
        exact = scipy.linalg.expm(-1j * h * hamiltonian.to_matrix()) @ before
        errors.append(np.linalg.norm(vector - exact))
    assert 3.0 < errors[0] / errors[1] < 5.0


def test_one_and_two_workers_give_the_same_bits():
    start = qtn.product_state("zeros", 8, tree="balanced")
    one, two = (
        qtn.evolve(tfim(8), start, 0.2, max_bond=8, method=ParallelBUG(0.05, workers=w))
        for w in (1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one.tensors, two.tensors))


def test_drift_is_reported_and_falls_with_the_step():
    z, start = np.diag([1.0, -1.0]), qtn.product_state("zeros", 8, tree="balanced")
    drifts, errors = [], []
    for step in (0.05, 0.025):
        method = ParallelBUG(step)
        state = qtn.evolve(tfim(8), start, 1.0, cutoff=1e-16, max_bond=64, method=method)
        assert state.norm() == pytest.approx(1.0, abs=1e-12)
        drifts.append(state.origin.drift)
        errors.append(abs(tree_product_sum(state, [{4: z}])[0].real - 0.3433411661))
    assert 1e-4 < drifts[1] < drifts[0] / 1.9
    assert errors[0] < 3e-3
    assert errors[1] < errors[0] / 1.9
    other = qtn.evolve(tfim(8), start, 1.0, cutoff=1e-16, method=BUG(0.05))
    assert other.origin.drift < 1e-12


def test_it_asks_for_a_largest_bond():
    start = qtn.product_state("zeros", 4, tree="balanced")
    with pytest.raises(qtn.ArgumentError, match=r"`max_bond` must be given with ParallelBUG"):
        qtn.evolve(tfim(4), start, 0.1, method=ParallelBUG())
