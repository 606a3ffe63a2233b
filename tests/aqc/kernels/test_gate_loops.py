import numpy as np
import pytest
import scipy.linalg
from aqc.dense import log_gradient, polar, random_gates

from qtn.aqc.kernels import gate_loops as loops
from qtn.aqc.kernels.gates import joined, parted


def test_compiled_gradient_agrees_with_the_plain_one():
    rng = np.random.default_rng(0)
    gates = parted(random_gates(rng, 5, False))
    environments, f, out = rng.normal(size=gates.shape), 0.3 - 0.2j, np.empty_like(gates)
    loops.log_gradient(gates, environments, f.real, f.imag, out)
    assert np.allclose(out, log_gradient(gates, environments, f), atol=1e-13)


@pytest.mark.parametrize("size", [1e-4, 0.1, 0.8, 3.0])
def test_retraction_is_the_exponential(size):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(6, 4, 4)) + 1j * rng.normal(size=(6, 4, 4))
    x = size * (x - x.conj().transpose(0, 2, 1))
    gates = random_gates(rng, 6, False)
    out = np.empty((6, 2, 4, 4))
    loops.retract(parted(x), parted(gates), out)
    wanted = np.array([scipy.linalg.expm(a) @ g for a, g in zip(x, gates)])
    assert np.allclose(joined(out), wanted, atol=1e-13 * max(1.0, 30 * size))
    assert np.allclose(joined(out) @ joined(out).conj().transpose(0, 2, 1), np.eye(4), atol=1e-12)


@pytest.mark.parametrize("real", [False, True])
def test_polar_agrees_with_the_singular_value_decomposition(real):
    rng = np.random.default_rng(2)
    environments = rng.normal(size=(40, 2, 4, 4))
    if real:
        environments[:, 1] = 0.0
    gates = parted(random_gates(rng, 40, real))
    loops.polar_batch(environments, gates, real)
    for environment, gate in zip(joined(environments), joined(gates)):
        wanted = polar(environment.real if real else environment, real)
        # The gate's own admixture of 1e-7 is the only difference.
        assert np.sum(environment * gate).real == pytest.approx(
            np.sum(environment * wanted).real, rel=1e-10
        )
        assert np.allclose(gate @ gate.conj().T, np.eye(4), atol=1e-12)
        if real:
            assert np.isclose(np.linalg.det(gate).real, 1.0)


def test_free_directions_of_a_polar_update_keep_the_gate():
    rng = np.random.default_rng(3)
    gate = random_gates(rng, 1, False)
    environment = np.zeros((1, 4, 4), complex)
    environment[0, :, 0] = gate[0, :, 0].conj()  # optimal already
    parts = parted(gate)
    loops.polar_batch(parted(environment), parts, False)
    assert np.allclose(joined(parts), gate, atol=1e-9)


def test_real_gates_stay_in_so4_when_directions_are_free():
    rng = np.random.default_rng(5)
    environments = np.zeros((30, 2, 4, 4))
    environments[:, 0, :, :2] = rng.normal(size=(30, 4, 2))
    gates = parted(random_gates(rng, 30, True))
    loops.polar_batch(environments, gates, True)
    assert np.allclose(gates[:, 1], 0.0)
    assert np.allclose(gates[:, 0] @ gates[:, 0].transpose(0, 2, 1), np.eye(4), atol=1e-12)
    assert np.allclose(np.linalg.det(gates[:, 0]), 1.0)
    reached = np.sum(environments[:, 0] * gates[:, 0], axis=(1, 2))
    best = np.linalg.svd(environments[:, 0], compute_uv=False).sum(axis=1)
    assert np.allclose(reached, best, rtol=1e-9)
