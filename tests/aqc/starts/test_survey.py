import itertools

import numpy as np
import pytest
from aqc.dense import chain_of, random_vector

import qtn
from qtn.aqc.starts.survey import correlation_reach, largest_entropy
from qtn.states.operators import PAULI


def dense_reach(vector, threshold):
    n = vector.size.bit_length() - 1

    def mean(operators):
        out = vector.reshape((2,) * n)
        for site, p in operators:
            out = np.moveaxis(np.tensordot(p, out, (1, site)), 0, site)
        return np.vdot(vector, out.reshape(-1))

    starts = {int(i) for i in np.linspace(0, n - 2, 6)}
    return max(
        (
            j - i
            for i, j in itertools.combinations(range(n), 2)
            for p in PAULI[1:]
            if i in starts
            and abs(mean([(i, p), (j, p)]) - mean([(i, p)]) * mean([(j, p)])) > threshold
        ),
        default=0,
    )


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("threshold", [0.02, 0.1, 0.3, 0.6])
def test_reach_is_that_of_dense_linear_algebra(real, threshold):
    vector = random_vector(np.random.default_rng(0), 7, real)
    assert correlation_reach(chain_of(vector), threshold) == dense_reach(vector, threshold)


def test_products_reach_nowhere_and_short_quenches_not_far():
    product = qtn.MPS.product([[0.6, 0.8]] * 12).normalised()
    assert correlation_reach(list(product.tensors)) == 0
    assert largest_entropy(list(product.tensors)) == pytest.approx(0.0, abs=1e-12)
    quench = qtn.evolve(qtn.chain("heisenberg", 16), "neel", 0.3).normalised()
    assert 1 <= correlation_reach(list(quench.tensors)) <= 3


def test_entropy_is_the_largest_of_all_cuts():
    vector = random_vector(np.random.default_rng(1), 6, False)
    state = qtn.MPS(tuple(chain_of(vector)))
    expected = max(state.entropy(cut) for cut in range(1, 6))
    assert largest_entropy(list(state.tensors)) == pytest.approx(expected, abs=1e-10)
