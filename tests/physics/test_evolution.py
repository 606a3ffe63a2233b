"""Options and origin records of an evolution."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.physics import TDVP, TEBD, Evolution, chain, product_state


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
