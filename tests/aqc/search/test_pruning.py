import itertools

import numpy as np
import pytest
from aqc.dense import circuit_vector, dense_environments, random_gates, random_vector
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc import Staircase
from qtn.aqc.points import Limits
from qtn.aqc.search.job import Job
from qtn.aqc.search.pruning import _absorb, nearest_products, prune, without
from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.target import as_target


@pytest.mark.parametrize("real", [False, True])
def test_nearest_products_beat_random_ones_and_give_their_value(real):
    rng = np.random.default_rng(0)
    environments = rng.normal(size=(6, 4, 4)) + (0 if real else 1j * rng.normal(size=(6, 4, 4)))
    values, left, right = nearest_products(environments)
    products = np.einsum("mac,mbd->mabcd", left, right).reshape(6, 4, 4)
    assert np.allclose(np.einsum("mij,mij->m", environments, products).real, values)
    for matrices in (left, right):
        assert np.allclose(matrices @ matrices.conj().transpose(0, 2, 1), np.eye(2))
    for _ in range(200):
        a, b = (
            np.linalg.qr(rng.normal(size=(2, 2)) + (0 if real else 1j * rng.normal(size=(2, 2))))[0]
            for _ in range(2)
        )
        assert (np.einsum("mij,ij->m", environments, np.kron(a, b)).real <= values + 1e-9).all()


@pytest.mark.parametrize("dropped", range(7))
def test_the_overlap_after_a_drop_is_the_one_predicted(dropped):
    rng = np.random.default_rng(1)
    shape = brickwall_shape(5, 4)
    gates, target = random_gates(rng, shape.size, False), random_vector(rng, 5, False)
    overlap = np.vdot(target, circuit_vector(shape, gates))
    phase = np.conj(overlap) / abs(overlap)
    values, left, right = nearest_products(phase * dense_environments(shape, gates, target))
    _absorb(shape, gates, dropped, left[dropped], right[dropped])
    keep = [g for g in range(shape.size) if g != dropped]
    shorter = circuit_vector(without(shape, [dropped]), gates[keep])
    assert (phase * np.vdot(target, shorter)).real == pytest.approx(values[dropped], abs=1e-12)


def test_superfluous_blocks_are_dropped_for_nothing():
    # A state of two staircases, compiled to four.
    rng = np.random.default_rng(2)
    shape = staircase_shape(6, 1)
    vector = circuit_vector(shape, random_gates(rng, shape.size, True)).real
    state = vector.reshape((2,) * 6).transpose(*range(6)[::-1]).reshape(-1)
    long = qtn.compile(state, Staircase(3, blocks=5, steps=30, polish=100, tolerance=1e-6))
    assert long.blocks == 5
    assert long.two_qubit_gates <= 10
    assert long.infidelity < 1e-6


def test_pruned_beats_grown_and_the_front_falls():
    # One target says little: which valley a search ends in hangs on rounding.
    sums = np.zeros(2)
    for seed in range(3):
        vector = random_vector(np.random.default_rng(seed), 7, True)
        grown = qtn.compile(vector, Staircase(3, steps=30, polish=60))
        pruned = qtn.compile(vector, Staircase(4, blocks=18, steps=30, polish=60))
        assert grown.blocks == pruned.blocks == 18
        sums += grown.infidelity, pruned.infidelity
        for a, b in itertools.pairwise(pruned.pareto):
            assert a.two_qubit_gates < b.two_qubit_gates
            assert a.infidelity > b.infidelity
    assert sums[1] < sums[0]


def test_interruption_keeps_the_best(monkeypatch):
    import qtn.aqc.search.pruning as module

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "lbfgs", interrupted)
    vector = random_vector(np.random.default_rng(4), 6, False)
    compiled = qtn.compile(vector, Staircase(2, blocks=8, steps=5, polish=5))
    assert compiled.status is qtn.Status.INTERRUPTED
    assert compiled.fidelity > 0.05


def test_complex_gates_for_a_real_target_are_pruned():
    rng = np.random.default_rng(4)
    state = as_target(random_vector(rng, 5, True))
    shape = brickwall_shape(5, 3)
    given = Blocks.of(shape, random_gates(rng, shape.size, False))
    job = Job(state)
    points, _, _ = prune(job, job.point("given", given, 0.5), Limits(blocks=4), steps=3, polish=3)
    last = points[-1]
    vector = Statevector(last.circuit).data
    assert last.blocks <= 4
    found = 1.0 - abs(np.vdot(state.to_dense(), vector)) ** 2
    assert found == pytest.approx(last.infidelity, abs=1e-9)


def test_blocks_that_follow_each_other_on_two_sites_are_pruned_as_one():
    rng = np.random.default_rng(7)
    job = Job(as_target(qtn.MPS.from_dense(random_vector(rng, 5, False)).normalised()))
    shape = brickwall_shape(5, 3)
    pairs = [((bond, bond + 1), g) for _, bond in shape.sequence() for g in random_gates(rng, 2, 0)]
    point = job.point("given", Blocks(5, tuple(pairs)), 1.0)
    assert (point.ansatz.size, point.blocks) == (shape.size, 2 * shape.size)
    points, _, _ = prune(job, point, Limits(blocks=shape.size - 2))
    assert points[-1].blocks == shape.size - 2
    assert points[-1].infidelity < 0.5
