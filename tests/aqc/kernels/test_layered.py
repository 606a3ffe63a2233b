import numpy as np
import pytest
import scipy.linalg
from aqc.dense import (
    SHAPES,
    chain_of,
    circuit_vector,
    dense_environments,
    log_gradient,
    random_gates,
    random_vector,
)

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel
from qtn.aqc.shape.ansatz import brickwall_shape


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


def test_evaluations_from_kept_spaces_agree_with_fresh_ones():
    rng = np.random.default_rng(4)
    shape = brickwall_shape(10, 6)
    gates = random_gates(rng, shape.size, False)
    target = chain_of(circuit_vector(shape, gates) + 0.02 * random_vector(rng, 10, False))
    kernel = LayeredKernel(target, shape, cut=1e-6)
    for _ in range(4):
        gates = gates @ np.linalg.qr(np.eye(4) + 0.01 * rng.normal(size=gates.shape))[0]
        warm = kernel.evaluate(parted(gates))
        fresh = LayeredKernel(target, shape, cut=1e-15).evaluate(parted(gates))
        scale = np.abs(fresh[1]).max()
        assert abs(warm[0] - fresh[0]) < 1e-3 * scale
        assert np.abs(warm[1] - fresh[1]).max() < 1e-2 * scale


@pytest.mark.parametrize("kind", [LayeredKernel, TransverseKernel])
@pytest.mark.parametrize("real", [False, True])
def test_gradients_are_finite_differences_of_the_kernel_itself(kind, real):
    rng = np.random.default_rng(5)
    shape = brickwall_shape(7, 4)
    gates = random_gates(rng, shape.size, real)
    kernel = kind(chain_of(random_vector(rng, 7, real)), shape, cut=1e-14)

    def value(matrices):
        return -2.0 * np.log(abs(kernel.evaluate(parted(matrices))[0]))

    overlap, environments = kernel.evaluate(parted(gates))
    gradient = joined(log_gradient(parted(gates), environments, overlap))
    for g in range(0, shape.size, 4):
        x = rng.normal(size=(4, 4)) + (0 if real else 1j * rng.normal(size=(4, 4)))
        x = x - x.conj().T
        values = []
        for sign in (1.0, -1.0):
            moved = gates.copy()
            moved[g] = scipy.linalg.expm(sign * 1e-5 * x) @ moved[g]
            values.append(value(moved))
        slope = (values[0] - values[1]) / 2e-5
        assert np.isclose(np.vdot(gradient[g], x).real, slope, rtol=1e-5, atol=1e-7)
