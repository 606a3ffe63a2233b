from dataclasses import replace

import numpy as np

from qtn.aqc.ansatz import staircase
from qtn.aqc.job import Job, front, point
from qtn.aqc.result import Point
from qtn.states import MPS


def test_the_front_holds_only_points_nobody_beats():
    points = [
        Point("a", 1, 10, 5, 0.1),
        Point("b", 1, 12, 5, 0.2),
        Point("c", 1, 10, 5, 0.05),
        Point("d", 1, 20, 5, 0.01),
    ]
    assert [p.method for p in front(points)] == ["c", "d"]


def test_of_exact_circuits_the_front_holds_the_shallowest():
    points = [
        Point("deep", 1, 10, 9, 0.0),
        Point("shallow", 1, 10, 2, 1e-15),
        Point("longer", 1, 11, 1, 0.0),
    ]
    assert [p.method for p in front(points)] == ["shallow"]


def test_costs_are_those_of_the_emitted_circuit():
    cx = np.eye(4)[[0, 1, 3, 2]] @ np.kron(np.array([[1, -1], [1, 1]]) / np.sqrt(2), np.eye(2))
    found = point("x", staircase(3, 1), np.array([cx, np.eye(4)]), 0.5)
    assert (found.blocks, found.two_qubit_gates, found.two_qubit_depth) == (2, 1, 1)


def test_real_targets_can_be_made_complex():
    job = Job(MPS.product([[1.0, 0.0]] * 2))
    assert job.real
    assert not job.as_complex().real
    assert job.has_time(1e6)
    assert not replace(job, deadline=0.0).has_time(0.0)
