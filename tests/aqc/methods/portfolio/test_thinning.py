import numpy as np
import pytest

import qtn
from qtn.aqc.methods.brickwall import Brickwall
from qtn.aqc.methods.portfolio.growth import of_size
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.methods.portfolio.thinning import replaced, thinner
from qtn.aqc.noise import Noise
from qtn.aqc.points import Limits
from qtn.aqc.search.job import Job
from qtn.aqc.shape.certificate import certify


@pytest.fixture(scope="module")
def scene():
    field = np.linspace(0.5, 3.0, 6)
    state = qtn.ground_state(qtn.chain("xxz", 6, anisotropy=0.5, field=field), max_bond=8)
    job = Job(state.normalised(), 1e-6, limits=Limits(rating=Noise.of("FakeNairobiV2")))
    found = Scene(job)
    for layers in (2, 3):
        found.seen(f"{layers}", of_size(job, Brickwall(layers, steps=60)))
    return found


def test_blocks_become_one_qubit_gates_where_they_cost_least(scene):
    start = scene.points[0]
    points = replaced(scene.job, start, scene.job.rating)
    gates = [p.two_qubit_gates for p in points]
    assert gates == sorted(gates, reverse=True)
    assert gates[0] <= start.two_qubit_gates
    for point in points:
        value = certify(scene.job.state, point.sequence).infidelity
        assert point.infidelity == pytest.approx(value, abs=1e-9)


def test_thinner_circuits_are_at_least_as_good_on_the_device(scene):
    rating = scene.job.rating
    best = max(map(rating.fidelity, scene.points))
    found = thinner(scene)
    assert max(map(rating.fidelity, found.pareto)) >= best - 1e-9
    assert min(p.two_qubit_gates for p in found.pareto) < min(
        p.two_qubit_gates for p in scene.points
    )
