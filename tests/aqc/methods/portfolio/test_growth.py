import numpy as np
from aqc.dense import random_vector

import qtn
from qtn.aqc.methods.portfolio import growth
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.search.job import Job
from qtn.states import MPS


def scene(n=5, **options):
    state = MPS.from_dense(random_vector(np.random.default_rng(n), n, True)).normalised()
    return Scene(Job(state, 1e-6), **options)


def test_brickwalls_grow_to_the_goal():
    one = scene()
    found = growth.brickwalls(one, "disentangled", [], 2)
    sizes = [p.blocks for p in found.pareto]
    assert sizes == sorted(set(sizes))
    assert found.best.infidelity <= 1e-6


def test_brickwalls_are_pruned_to_the_limit():
    found = growth.brickwalls(scene(limit=6, steps=20), "identity", [], 2)
    assert found.best.two_qubit_gates <= 6


def test_staircases_grow_on_given_ones():
    one = scene(max_layers=3, steps=20)
    first = Staircase(1).solve(one.job)
    found = growth.staircases(one, first)
    assert found.best.infidelity < first.best.infidelity
    assert found.best.blocks > first.best.blocks


def test_the_size_that_growth_left_out_is_tried_where_the_goal_is_reached():
    quench = qtn.evolve(qtn.chain("heisenberg", 8), "neel", 0.5)
    for goal, layers in ((1e-2, 2), (1e-4, 3)):
        found = qtn.compile(quench, qtn.Auto(infidelity=goal), progress=False)
        fixed = qtn.compile(quench, qtn.Brickwall(layers), progress=False)
        assert max(found.infidelity, fixed.infidelity) <= goal
        assert found.two_qubit_gates <= fixed.two_qubit_gates
