"""Sums of product operators against dense truth."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.states.expectation import product_sum
from qtn.states.gauge import canonicalise

LABELS = st.lists(st.text("IIIXYZ", min_size=6, max_size=6), min_size=1, max_size=12)


def factors(label: str) -> dict[int, np.ndarray]:
    return {i: oracles.PAULI[x] for i, x in enumerate(reversed(label)) if x != "I"}


@given(LABELS, st.integers(0, 2**31), st.sampled_from([None, 0, 2, 5]))
def test_random_pauli_strings(labels: list[str], seed: int, center: int | None) -> None:
    chain = oracles.random_chain(np.random.default_rng(seed), 6, 4)
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    given_chain = chain if center is None else canonicalise(chain, center)
    found = product_sum(given_chain, [factors(x) for x in labels], center=center)
    expected = [np.vdot(vector, oracles.pauli_matrix(x) @ vector) for x in labels]
    assert np.abs(found - expected).max() < 1e-10


def test_real_chain_stays_real() -> None:
    chain = oracles.random_chain(np.random.default_rng(0), 5, 3, real=True)
    z = np.diag([1.0, -1.0])
    assert product_sum(chain, [{1: z}, {1: z, 3: z}]).dtype == np.float64


def test_non_hermitian_factors() -> None:
    chain = oracles.random_chain(np.random.default_rng(3), 3, 3)
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    expected = np.vdot(vector, oracles.apply_gate(vector, lower, [1]))
    assert product_sum(chain, [{1: lower}])[0] == pytest.approx(expected, abs=1e-12)


def test_errors() -> None:
    chain = oracles.random_chain(np.random.default_rng(0), 3, 2)
    with pytest.raises(ArgumentError, match="on sites 0 to 2"):
        product_sum(chain, [{3: np.eye(2)}])
    with pytest.raises(ArgumentError, match="square of side 2"):
        product_sum(chain, [{0: np.eye(3)}])


@pytest.mark.parametrize("real", [True, False])
def test_single_precision_stays_single_and_close(real: bool) -> None:
    chain = oracles.random_chain(np.random.default_rng(1), 12, 8, real=real)
    z = np.diag([1.0, -1.0])
    operators = [{3: z, 4: z}, {11: z}, {0: z, 5: z}, {}]
    double = product_sum(chain, operators)
    single = product_sum(chain, operators, precision="single")
    assert single.dtype.itemsize * 2 == double.dtype.itemsize
    assert np.abs(single - double).max() < 2e-6
    with pytest.raises(ArgumentError, match="`precision` must be one of"):
        product_sum(chain, operators, precision="half")
