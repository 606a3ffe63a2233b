import functools

import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_gates, random_vector

from qtn.aqc.kernels.gates import parted, unitary
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel
from qtn.aqc.search.keeper import Keeper
from qtn.aqc.search.optimise import (
    LBFGS,
    Search,
    alternate,
    lbfgs,
    polar_sweeps,
)
from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape


@pytest.fixture
def reachable():
    rng = np.random.default_rng(0)
    shape = brickwall_shape(6, 3)
    gates = random_gates(rng, shape.size, False)
    return (
        shape,
        chain_of(circuit_vector(shape, gates)),
        parted(random_gates(rng, shape.size, False)),
    )


@pytest.mark.parametrize("engine", [LayeredKernel, TransverseKernel])
def test_quasi_newton_finds_a_state_the_shape_holds(reachable, engine):
    shape, chain, start = reachable
    search = Search(Keeper(), target_infidelity=1e-5, tolerance=1e-9)
    lbfgs(engine(chain, shape), start, search, LBFGS(400))
    assert search.reached


def test_polar_sweeps_fall_and_stop_when_nothing_is_gained(reachable):
    shape, chain, start = reachable
    search = Search(Keeper(), tolerance=0.5)
    polar_sweeps(TransverseKernel(chain, shape), start, search, 200)
    values = [r.infidelity for r in search.history]
    assert values[-1] < values[0]
    assert len(values) < 200


def test_search_stops_at_its_goal_and_keeps_the_best(reachable):
    shape, chain, start = reachable
    seen = []
    search = Search(Keeper(seen.append), target_infidelity=0.05)
    lbfgs(TransverseKernel(chain, shape), start, search, LBFGS(400))
    assert search.reached
    assert search.best == min(r.infidelity for r in seen)


def test_cut_follows_the_infidelity(reachable):
    shape, chain, start = reachable
    kernel, search = LayeredKernel(chain, shape), Search(Keeper())
    assert search.note(kernel, start, 0.9j) == pytest.approx(0.19)
    assert kernel.cut == 1e-5
    search.note(kernel, start, 1.0 - 1e-3)
    assert kernel.cut == pytest.approx(2e-7, rel=1e-3)


def test_values_that_the_cut_cannot_tell_are_found_again(reachable):
    shape, chain, start = reachable
    kernel, search = LayeredKernel(chain, shape), Search(Keeper())
    right = 1.0 - abs(TransverseKernel(chain, shape).evaluate(start)[0]) ** 2
    assert search.note(kernel, start, 1.0 - 1e-9) == pytest.approx(right, rel=1e-6)
    assert search.best == search.history[-1].infidelity == pytest.approx(right, rel=1e-6)


def test_unitary_repairs_rounding():
    gates = parted(random_gates(np.random.default_rng(1), 3, False))
    assert np.allclose(unitary(1.001 * gates), gates)


def test_staircases_are_optimised_too():
    rng = np.random.default_rng(2)
    shape = staircase_shape(6, 2)
    chain, start = (
        chain_of(random_vector(rng, 6, True)),
        parted(random_gates(rng, shape.size, True)),
    )
    search = Search(Keeper(), tolerance=1e-3)
    lbfgs(TransverseKernel(chain, shape), start, search, LBFGS(60))
    assert search.best < 0.5 * search.history[0].infidelity
    assert not search.gates[:, 1].any()


def test_polar_sweeps_and_quasi_newton_take_turns(reachable):
    shape, target, start = reachable
    kernel = LayeredKernel(target, shape)
    kernel.turn = 10
    calls = {"sweep": 0, "evaluate": 0}
    plain = {name: getattr(kernel, name) for name in calls}

    def counted(name, gates):
        calls[name] += 1
        return plain[name](gates)

    for name in calls:
        setattr(kernel, name, functools.partial(counted, name))
    search = Search(Keeper(), target_infidelity=1e-4, tolerance=1e-3)
    assert alternate(kernel, start, search, LBFGS(600))
    assert search.reached
    assert calls["sweep"] >= LBFGS().window
    assert calls["evaluate"] > 10


def test_turns_end_when_neither_gains(reachable):
    shape, chain, start = reachable
    search = Search(Keeper(), tolerance=0.9)
    assert alternate(TransverseKernel(chain, shape), start, search, LBFGS(5000))
    assert len(search.history) < 1000
