"""Options and origin records of an evolution."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.physics import TDVP, TEBD, Evolution, chain, product_state
from qtn.physics.evolution import error_so_far
from qtn.physics.terms import read_terms


def test_truncation_error_is_the_root_of_the_discarded_weight():
    origin = Evolution(
        chain("tfim", 3), 1.0, product_state("000"), TEBD(), 0.1, 1e-6, np.array([9e-6, 7e-6])
    )
    assert origin.truncation_error == pytest.approx(4e-3)
    assert str(origin) == "TEBD to time 1: step 0.1 (error 1.0e-06), truncation error 4.0e-03"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: TEBD(order=3), "`order` must be one of 1, 2, 4"),
        (lambda: TEBD(step=0.0), "`step` must be a finite number in"),
        (lambda: TDVP(step=-1.0), "`step` must be a finite number in"),
        (lambda: TDVP(krylov=0), "`krylov` must be a positive integer"),
        (lambda: TDVP(tolerance=0.0), "`tolerance` must be a finite number in"),
    ],
)
def test_bad_options(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_an_evolution_that_goes_on_keeps_its_error_per_step() -> None:
    operator = qtn.chain("heisenberg", n=8)
    terms, method = read_terms(operator), TEBD(step=0.1)
    once = qtn.evolve(operator, "neel", 0.2, method=method)
    whole = qtn.evolve(operator, once, 0.4, method=method)
    assert error_so_far(once.origin, terms, method, 0.1) == pytest.approx(
        once.origin.step_error / 2
    )
    assert whole.origin.step_error == pytest.approx(3 * once.origin.step_error)
    for step in (0.05, -0.1, -0.1j):
        assert error_so_far(once.origin, terms, method, step) is None
    assert error_so_far(once.origin, terms, TEBD(order=2, step=0.1), 0.1) is None
    assert error_so_far(once.origin, read_terms(qtn.chain("xx", n=8)), method, 0.1) is None
    assert error_so_far(None, terms, method, 0.1) is None
