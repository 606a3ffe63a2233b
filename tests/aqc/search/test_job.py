from dataclasses import replace

import numpy as np
import pytest

from qtn.aqc.points import Limits, Point, front
from qtn.aqc.result import Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.keeper import Keeper, Stop
from qtn.aqc.shape.ansatz import staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.states import MPS


def made(method, blocks, gates, depth, infidelity):
    shape = staircase_shape(3, 1)
    sequence = Blocks.of(shape, np.tile(np.eye(4), (2, 1, 1)))
    return Point(method, blocks, gates, depth, infidelity, sequence)


def test_the_front_holds_only_points_nobody_beats():
    points = [
        made("a", 1, 10, 5, 0.1),
        made("b", 1, 12, 5, 0.2),
        made("c", 1, 10, 5, 0.05),
        made("d", 1, 20, 5, 0.01),
    ]
    assert [p.method for p in front(points)] == ["c", "d"]


def test_of_exact_circuits_the_front_holds_the_shallowest():
    points = [
        made("deep", 1, 10, 9, 0.0),
        made("shallow", 1, 10, 2, 1e-15),
        made("longer", 1, 11, 1, 0.0),
    ]
    assert [p.method for p in front(points[:2])] == ["shallow"]
    assert [p.method for p in front(points)] == ["shallow", "longer"]


def test_costs_are_those_of_the_emitted_circuit():
    cx = np.eye(4)[[0, 1, 3, 2]] @ np.kron(np.array([[1, -1], [1, 1]]) / np.sqrt(2), np.eye(2))
    found = Point.of("x", Blocks.of(staircase_shape(3, 1), np.array([cx, np.eye(4)])), 0.5)
    assert (found.blocks, found.two_qubit_gates, found.two_qubit_depth) == (2, 1, 1)


def test_real_targets_can_be_made_complex():
    job = Job(MPS.product([[1.0, 0.0]] * 2))
    assert job.real
    assert not job.as_complex().real
    assert job.has_time(1e6)
    assert not replace(job, keeper=Keeper(deadline=0.0)).has_time(0.0)


def test_a_solution_is_the_best_of_its_points_within_the_budget():
    points = [made("a", 2, 4, 4, 0.3), made("b", 2, 8, 8, 0.1), made("c", 2, 8, 8, 0.2)]
    free = Solution.of(points, Status.STEPS, [])
    assert free.best.method == "b"
    assert free.blocks is points[1].sequence
    assert [p.method for p in free.pareto] == ["a", "b"]
    assert Solution.of(points, Status.STEPS, [], 7).best.method == "a"
    assert Solution.of(points, Status.STEPS, [], 3).best.method == "a"


def test_limits_rank_goal_first_then_gates_and_infidelity_otherwise():
    good, better = made("good", 2, 10, 5, 1e-3), made("better", 2, 12, 5, 1e-6)
    shallow = made("shallow", 2, 10, 4, 2e-3)
    first = {
        goal: min([good, better, shallow], key=Limits(goal).rank).method
        for goal in (0.0, 1e-5, 1e-3, 1e-2)
    }
    assert first == {0.0: "better", 1e-5: "better", 1e-3: "good", 1e-2: "shallow"}
    assert Limits(two_qubit_gates=10).kept(good)
    assert not Limits(two_qubit_gates=10).kept(better)
    assert not Limits(blocks=1).kept(good)


def test_costs_follow_the_basis():
    gate = np.diag(np.exp(1j * np.array([0.3, -0.3, -0.3, 0.3])))
    turn = np.kron(np.array([[1, -1], [1, 1]]) / np.sqrt(2), np.eye(2))
    gates = np.array([turn, turn, gate]) + 0j
    shape = staircase_shape(2, 1) + staircase_shape(2, 1) + staircase_shape(2, 1)
    job = Job(MPS.product([[1.0, 0.0]] * 2), basis="rzz")
    blocks = Blocks.of(shape, gates)
    assert job.point("x", blocks, 0.5).two_qubit_gates <= Point.of("x", blocks, 0.5).blocks


def test_what_is_noted_is_kept_and_shown_and_the_user_is_heard():
    seen, asked = [], []
    keeper = Keeper(seen.append, lambda: bool(asked))
    job = Job(MPS.product([[1.0, 0.0]] * 3), keeper=keeper)
    far, near = (Blocks(3, [((0, 2), np.eye(4))]) for _ in range(2))
    job.note(far, 0.5)
    job.note(near, 0.1)
    job.note(far, 0.3)
    assert keeper.circuits() == [(near, 0.1)]
    assert [r.infidelity for r in seen] == [0.5, 0.1, 0.3]
    asked.append(True)
    with pytest.raises(Stop) as caught:
        job.note(near, 0.1)
    assert caught.value.status is Status.INTERRUPTED
    late = replace(job, keeper=Keeper(deadline=0.0))
    with pytest.raises(Stop) as caught:
        late.note(near, 0.1)
    assert caught.value.status is Status.TIME


def test_a_search_says_how_it_ended():
    job = Job(MPS.product([[1.0, 0.0]] * 3), target_infidelity=0.2)
    search = job.search(1e-3)
    assert (search.ended(True), search.ended(False)) == (Status.CONVERGED, Status.STEPS)
    assert not search.over
    search.best = 0.1
    assert search.over
    assert search.ended(False) is Status.REACHED
    late = replace(job, keeper=Keeper(deadline=0.0)).search(1e-3)
    assert late.over
    assert late.ended(True) is Status.TIME
    stopped = replace(job, keeper=Keeper(asked=lambda: True)).search(1e-3)
    assert stopped.over
    assert stopped.ended(True) is Status.INTERRUPTED
