import numpy as np
import oracles
import pytest
from aqc.random_states import random_chain

import qtn
from qtn.aqc.methods.portfolio.candidates import CANDIDATES, Candidate, by, searched
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.methods.window import Window
from qtn.aqc.result import Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.keeper import Keeper
from qtn.aqc.target import as_target


def always(scene):
    return True


def tried(state, goal=1e-3, **options):
    scene = Scene(Job(state.normalised(), goal), **options)
    searched(scene, CANDIDATES)
    return list(scene.tried)


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (qtn.MPS.from_dense([0.6, 0, 0, 0.8]), ["one block"]),
        (qtn.evolve(qtn.chain("heisenberg", 6), "neel", 0.3), ["quench"]),
        (
            random_chain(12, 4, 1),
            ["short staircases", "tried brickwalls", "window", "staircases"],
        ),
    ],
)
def test_what_is_tried_follows_from_the_target(state, names):
    assert tried(state) == names


def test_segments_are_for_short_correlations_within_a_depth():
    line = next(candidate for candidate in CANDIDATES if candidate.name == "segments")
    state = qtn.ground_state(qtn.chain("tfim", 26, field=3.0), max_bond=4)
    for depth, wanted in ((12, True), (None, False), (60, False)):
        scene = Scene(Job(state, 1e-6), max_depth=depth)
        searched(scene, tuple(c for c in CANDIDATES if c.name == "short staircases"))
        assert line.when(scene) is wanted
    scene = Scene(Job(state, 1e-3), max_depth=6)
    found = line.attempt(scene)
    assert found.pareto[0].method == "Segments(layers=3, sites=8)"
    assert found.pareto[0].two_qubit_depth <= 9
    late = Scene(Job(state, 1e-3, keeper=Keeper(deadline=0.0)), max_depth=6)
    assert line.attempt(late) is None


@pytest.mark.parametrize(("depth", "infidelity"), [(5, 0.51), (9, 0.17), (13, 1e-3), (21, 1e-9)])
def test_long_correlations_within_a_depth_get_what_brickwalls_reach(depth, infidelity):
    """A W state takes 21 CX in turn; within less depth nothing but a product state was found."""
    hop = np.zeros((2, 2, 2))
    hop[0, 0, 0] = hop[0, 1, 1] = hop[1, 0, 1] = 1.0
    state = qtn.MPS((hop[:1], *[hop] * 10, hop[:, :, 1:])).normalised()
    short = qtn.compile(state, qtn.Auto(max_depth=depth), seed=0, progress=False)
    assert short.two_qubit_depth <= depth
    assert short.infidelity <= infidelity


def test_names_are_unique():
    names = [candidate.name for candidate in CANDIDATES]
    assert len(set(names)) == len(names)


def test_a_method_is_added_by_a_line():
    job = Job(random_chain(6, 2, 0), 1e-9)
    lines = (
        Candidate("stairs", always, by(Staircase(1))),
        Candidate("nothing", always, lambda scene: None),
        Candidate("never", lambda scene: False, by(Staircase(9))),
        Candidate("windows", always, by(Window(0.5))),
    )
    scene = Scene(job)
    found = searched(scene, lines)
    assert list(scene.tried) == ["stairs", "windows"]
    assert {p.method for p in scene.points} == {"Staircase(1)", "Window(fullness=0.5)"}
    assert len(found.history) == sum(len(part.history) for part in scene.tried.values())


def test_nothing_but_free_candidates_follow_the_end_of_time_or_a_candidate_alone():
    job = Job(random_chain(4, 2, 0))
    done = Staircase(1).solve(job)
    late = Solution(done.blocks, Status.TIME, done.history)
    lines = (
        Candidate("late", always, lambda scene: late),
        Candidate("search", always, by(Staircase(1))),
        Candidate("free", always, by(Staircase(1)), free=True),
    )
    scene = Scene(job)
    assert searched(scene, lines).status is Status.TIME
    assert list(scene.tried) == ["late", "free"]
    scene = Scene(job)
    searched(scene, (Candidate("only", always, by(Staircase(1)), alone=True), *lines))
    assert list(scene.tried) == ["only"]


def test_windows_may_be_too_wide():
    rng = np.random.default_rng(0)
    state = qtn.MPS.from_dense(rng.normal(size=2**14)).normalised()
    window = next(c for c in CANDIDATES if c.name == "window")
    assert window.attempt(Scene(Job(state, 1e-6))) is None


def test_large_states_far_from_staircases_have_small_windows_on_their_front():
    state = random_chain(52, 4, 0)
    made = qtn.compile(state, qtn.Auto(infidelity=0.1))
    windows = [p for p in made.pareto if p.method.startswith("Window")]
    assert len(windows) > 1
    assert windows[0].two_qubit_gates < 0.6 * made.two_qubit_gates


@pytest.mark.parametrize(("layers", "seed"), [(3, 21), (4, 22)])
def test_the_layers_that_made_a_state_are_found_from_its_tensors_alone(layers, seed):
    """Windows of its bond would take four times as many gates, and many times the time."""
    circuit = oracles.brickwork(30, layers, seed, su4=True)
    state = qtn.MPS(as_target(circuit).tensors).normalised()
    made = qtn.compile(state, progress=False)
    assert made.infidelity <= 1e-3
    assert made.two_qubit_depth <= 3 * layers


def test_a_window_that_just_misses_is_searched_again_with_larger_bonds(monkeypatch):
    """A search that misses the goal is followed by one for a tenth of it, if it is near."""
    goals = []
    solve = Window.solve

    def first_misses(self, job):
        goals.append(job.target_infidelity)
        small = self if len(goals) > 1 else Window(fullness=0.75, bond=self.bond, steps=60)
        return solve(small, job)

    monkeypatch.setattr(Window, "solve", first_misses)
    monkeypatch.setattr("qtn.aqc.methods.portfolio.candidates.NEAR_MISS", 1e9)
    state = random_chain(12, 4, 1).normalised()
    short = qtn.compile(state, qtn.Auto(infidelity=1e-4), seed=0)
    assert goals[1] == pytest.approx(0.1 * goals[0])
    assert short.infidelity <= 1e-4
    monkeypatch.setattr("qtn.aqc.methods.portfolio.candidates.NEAR_MISS", 1.0)
    goals.clear()
    qtn.compile(state, qtn.Auto(infidelity=1e-4, seconds=3), seed=0)
    assert len(goals) == 1  # a search that ends far away is not made again
