"""The path basis against the state sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.applications.knots.bracket import bracket_polynomial
from qtn.applications.knots.braid import Braid
from qtn.applications.knots.paths import applied, path_value, strings
from qtn.errors import ArgumentError

letters = st.sampled_from([k for k in range(-5, 6) if k])


@settings(max_examples=40, deadline=None)
@given(st.lists(letters, max_size=12), st.sampled_from(["markov", "plat"]))
def test_it_equals_the_state_sum(word: list[int], closure: str) -> None:
    braid = Braid(tuple(word), 6, closure)
    assert abs(path_value(braid) - bracket_polynomial(braid).at_fifth_root()) < 1e-11


def test_crossings_are_unitary_and_obey_the_braid_relation() -> None:
    basis = strings(5)
    one = np.eye(len(basis), dtype=complex)
    left = applied(Braid((2, 3, 2), 5), basis, one)
    right = applied(Braid((3, 2, 3), 5), basis, one)
    assert np.abs(left - right).max() < 1e-14
    assert np.abs(left.conj().T @ left - one).max() < 1e-14
    assert len(basis) == 8  # a Fibonacci number


def test_too_many_strands() -> None:
    with pytest.raises(ArgumentError, match="at most 20 strands, but the braid has 21"):
        path_value(Braid((20,)))
