import numpy as np
import pytest
from aqc.dense import (
    chain_of,
    circuit_vector,
    dense_environments,
    random_gates,
    random_vector,
)

from qtn.aqc.ansatz import Ansatz, Layer, brickwall, staircase
from qtn.aqc.gradient import joined, parted
from qtn.aqc.layered import LayeredKernel

SHAPES = [
    brickwall(5, 4),
    staircase(5, 2),
    Ansatz(5, (Layer((0, 1, 3), True), Layer((0, 2, 3), False), Layer((1, 3), False))),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("real", [False, True])
def test_environments_are_those_of_dense_linear_algebra(shape, real):
    rng = np.random.default_rng(0)
    gates, target = random_gates(rng, shape.size, real), random_vector(rng, 5, real)
    overlap, environments = LayeredKernel(chain_of(target), shape, cut=1e-15).evaluate(
        parted(gates)
    )
    assert np.isclose(overlap, np.vdot(target, circuit_vector(shape, gates)), atol=1e-12)
    assert np.allclose(joined(environments), dense_environments(shape, gates, target), atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_sweeps_never_lower_the_overlap_and_report_it(shape):
    rng = np.random.default_rng(1)
    gates = parted(random_gates(rng, shape.size, False))
    target = random_vector(rng, 5, False)
    kernel = LayeredKernel(chain_of(target), shape, cut=1e-15)
    last = 0.0
    for _ in range(4):
        overlap = kernel.sweep(gates)
        assert np.isclose(
            overlap, np.vdot(target, circuit_vector(shape, joined(gates))), atol=1e-11
        )
        assert abs(overlap) >= last - 1e-12
        last = abs(overlap)
