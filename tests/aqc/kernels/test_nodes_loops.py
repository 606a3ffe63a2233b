"""The loops on registers against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.aqc.kernels.nodes_loops import apply, environment


@pytest.mark.parametrize(("high", "low"), [(1, 1), (1, 8), (4, 2), (3, 5)])
def test_apply_and_environment(high: int, low: int) -> None:
    rng = np.random.default_rng(high * 10 + low)
    gate = rng.normal(size=(2, 4, 4))
    state, back = rng.normal(size=(2, 2, high * 4 * low))
    out = np.empty((2, high * 4 * low))
    apply(gate, state, high, low, out)
    whole = (state[0] + 1j * state[1]).reshape(high, 4, low)
    wanted = np.einsum("rc,hct->hrt", gate[0] + 1j * gate[1], whole).reshape(-1)
    assert np.allclose(out[0] + 1j * out[1], wanted)
    found = np.empty((2, 4, 4))
    environment(back, state, high, low, found)
    wanted = np.einsum("hrt,hct->rc", (back[0] + 1j * back[1]).reshape(high, 4, low), whole)
    assert np.allclose(found[0] + 1j * found[1], wanted)
