import numpy as np
import pytest
from aqc.dense import circuit_vector, random_gates

import qtn
import qtn.aqc as aqc
from qtn.aqc.kernels.gate_loops import retract
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.search.hessian.metric import BASIS, WindowMetric, window_metric
from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape
from qtn.errors import ArgumentError


def infidelity_after(shape, gates, direction, size):
    """1 - |<φ|φ'>|² for the state of the circuit before and after a small turn of its gates."""
    after = np.empty_like(gates)
    retract(size * direction, gates, after)
    before = circuit_vector(shape, joined(gates))
    rest = circuit_vector(shape, joined(after))
    rest = rest - before * np.vdot(before, rest)
    return float(np.linalg.norm(rest) ** 2)


@pytest.mark.parametrize("shape", [brickwall_shape(5, 3), staircase_shape(4, 2)])
def test_the_metric_measures_how_far_a_turn_of_the_gates_moves_the_state(shape):
    rng = np.random.default_rng(0)
    gates = random_gates(rng, shape.size, False)
    numbers, metric = window_metric(shape, gates, 0, shape.n)
    assert sorted(numbers) == list(range(shape.size))
    for _ in range(3):
        x = rng.normal(size=(shape.size, 16))
        direction = parted(np.einsum("gk,kij->gij", x, BASIS))
        expected = infidelity_after(shape, parted(gates), direction, 1e-4) / 1e-8
        y = x[numbers].reshape(-1)
        assert y @ metric @ y == pytest.approx(expected, rel=1e-3)


def test_one_window_over_the_chain_inverts_the_damped_metric():
    rng = np.random.default_rng(1)
    shape = brickwall_shape(5, 4)
    gates = random_gates(rng, shape.size, False)
    numbers, metric = window_metric(shape, gates, 0, 5)
    x = rng.normal(size=(shape.size, 16))
    image = np.empty_like(x)
    damped = 2.0 * metric + 0.1 * np.eye(len(metric))
    image[numbers] = (damped @ x[numbers].reshape(-1)).reshape(-1, 16)
    inverse = WindowMetric(shape, parted(gates), damping=0.1)
    found = inverse(parted(np.einsum("gk,kij->gij", image, BASIS)))
    assert np.allclose(found, parted(np.einsum("gk,kij->gij", x, BASIS)), atol=1e-4)


@pytest.mark.parametrize("real", [False, True])
def test_the_sum_over_windows_is_symmetric_positive_and_keeps_real_gates_real(real):
    rng = np.random.default_rng(2)
    shape = brickwall_shape(11, 5)
    inverse = WindowMetric(shape, parted(random_gates(rng, shape.size, real)), width=5)
    a, b = (np.einsum("gk,kij->gij", rng.normal(size=(shape.size, 16)), BASIS) for _ in range(2))
    a, b = (parted(x.real if real else x) for x in (a, b))
    assert np.sum(inverse(a) * b) == pytest.approx(np.sum(a * inverse(b)), rel=1e-5)
    assert np.sum(a * inverse(a)) > 0.0
    if real:
        assert np.abs(inverse(a)[:, 1]).max() < 1e-6


def test_the_metric_saves_steps_in_a_deep_circuit():
    state = qtn.evolve(qtn.chain("heisenberg", 10), "neel", 2.0)
    options = {"start": "trotter", "tolerance": 1e-6}
    plain, guided = (
        qtn.compile(state, aqc.Brickwall(9, steps=150, metric=width, **options)) for width in (0, 8)
    )
    assert guided.infidelity < 0.7 * plain.infidelity


def test_windows_wider_than_allowed_are_refused():
    with pytest.raises(ArgumentError, match="`metric` must be an integer"):
        aqc.Brickwall(5, metric=40)
