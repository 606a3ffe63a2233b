"""Estimate: a value never travels without its standard error."""

import numpy as np
import pytest

from qtn._display import with_error
from qtn.errors import ArgumentError
from qtn.estimate import Estimate


def test_scalar_and_array() -> None:
    one = Estimate(0.5, 0.1, 10, "counts")
    assert float(one) == 0.5
    assert one.shape == ()
    assert one.interval(2)[0] == pytest.approx(0.3)
    many = Estimate(np.array([0.1, 0.2]), np.array([0.01, 0.02]), 10, "counts")
    assert len(many) == 2
    assert many[1].value == 0.2
    assert many[1].stderr == 0.02
    assert "2 values" in repr(many)
    with pytest.raises(TypeError, match="no length"):
        len(one)


@pytest.mark.parametrize("value", [0.0, 0.5, np.array([]), np.zeros(2)])
def test_an_estimate_is_always_true(value) -> None:
    assert bool(Estimate(value, np.abs(value), 10, "counts"))


def test_format() -> None:
    assert with_error(0.123456, 0.0123) == "0.123 ± 0.012"
    assert with_error(12.3456, 3.2) == "12.3 ± 3.2"
    assert with_error(1.5, 0) == "1.5"


@pytest.mark.parametrize("stderr", [-0.1, float("nan"), np.zeros(2)])
def test_bad_standard_error(stderr) -> None:
    with pytest.raises(ArgumentError, match="stderr"):
        Estimate(0.5, stderr)
