"""The loops on registers against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.aqc.kernels.nodes_loops import apply, environment


@pytest.mark.parametrize(("high", "low"), [(1, 1), (1, 8), (4, 2), (3, 5)])
def test_apply_and_environment(high: int, low: int) -> None:
    rng = np.random.default_rng(high * 10 + low)
    gate, other = rng.normal(size=(2, 4, 4))
    x, y, u, v = rng.normal(size=(4, high * 4 * low))
    out, also = np.empty((2, high * 4 * low))
    apply(gate, other, x, y, high, low, out, also)
    state = (x + 1j * y).reshape(high, 4, low)
    wanted = np.einsum("rc,hct->hrt", gate + 1j * other, state).reshape(-1)
    assert np.allclose(out + 1j * also, wanted)
    real, imaginary = np.empty((2, 4, 4))
    environment(x, y, u, v, high, low, real, imaginary)
    wanted = np.einsum("hrt,hct->rc", state, (u + 1j * v).reshape(high, 4, low))
    assert np.allclose(real + 1j * imaginary, wanted)
