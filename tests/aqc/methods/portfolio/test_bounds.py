import numpy as np
import pytest
from aqc.random_states import random_chain

import qtn
from qtn.aqc.methods.portfolio.bounds import check_budgets, least_gates
from qtn.errors import ArgumentError
from qtn.states import MPS


def test_generic_chains_need_the_logarithm_of_their_bonds():
    assert least_gates(random_chain(8, 4, 0).normalised(), 1e-9) == [1, 2, 2, 2, 2, 2, 1]
    assert least_gates(MPS.product([[1.0, 0.0]] * 3), 1e-9) == [0, 0]
    assert least_gates(random_chain(8, 4, 0).normalised(), 1.0) == [0] * 7


@pytest.mark.parametrize("seed", range(3))
def test_no_circuit_found_needs_fewer(seed):
    state = MPS.from_dense(np.random.default_rng(seed).normal(size=32)).normalised()
    made = qtn.compile(state, qtn.Auto(steps=20))
    for point in made.pareto:
        needs = least_gates(state, point.infidelity * 1.2 + 1e-12)
        assert sum(needs) <= point.two_qubit_gates
        assert max(needs) <= point.two_qubit_depth


def test_budgets_that_exclude_the_goal_are_refused():
    state = random_chain(8, 4, 0).normalised()
    check_budgets(state, 1e-9, 12, 2)
    check_budgets(state, None, 1, 1)
    check_budgets(state, 1e-9, None, None)
    with pytest.raises(ArgumentError, match="`max_two_qubit_gates` and `infidelity` exclude"):
        check_budgets(state, 1e-9, 11, None)
    with pytest.raises(ArgumentError, match=r"`max_depth` and `infidelity` exclude.*at least 2"):
        check_budgets(state, 1e-9, None, 1)
