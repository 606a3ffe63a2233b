from dataclasses import replace

import numpy as np
import pytest

import qtn
from qtn.aqc.methods.portfolio.scene import Scene, alone
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.methods.window import Window
from qtn.aqc.result import Record, Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.keeper import Keeper
from qtn.states import MPS


def ghz(n):
    vector = np.zeros(2**n)
    vector[[0, -1]] = 0.5**0.5
    return MPS.from_dense(vector).normalised()


def test_properties_of_the_target_are_computed_once_and_noted():
    scene = Scene(Job(ghz(6)))
    assert not scene.quench
    assert (scene.reach, scene.depth) == (5, 1)
    assert scene.local
    assert scene.notes["correlation reach"] == 5
    assert scene.notes["largest entropy"] == pytest.approx(np.log(2))
    assert Scene(Job(qtn.evolve(qtn.chain("heisenberg", 4), "neel", 0.1).normalised())).quench


def test_the_budget_is_the_limit_or_what_reaches_the_goal():
    job = Job(ghz(4), target_infidelity=1e-6)
    scene = Scene(job, limit=7)
    assert scene.budget == 7
    assert not scene.solved()
    scene.seen("exact", Staircase(1).solve(job))
    assert scene.solved("exact")
    assert scene.solved()
    assert not scene.solved("another")
    assert scene.budget == 3
    assert Scene(job).budget is None


def test_circuits_beyond_the_limit_do_not_solve():
    job = Job(ghz(4), target_infidelity=1e-6)
    scene = Scene(job, limit=2)
    scene.seen("exact", Staircase(1).solve(job))
    assert not scene.solved()


def test_lone_circuits_become_points_under_the_candidate_s_name():
    job = Job(ghz(3), 1e-9)
    found = Window().solve(job)
    assert not found.pareto
    scene = Scene(job)
    scene.seen("windows", found)
    (point,) = scene.points
    assert point.method == "windows"
    assert point.infidelity == min(r.infidelity for r in found.history)
    assert alone(job, Window(fullness=0.5), found).best.method == "Window(fullness=0.5)"


def test_the_status_is_that_of_the_last_search_or_of_the_end():
    job = Job(ghz(3))
    found = Staircase(1).solve(job)
    line = (Record(0.0, 1, 0.5),)
    scene = Scene(job)
    scene.seen("a", Solution(found.blocks, Status.STEPS, line))
    scene.seen("b", Solution(found.blocks, Status.CONVERGED))
    assert scene.solution().status is Status.STEPS
    assert not scene.ended
    scene.seen("c", Solution(found.blocks, Status.TIME, line))
    scene.seen("d", Solution(found.blocks, Status.CONVERGED, line, notes={"said": 1}))
    assert scene.ended
    assert scene.solution().status is Status.TIME
    assert scene.solution().notes == {"said": 1}
    assert len(scene.solution().history) == 3


def test_what_was_left_out_for_lack_of_time_is_the_status_unless_the_goal_was_reached():
    job = Job(ghz(4), target_infidelity=1e-6, keeper=Keeper(deadline=1e9))
    scene = Scene(job)
    assert scene.has_time(1.0)
    scene.seen("short", Staircase(1).solve(job))
    before = scene.solution().status
    assert not scene.has_time(1e12)
    assert scene.solution().status is before
    missed = Scene(Job(ghz(4), target_infidelity=0.0, keeper=Keeper(deadline=1e9)), limit=1)
    missed.seen("short", replace(Staircase(1).solve(missed.job), status=Status.STEPS))
    assert not missed.has_time(1e12)
    assert missed.solution().status is Status.TIME
