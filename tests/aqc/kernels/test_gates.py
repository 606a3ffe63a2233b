import numpy as np
import scipy.linalg
from aqc.dense import (
    circuit_vector,
    dense_environments,
    log_gradient,
    polar,
    random_gates,
    random_vector,
)

from qtn.aqc.kernels.gates import joined, nearest_unitary, parted, plain
from qtn.aqc.shape.ansatz import staircase_shape


def test_gradient_is_the_finite_difference():
    rng = np.random.default_rng(1)
    shape = staircase_shape(4, 2)
    gates, target = random_gates(rng, shape.size, False), random_vector(rng, 4, False)
    environments = dense_environments(shape, gates, target)
    overlap = np.vdot(target, circuit_vector(shape, gates))
    gradient = joined(log_gradient(parted(gates), parted(environments), overlap))
    for g in (0, 3, shape.size - 1):
        x = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        x = x - x.conj().T
        values = []
        for sign in (1.0, -1.0):
            moved = gates.copy()
            moved[g] = scipy.linalg.expm(sign * 1e-5 * x) @ moved[g]
            f = np.vdot(target, circuit_vector(shape, moved))
            values.append(-np.log(abs(f) ** 2))
        slope = (values[0] - values[1]) / 2e-5
        assert np.isclose(np.vdot(gradient[g], x).real, slope, rtol=1e-6, atol=1e-8)


def test_gradient_is_anti_hermitian():
    rng = np.random.default_rng(2)
    gates = parted(random_gates(rng, 3, False))
    gradient = joined(log_gradient(gates, rng.normal(size=gates.shape), 0.3 - 0.1j))
    assert np.allclose(gradient, -gradient.conj().transpose(0, 2, 1), atol=1e-14)


def test_polar_maximises_the_overlap():
    rng = np.random.default_rng(3)
    environment = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    best = polar(environment, False)
    reached = abs(np.sum(environment * best))
    assert np.isclose(reached, np.linalg.svd(environment)[1].sum())
    others = random_gates(rng, 200, False)
    assert np.all(np.abs(np.sum(environment * others, axis=(1, 2))) <= reached + 1e-12)


def test_real_polar_stays_in_so4():
    rng = np.random.default_rng(4)
    for _ in range(20):
        environment = rng.normal(size=(4, 4))
        gate = polar(environment, True)
        assert np.allclose(gate @ gate.T, np.eye(4), atol=1e-12)
        assert np.isclose(np.linalg.det(gate), 1.0)
        others = random_gates(rng, 100, True)
        assert np.all(
            np.sum(environment * others, axis=(1, 2)) <= np.sum(environment * gate) + 1e-9
        )


def test_parts_and_back():
    rng = np.random.default_rng(5)
    gates = random_gates(rng, 4, False)
    assert np.array_equal(joined(parted(gates)), gates)
    assert plain(parted(gates.real), True).dtype == np.float64


def test_nearest_unitary_leaves_unitaries_alone():
    gates = random_gates(np.random.default_rng(6), 4, False)
    assert np.allclose(nearest_unitary(gates * (1 + 1e-9)), gates, atol=1e-12)
