import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_gates, random_vector

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.result import Status
from qtn.aqc.search.improve import Effort, given, improved, lengthened, turned
from qtn.aqc.search.job import Job
from qtn.aqc.shape.ansatz import brickwall_shape, identity_gates, staircase_shape
from qtn.errors import ArgumentError
from qtn.states import MPS


def job_of(vector):
    return Job(MPS(tuple(chain_of(vector))))


@pytest.mark.parametrize("sweeps", [0, 4])
def test_it_finds_the_gates_nearby(sweeps):
    rng = np.random.default_rng(0)
    shape = brickwall_shape(5, 3)
    gates = random_gates(rng, shape.size, False)
    vector = circuit_vector(shape, gates)
    start = turned(parted(gates), 0.1, rng, False)
    found = improved(job_of(vector), shape, start, Effort(sweeps=sweeps))
    assert 1 - abs(np.vdot(circuit_vector(shape, found.gates), vector)) ** 2 < 1e-4
    assert found.history[-1].infidelity < found.history[0].infidelity


def test_complex_starts_make_a_real_search_complex():
    rng = np.random.default_rng(1)
    shape = brickwall_shape(4, 2)
    target = job_of(random_vector(rng, 4, True))
    real = improved(target, shape, parted(identity_gates(shape, False)), Effort(steps=3))
    assert real.gates.dtype == np.float64
    start = parted(random_gates(rng, shape.size, False))
    assert improved(target, shape, start, Effort(steps=3)).gates.dtype == np.complex128


def test_no_overlap_is_a_status():
    shape = brickwall_shape(4, 1)
    target = Job(MPS.product([[0.0, 1.0]] * 4))
    found = improved(target, shape, parted(identity_gates(shape, False)), Effort())
    assert found.status is Status.NO_OVERLAP


def test_given_blocks_are_arranged_into_layers():
    gates = random_gates(np.random.default_rng(2), 3, False)
    shape, parts = given(4, [2, 0, 1], gates)
    assert [layer.bonds for layer in shape.layers] == [(0, 2), (1,)]
    assert np.allclose(joined(parts), gates[[1, 0, 2]], atol=1e-14)


@pytest.mark.parametrize(
    ("bonds", "gates", "message"),
    [
        ([0], np.eye(4)[None].repeat(2, 0), r"must hold gates \(1, 4, 4\), one per bond"),
        ([3], np.eye(4)[None], r"must hold bonds in 0 \.\.\. 2, but holds 3"),
        ([0], 1.1 * np.eye(4)[None], "must hold unitary gates, but one is off by 0.21"),
    ],
)
def test_blocks_that_do_not_fit(bonds, gates, message):
    with pytest.raises(ArgumentError, match=message):
        given(4, bonds, gates)


def test_brickwalls_are_lengthened_by_identities_and_other_shapes_left():
    rng = np.random.default_rng(3)
    short = brickwall_shape(5, 2)
    gates = random_gates(rng, short.size, False)
    shape, parts = lengthened(short, parted(gates), 4)
    assert shape == brickwall_shape(5, 4)
    vectors = circuit_vector(short, gates), circuit_vector(shape, joined(parts))
    assert np.allclose(*vectors, atol=1e-13)
    stairs = staircase_shape(5, 1)
    assert lengthened(stairs, parted(gates), 4)[0] is stairs


def test_turned_gates_stay_unitary_and_real_ones_real():
    rng = np.random.default_rng(4)
    gates = random_gates(rng, 3, True)
    out = turned(parted(gates), 0.2, rng, True)
    assert np.all(out[:, 1] == 0.0)
    assert np.allclose(joined(out) @ joined(out).conj().mT, np.eye(4), atol=1e-12)
    assert 0.01 < np.abs(joined(out) - gates).max() < 1.0
