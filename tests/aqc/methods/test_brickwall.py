from dataclasses import replace

import numpy as np
import pytest
from aqc.dense import random_gates, random_vector

import qtn
from qtn.aqc import Brickwall, Staircase, Status
from qtn.errors import ArgumentError


@pytest.fixture(scope="module")
def quench():
    return qtn.evolve(qtn.chain("heisenberg", 10), "neel", 0.6)


def test_trotter_start_is_close_and_gets_much_closer(quench):
    compiled = qtn.compile(quench, Brickwall(3, start="trotter"))
    assert compiled.history[0].infidelity < 0.05
    assert compiled.infidelity < 0.1 * compiled.history[0].infidelity


@pytest.mark.parametrize("start", ["identity", "random"])
def test_starts_without_knowledge_arrive(quench, start):
    compiled = qtn.compile(quench, Brickwall(3, start=start, steps=150))
    assert compiled.infidelity < 5e-3


def test_a_previous_solution_is_a_start(quench):
    first = qtn.compile(quench, Brickwall(3, steps=60))
    later = qtn.evolve(qtn.chain("heisenberg", 10), "neel", 0.65)
    warm = qtn.compile(later, Brickwall(3, start=first, steps=5))
    cold = qtn.compile(later, Brickwall(3, start="identity", steps=5))
    assert warm.infidelity < 0.1 * cold.infidelity


def test_a_shorter_solution_is_lengthened(quench):
    first = qtn.compile(quench, Brickwall(3, steps=60))
    longer = qtn.compile(quench, Brickwall(5, start=first, steps=60))
    assert len(longer.ansatz.layers) == 5
    assert longer.history[0].infidelity == pytest.approx(first.infidelity, rel=0.1)
    assert longer.infidelity < 0.5 * first.infidelity
    kept = qtn.compile(quench, Brickwall(2, start=first, steps=1))
    assert len(kept.ansatz.layers) == 3


def test_grown_circuits_pass_through_shorter_ones(quench):
    grown = qtn.compile(quench, Brickwall(5, start="grown", steps=80))
    assert [r.layers for r in grown.history] == sorted(r.layers for r in grown.history)
    assert {r.layers for r in grown.history} == {3, 5}
    assert grown.infidelity < 1e-4
    easy = qtn.compile(quench, Brickwall(5, start="grown", steps=80), min_fidelity=0.99)
    assert len(easy.ansatz.layers) == 3


def test_given_blocks_are_a_start():
    rng = np.random.default_rng(0)
    target = random_vector(rng, 4, False)
    compiled = qtn.compile(target, Brickwall(2, start=([0, 2, 1], random_gates(rng, 3, False))))
    assert compiled.blocks == 3
    assert compiled.status in (Status.CONVERGED, Status.STEPS)


def test_random_starts_reach_from_exponentially_small_overlap():
    state = qtn.evolve(qtn.chain("heisenberg", 24), "neel", 0.3)
    compiled = qtn.compile(state, Brickwall(3, start="random", spread=1.0, steps=200), seed=2)
    assert compiled.history[0].infidelity > 1 - 1e-4
    assert compiled.fidelity > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": 0}, "`layers` must be a positive integer, but is 0"),
        ({"start": "warm"}, "`start` must be one of"),
        ({"start": 5}, r"`start` must be one of .* or a pair \(bonds, gates\), but is 5"),
        ({"start": (1, 2, 3)}, "`start` must be one of"),
        ({"tolerance": -1.0}, "`tolerance` must be a finite number"),
        ({"spread": "a"}, "`spread` must be a finite number"),
        ({"steps": -1}, "`steps` must be an integer of at least 0"),
        ({"basis": "xx"}, "`basis` must be one of"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ArgumentError, match=message):
        Brickwall(**options)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("trotter", "does not say how it was evolved"),
        ("tiled", "needs a target from qtn.evolve"),
        (([0, 9], np.tile(np.eye(4), (2, 1, 1))), r"must hold bonds in 0 \.\.\. 1, but holds 9"),
        (([0], np.eye(4)), "must be an array with 3 axes"),
        (([0], np.tile(np.eye(4), (2, 1, 1))), r"must hold gates \(1, 4, 4\), one per bond"),
        (([0], np.full((1, 4, 4), np.nan)), "`start` must hold finite numbers only"),
        (([0], np.zeros((1, 4, 4))), "must hold unitary gates, but one is off by 1"),
    ],
)
def test_starts_that_do_not_fit(start, message):
    state = random_vector(np.random.default_rng(1), 3, False)
    with pytest.raises(ArgumentError, match=message):
        qtn.compile(state, Brickwall(2, start=start))


def test_a_result_for_another_number_of_sites_is_no_start(quench):
    for n, method in (
        (5, Brickwall(2, steps=1)),
        (4, Staircase(2, steps=1)),
        (12, Brickwall(2, steps=1)),
    ):
        other = qtn.compile(random_vector(np.random.default_rng(2), n, False), method)
        with pytest.raises(ArgumentError, match="result for 10 sites, or a brickwall on fewer"):
            qtn.compile(quench, Brickwall(2, start=other))


def test_the_bulk_of_a_shorter_chain_is_repeated():
    chains = [qtn.evolve(qtn.chain("heisenberg", n), "neel", 0.6) for n in (12, 18)]
    short = qtn.compile(chains[0], Brickwall(3, steps=60))
    longer = qtn.compile(chains[1], Brickwall(5, start=short, steps=60))
    trotter = qtn.compile(chains[1], Brickwall(3, start="trotter", steps=0))
    assert longer.history[0].infidelity < 0.2 * trotter.infidelity
    assert longer.history[0].infidelity < 2.5 * short.infidelity
    assert longer.infidelity < 0.5 * longer.history[0].infidelity


def test_fewer_layers_at_most_than_at_first_are_refused():
    with pytest.raises(ArgumentError, match="max_layers"):
        Brickwall(5, max_layers=4)


@pytest.mark.parametrize("start", ["identity", "random", "trotter"])
def test_one_search_knows_its_most_steps(quench, start):
    method = Brickwall(layers=2, start=start, steps=15, tolerance=0.0)
    most = method.limits(None).evaluations
    assert most == 15 + 3 + (20 if start == "random" else 0)
    assert most - 20 < len(qtn.compile(quench, method, seed=1).history) <= most
    for several in (replace(method, start="auto"), replace(method, max_layers=3)):
        assert several.limits(None).evaluations is None
