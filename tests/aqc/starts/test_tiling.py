import numpy as np
import pytest

import qtn
from qtn.aqc import Brickwall
from qtn.errors import ArgumentError


def test_a_tiled_start_is_nearly_solved():
    state = qtn.evolve(qtn.chain("heisenberg", 28), "neel", 0.6)
    tiled = qtn.compile(state, Brickwall(3, start="tiled", steps=60))
    trotter = qtn.compile(state, Brickwall(3, start="trotter", steps=0, sweeps=0))
    assert tiled.history[0].infidelity < 0.2 * trotter.infidelity


def test_chains_that_are_not_uniform_are_refused():
    n = 30
    operator = qtn.chain("heisenberg", n, coupling=np.linspace(0.5, 1.5, n - 1))
    state = qtn.evolve(operator, "neel", 0.1)
    with pytest.raises(ArgumentError, match="couplings differ along the chain"):
        qtn.compile(state, Brickwall(3, start="tiled"))
