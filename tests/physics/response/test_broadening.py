"""Windows of time: their transforms, their widths, where they end."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exact_spectrum import gaussian, parzen

from qtn.physics.response.broadening import WINDOWS, last_time, left_out, open_share, peak


@pytest.mark.parametrize("window", WINDOWS)
def test_a_window_becomes_a_line_of_the_width_that_names_it(window: str) -> None:
    last = last_time(window, 0.4, 1e-9)
    times = np.linspace(-last, last, 20_001)
    shares = open_share(window, 0.4, np.abs(times))
    omega = np.linspace(-3.0, 3.0, 25)
    line = np.trapezoid(shares * np.exp(1j * np.multiply.outer(omega, times)), times).real
    kernel = {"gaussian": gaussian, "parzen": parzen}[window]
    assert line / (2.0 * np.pi) == pytest.approx(kernel(omega, 0.4), abs=1e-8)
    assert peak(window, 0.4) == pytest.approx(kernel(np.zeros(1), 0.4)[0], rel=1e-12)
    near = open_share(window, 0.4, np.array([0.0, 1e-2]))
    assert near[0] == 1.0
    assert (near[0] - near[1]) * 2.0 / 1e-4 == pytest.approx(0.4**2, rel=1e-2)
    assert open_share(window, 0.4, np.array([2.0 * last]))[0] <= 1e-9


def test_what_the_end_of_a_window_leaves_out() -> None:
    last = last_time("gaussian", 0.4, 1e-4)
    times = np.linspace(0.0, last, 20_001)
    kept = np.trapezoid(open_share("gaussian", 0.4, times), times) / math.pi
    assert 1.0 - kept / peak("gaussian", 0.4) == pytest.approx(
        left_out("gaussian", 0.4, last), rel=1e-3
    )
    assert left_out("parzen", 0.4, last) == 0.0
