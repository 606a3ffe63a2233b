from dataclasses import replace

import numpy as np
import pytest
from aqc.dense import random_vector

import qtn
from qtn.aqc import Blocks, Brickwall, Point, Staircase, Status
from qtn.aqc.best import settle
from qtn.aqc.points import Limits
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.target import as_target


@pytest.fixture(scope="module")
def case():
    """A target, and circuits of one to four layers for it, better and better."""
    state = as_target(random_vector(np.random.default_rng(0), 5, False))
    points = []
    for layers in range(1, 5):
        found = Brickwall(layers, start="identity").solve(Job(state))
        least = min(r.infidelity for r in found.history)
        points.append(Point.of(f"{layers} layers", found.blocks, least))
    return state, points


def solution(own, points, status=Status.CONVERGED):
    return Solution(own.sequence, status, (), tuple(points))


@pytest.mark.parametrize("own", range(4))
def test_the_best_point_is_returned_whichever_the_method_gives_back(case, own):
    state, points = case
    settled = settle(Job(state), solution(points[own], points), Limits(), "own")
    assert settled.best.method == "4 layers"
    assert settled.best.infidelity == settled.certificate.infidelity
    assert settled.best in settled.pareto


def test_of_those_that_reach_the_goal_the_shortest_is_returned(case):
    state, points = case
    goal = 1.05 * points[1].infidelity
    settled = settle(Job(state), solution(points[3], points), Limits(goal), "own")
    assert settled.best.method == "2 layers"
    assert settled.status is Status.REACHED


def test_budgets_are_kept(case):
    state, points = case
    gates = points[1].two_qubit_gates
    settled = settle(Job(state), solution(points[3], points), Limits(0.0, gates), "own")
    assert settled.best.method == "2 layers"
    assert settled.pareto[-1].method == "4 layers"
    few = settle(Job(state), solution(points[3], points), Limits(blocks=points[0].blocks), "own")
    assert few.best.method == "1 layers"


def test_where_nothing_keeps_the_budget_a_product_state_does(case):
    state, points = case
    settled = settle(Job(state), solution(points[3], points[1:]), Limits(0.0, 1), "own")
    assert (settled.best.method, settled.best.two_qubit_gates) == ("product state", 0)
    assert 0.0 < settled.best.infidelity < 1.0


def test_circuits_on_other_sites_are_no_circuit(case):
    state, points = case
    other = Point.of("wrong", Blocks(4, ()), 1e-9)
    settled = settle(Job(state), solution(points[0], [other, *points[1:]]), Limits(), "own")
    assert settled.best.method == "4 layers"


def test_a_point_that_claims_too_much_is_found_out(case):
    state, points = case
    liar = replace(points[0], infidelity=1e-9)
    settled = settle(Job(state), solution(liar, [liar, *points[1:]]), Limits(), "own")
    assert settled.best.method == "4 layers"


@pytest.mark.parametrize(
    ("claimed", "goal", "found"),
    [
        (Status.EXACT, 0.0, Status.CONVERGED),
        (Status.REACHED, 1e-6, Status.STEPS),
        (Status.STEPS, 0.99, Status.REACHED),
        (Status.INTERRUPTED, 0.99, Status.INTERRUPTED),
        (Status.NO_OVERLAP, 0.0, Status.CONVERGED),
    ],
)
def test_the_status_is_what_the_certificate_says(case, claimed, goal, found):
    state, points = case
    settled = settle(Job(state), solution(points[0], [points[0]], claimed), Limits(goal), "own")
    assert settled.status is found


def test_methods_of_others_are_held_to_the_same():
    class Careless:
        basis = "cx"

        def solve(self, job):
            long = Staircase(3).solve(job)
            return Solution(Blocks(5, ()), Status.EXACT, long.history, long.pareto)

    vector = random_vector(np.random.default_rng(2), 5, False)
    compiled = qtn.compile(vector, Careless())
    assert compiled.infidelity == pytest.approx(qtn.compile(vector, Staircase(3)).infidelity)
