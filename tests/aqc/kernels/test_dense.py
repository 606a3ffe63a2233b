import numpy as np
import pytest
from aqc.dense import (
    SHAPES,
    chain_of,
    circuit_vector,
    dense_environments,
    random_gates,
    random_vector,
)

from qtn.aqc.kernels.dense import DenseKernel
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.shape.ansatz import brickwall_shape


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("real", [False, True])
def test_environments_are_those_of_dense_linear_algebra(shape, real):
    rng = np.random.default_rng(0)
    gates, target = random_gates(rng, shape.size, real), random_vector(rng, 5, real)
    overlap, environments = DenseKernel(chain_of(target), shape).evaluate(parted(gates))
    assert np.isclose(overlap, np.vdot(target, circuit_vector(shape, gates)), atol=1e-12)
    assert np.allclose(joined(environments), dense_environments(shape, gates, target), atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("real", [False, True])
def test_sweeps_never_lower_the_overlap_and_report_it(shape, real):
    rng = np.random.default_rng(1)
    gates = parted(random_gates(rng, shape.size, real))
    target = random_vector(rng, 5, real)
    kernel = DenseKernel(chain_of(target), shape)
    last = 0.0
    for _ in range(4):
        overlap = kernel.sweep(gates)
        expected = np.vdot(target, circuit_vector(shape, joined(gates)))
        assert np.isclose(overlap, expected, atol=1e-11)
        assert abs(overlap) >= last - 1e-12
        last = abs(overlap)


def test_a_sweep_after_other_gates_starts_afresh():
    rng = np.random.default_rng(2)
    shape, target = brickwall_shape(4, 3), random_vector(rng, 4, False)
    kernel = DenseKernel(chain_of(target), shape)
    kernel.sweep(parted(random_gates(rng, shape.size, False)))
    gates = parted(random_gates(rng, shape.size, False))
    overlap = kernel.sweep(gates)
    assert np.isclose(overlap, np.vdot(target, circuit_vector(shape, joined(gates))), atol=1e-11)
