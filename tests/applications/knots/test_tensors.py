"""Networks of crossings against the state sum, and a published value of 114 crossings."""

from __future__ import annotations

import cmath
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.applications.knots import tensors
from qtn.applications.knots.bracket import bracket_polynomial
from qtn.applications.knots.braid import Braid, disguised
from qtn.applications.knots.polynomial import Polynomial
from qtn.errors import VerificationError
from qtn.verification.limits import Limits

letters = st.sampled_from([k for k in range(-5, 6) if k])


@settings(max_examples=25, deadline=None)
@given(st.lists(letters, max_size=10), st.sampled_from(["markov", "plat"]))
def test_it_equals_the_state_sum(word: list[int], closure: str) -> None:
    braid = Braid(tuple(word), 6, closure)
    known = bracket_polynomial(braid)
    knot = tensors.knot_network(braid)
    assert tensors.tensor_polynomial(knot) == known
    t = cmath.exp(0.7j)
    assert abs(tensors.tensor_value(knot, t) - known(t)) < 1e-10


def test_finite_fields_give_the_same() -> None:
    for word in ((1, 1), (1, -2, 1, -2), (2, 2, -1, -1)):
        for closure in ("markov", "plat"):
            braid = Braid(word, 4, closure)
            with patch.object(tensors, "MAX_ROUNDED", 0.0):
                exact = tensors.tensor_polynomial(tensors.knot_network(braid))
            assert exact == bracket_polynomial(braid)


def test_coefficients_that_rounding_would_lose() -> None:
    word = tuple(int(k) for k in np.random.default_rng(3).choice([1, -2], 100))
    found = tensors.tensor_polynomial(tensors.knot_network(Braid(word)))
    assert max(abs(a) for _, a in found.terms) > 10**6
    assert found == bracket_polynomial(Braid(word))


def test_the_published_braid_of_114_crossings() -> None:
    """A centre of four trefoils on fifteen strands, conjugated: a closed form is known."""
    centre = Braid((2, 2, 2, 5, 5, 5, -8, -8, -8, 13, 13, 13), 15)
    braid = disguised(centre, strands=15, crossings=114, seed=1)
    with ThreadPoolExecutor(2) as pool:
        found = tensors.tensor_polynomial(tensors.knot_network(braid), pool)
    published = -314.33377541936176 - 623.0218676455975j  # at exp(2πi/5); its conjugate at 1/t
    assert abs(found.at_fifth_root() - published) < 1e-11 * abs(published)
    assert braid.components == 11


def test_what_is_wrong_is_refused() -> None:
    with pytest.raises(VerificationError, match=r"V\(1\) = 2 .* link of 1 components has 1"):
        tensors._check(Polynomial.of({0: 2}), 1)
    tensors._check(Polynomial.of({2: 1, 6: 1, 8: -1}), 1)
    rng = np.random.default_rng(0)
    wide = Braid(tuple(int(k) for k in rng.integers(1, 60, 3000)), 60)
    with pytest.raises(VerificationError, match="beyond the limits"):
        tensors.knot_network(wide, Limits(seconds=1.0, memory=1e6))
