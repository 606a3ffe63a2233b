from __future__ import annotations

import pytest

from qtn.errors import ArgumentError
from qtn.mitigation import ZNE


def test_factors_are_sorted_and_named():
    assert ZNE((3, 1)).factors == (1.0, 3.0)
    assert ZNE((3, 1)).label == "zne(1, 3)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factors": (0.5, 1)}, "`factors` must be a finite number in"),
        ({"factors": (1, 1)}, "must be distinct"),
        ({"factors": (1,)}, "at least 2 factors for the exponential fit"),
        ({"factors": (1, 3), "fit": "polynomial"}, "at least 3 factors"),
        ({"fit": "magic"}, "`fit` must be one of"),
        ({"folding": "random"}, "`folding` must be one of"),
        ({"order": 0}, "`order` must be a positive integer"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        ZNE(**options)
