import itertools

import numpy as np
import pytest
from aqc.dense import circuit_vector, random_gates, random_vector, turned
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.aqc import Brickwall, Staircase, Status
from qtn.aqc.search import nested
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts import tied
from qtn.states import MPS

ROUNDING = 1e-12  # infidelities below it are alike


def infidelities(target, method, top, **options):
    return [
        qtn.compile(target, method(layers=layers), **options).infidelity
        for layers in range(1, top + 1)
    ]


def assert_falls(values):
    for layers, (fewer, more) in enumerate(itertools.pairwise(values), start=2):
        assert more <= fewer * (1.0 + 1e-9) + ROUNDING, f"{layers} layers: {values}"


def random_chain(rng, n, bond):
    bonds = [min(bond, 2**k, 2 ** (n - k)) for k in range(n + 1)]
    shapes = [(a, 2, b) for a, b in itertools.pairwise(bonds)]
    return MPS(tuple(rng.normal(size=s) + 1j * rng.normal(size=s) for s in shapes)).normalised()


METHODS = {"brickwall": Brickwall, "staircase": Staircase}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(n=st.integers(2, 7), real=st.booleans(), number=st.integers(0, 2**32 - 1))
def test_more_layers_never_end_worse_for_random_states(method, n, real, number):
    assert_falls(infidelities(random_vector(np.random.default_rng(number), n, real), method, 5))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@settings(max_examples=4, deadline=None, derandomize=True)
@given(n=st.integers(8, 14), bond=st.integers(2, 4), number=st.integers(0, 2**32 - 1))
def test_nor_for_random_chains(method, n, bond, number):
    assert_falls(infidelities(random_chain(np.random.default_rng(number), n, bond), method, 4))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("name", ["tfim", "heisenberg"])
def test_nor_for_ground_states(method, name):
    assert_falls(infidelities(qtn.ground_state(qtn.chain(name, 8), max_bond=16), method, 5))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(
    ("name", "n", "time"),
    # The first ones ended worse in one depth, at infidelities of 1e-10.
    [("heisenberg", 10, 0.2), ("tfim", 7, 2.0), ("heisenberg", 8, 1.0), ("tfim", 9, 0.5)],
)
def test_nor_for_quenches(method, name, n, time):
    assert_falls(infidelities(qtn.evolve(qtn.chain(name, n), "neel", time), method, 5))


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    n=st.integers(2, 14),
    bond=st.integers(2, 4),
    time=st.none() | st.floats(0.05, 2.5),
    number=st.integers(0, 2**32 - 1),
)
def test_nor_for_many_chains_and_quenches(method, n, bond, time, number):
    rng = np.random.default_rng(number)
    if time is None:
        target = random_chain(rng, n, bond)
    else:
        model = qtn.chain("xxz", n, anisotropy=rng.normal(), field=rng.normal(size=n))
        target = qtn.evolve(model, "neel", time)
    assert_falls(infidelities(target, method, 5))


def test_states_of_two_layers_are_found_and_kept_by_deeper_searches():
    shape = brickwall_shape(8, 2)
    gates = random_gates(np.random.default_rng(0), shape.size, False)
    values = infidelities(turned(circuit_vector(shape, gates)), Brickwall, 4)
    assert_falls(values)
    assert values[0] > 0.1
    assert max(values[1:]) < 1e-10


def test_every_depth_is_on_the_front_and_a_goal_ends_the_growth():
    vector = random_vector(np.random.default_rng(1), 6, False)
    found = qtn.compile(vector, Brickwall(4))
    assert [p.method for p in found.pareto] == [f"Brickwall({d})" for d in range(1, 5)]
    assert [r.layers for r in found.history] == sorted(r.layers for r in found.history)
    easy = qtn.compile(vector, Brickwall(4), min_fidelity=0.4)
    assert easy.status is Status.REACHED
    assert len(easy.ansatz.layers) < 4


def test_odd_chains_whose_last_site_is_set_are_reached_from_one_layer():
    # One layer has no block on the last of three sites and no overlap with |001>.
    vector = np.kron([0.0, 1.0], np.ones(4) / 2.0)
    values = infidelities(vector, Brickwall, 3)
    assert values[0] == pytest.approx(1.0)
    assert values[1] < 1e-10


def test_states_evolved_in_imaginary_time_are_grown():
    state = qtn.evolve(qtn.chain("tfim", 6), "zeros", -0.5j)
    assert_falls(infidelities(state, Brickwall, 3))


def test_real_and_complex_gates_are_kept_apart():
    vector = random_vector(np.random.default_rng(2), 5, True)
    free = qtn.compile(vector, Brickwall(3, real=False))
    assert free.gates.dtype == np.complex128
    assert free.infidelity < 1.0


def test_layers_are_added_while_the_goal_is_missed():
    state = qtn.evolve(qtn.chain("heisenberg", 8), "neel", 0.8)
    few = qtn.compile(state, Brickwall(3), progress=False)
    goal = 0.2 * few.infidelity
    found = qtn.compile(state, Brickwall(3, max_layers=6), min_fidelity=1.0 - goal, progress=False)
    assert found.infidelity <= goal
    assert 3 < found.sequence.depth <= 6
    same = qtn.compile(state, Brickwall(3, max_layers=6), progress=False)
    assert same.sequence.depth == 3


def test_gates_that_repeat_are_weighed_on_long_chains(monkeypatch):
    for name, value in (("TRIES", 2), ("KEPT", 1), ("STEPS", 40), ("LONGER", 60)):
        monkeypatch.setattr(tied, name, value)
    state = qtn.ground_state(qtn.chain("tfim", 24, field=1.5), max_bond=8)
    with monkeypatch.context() as patch:
        patch.setattr(nested, "RIVALS", ())
        alone = qtn.compile(state, Brickwall(4, steps=60), progress=False)
    weighed = qtn.compile(state, Brickwall(4, steps=60), progress=False)
    assert weighed.infidelity <= alone.infidelity
    assert {p.method for p in weighed.pareto} == {f"Brickwall({d})" for d in range(1, 5)}
