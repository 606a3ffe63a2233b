import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_gates, random_vector

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel, boundary_legs, build
from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape, staircase_shape

SHAPES = [
    brickwall_shape(6, 1),
    brickwall_shape(6, 4),
    brickwall_shape(7, 5),
    staircase_shape(6, 2),
    staircase_shape(2, 1),
    Ansatz(6, (Layer((0, 1, 3), True), Layer((0, 2, 3), False))),
    Ansatz(6, (Layer((1,)), Layer((1,)))),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("real", [False, True])
def test_both_kernels_give_the_same_to_1e_10(shape, real):
    rng = np.random.default_rng(0)
    gates, target = random_gates(rng, shape.size, real), random_vector(rng, shape.n, real)
    chain = chain_of(target)
    overlap, environments = TransverseKernel(chain, shape, cut=1e-14).evaluate(parted(gates))
    other, expected = LayeredKernel(chain, shape, cut=1e-15).evaluate(parted(gates))
    assert np.isclose(overlap, np.vdot(target, circuit_vector(shape, gates)), atol=1e-12)
    assert abs(overlap - other) < 1e-10
    assert np.abs(environments - expected).max() < 1e-10


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("real", [False, True])
def test_sweeps_never_lower_the_overlap_and_keep_gates_unitary(shape, real):
    rng = np.random.default_rng(1)
    gates = parted(random_gates(rng, shape.size, real))
    target = random_vector(rng, shape.n, real)
    kernel = TransverseKernel(chain_of(target), shape, cut=1e-14)
    last = 0.0
    for _ in range(4):
        overlap = kernel.sweep(gates)
        plain = joined(gates)
        assert np.isclose(overlap, np.vdot(target, circuit_vector(shape, plain)), atol=1e-11)
        assert abs(overlap) >= last - 1e-6
        assert np.allclose(plain @ plain.conj().transpose(0, 2, 1), np.eye(4), atol=1e-12)
        last = abs(overlap)


def test_sizes_predicted_are_those_of_the_program():
    shape = brickwall_shape(8, 5)
    chain = chain_of(random_vector(np.random.default_rng(2), 8, False))
    program = build(shape, chain)
    bonds = np.array([t.shape[0] for t in chain])
    largest = (2.0 ** boundary_legs(shape) * bonds).max()
    assert program.spare >= 2 * largest
    assert program.cost > 0


def test_a_changed_cut_changes_the_precision():
    rng = np.random.default_rng(3)
    shape = brickwall_shape(8, 3)
    gates, target = random_gates(rng, shape.size, False), 3e-3 * random_vector(rng, 8, False)
    target[0] = 1.0
    target = target / np.linalg.norm(target)
    kernel = TransverseKernel(chain_of(target), shape, cut=1e-4)
    exact = np.vdot(target, circuit_vector(shape, gates))
    rough = abs(kernel.evaluate(parted(gates))[0] - exact)
    kernel.cut = 1e-14
    assert abs(kernel.evaluate(parted(gates))[0] - exact) < 1e-12 < rough
