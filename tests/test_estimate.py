"""Estimate: a value never travels without its standard error."""

import numpy as np
import pytest
from matplotlib.figure import Figure

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


def test_values_are_drawn_with_their_intervals_and_listed() -> None:
    many = Estimate(np.array([[0.1, 0.2]]), np.array([[0.01, 0.02]]), 10, "counts")
    ax = Figure().subplots()
    assert many.plot(ax) is ax
    ends = [c.lines[2][0].get_segments()[0][:, 0] for c in ax.containers]
    assert np.allclose(ends, [[0.1 - 0.0196, 0.1 + 0.0196], [0.2 - 0.0392, 0.2 + 0.0392]])
    frame = many.to_frame()
    assert frame["index 1"].tolist() == [0, 1]
    assert frame["stderr"].tolist() == [0.01, 0.02]
    assert Estimate(1.0, 0.0).to_frame()["value"].tolist() == [1.0]
    with pytest.raises(ArgumentError, match="`kind` must be one of 'auto', 'fits', 'values'"):
        many.plot(kind="bars")


def test_of_complex_values_the_real_part_is_drawn_and_said() -> None:
    ax = Estimate(0.5 + 2j, 0.1).plot()
    assert ax.get_xlabel() == "real part of the value, ± 1.96 standard errors"


def test_one_number_of_an_estimate() -> None:
    assert Estimate(0.5, 0.1).scalar == 0.5
    assert Estimate(np.array([[2]]), np.array([[0.1]])).scalar == 2.0
    assert Estimate[float](0.5, 0.1).scalar == 0.5
    with pytest.raises(ArgumentError, match="holds 2 values, which is no single real number"):
        Estimate(np.zeros(2), np.zeros(2)).scalar  # noqa: B018
    with pytest.raises(ArgumentError, match="holds a complex value"):
        Estimate(1j, 0.1).scalar  # noqa: B018
