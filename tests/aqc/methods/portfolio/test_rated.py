from aqc.random_states import random_chain

import qtn
from qtn.aqc.methods.portfolio import rated
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.noise import Noise
from qtn.aqc.points import Limits
from qtn.aqc.search.job import Job


def test_families_are_followed_while_their_gates_leave_a_chance():
    noise = Noise.of("FakeManilaV2")
    job = Job(random_chain(4, 4, 0).normalised(), 1e-3, limits=Limits(rating=noise), basis="cx")
    found = rated.sizes(Scene(job))
    best = max(found.pareto, key=noise.fidelity)
    for method in (qtn.Brickwall(3), qtn.Staircase(2), qtn.Window()):
        other = method.solve(job)
        point = job.point("fixed", other.blocks, min(r.infidelity for r in other.history))
        assert noise.fidelity(best) >= noise.fidelity(point) * (1 - 1e-6)
    # what was seen may leave no family a chance
    scene = Scene(job, limit=0)
    scene.seen("before", found)
    assert rated.sizes(scene) is None
