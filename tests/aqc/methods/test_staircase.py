import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_vector

import qtn
from qtn.aqc import Staircase
from qtn.aqc.methods.staircase import residual
from qtn.aqc.shape.ansatz import staircase_shape
from qtn.aqc.starts.disentangle import staircase_gates
from qtn.errors import ArgumentError
from qtn.states import MPS


def test_every_layer_lowers_the_infidelity():
    vector = random_vector(np.random.default_rng(0), 7, True)
    points = qtn.compile(vector, Staircase(3, steps=20, polish=20)).pareto
    assert [p.blocks for p in points] == [6, 12, 18]
    values = [p.infidelity for p in points]
    assert values == sorted(values, reverse=True)


def test_growth_beats_analytic_layers_alone():
    vector = random_vector(np.random.default_rng(1), 7, False)
    chain = chain_of(vector)
    gates, shape = staircase_gates(chain), staircase_shape(7, 1)
    gates = np.concatenate([staircase_gates(residual(chain, shape, gates)), gates])
    analytic = 1 - abs(np.vdot(vector, circuit_vector(staircase_shape(7, 2), gates))) ** 2
    grown = qtn.compile(MPS(tuple(chain)), Staircase(2)).infidelity
    assert grown < 0.9 * analytic


def test_real_targets_get_real_gates_of_two_cx():
    vector = random_vector(np.random.default_rng(2), 6, True)
    real = qtn.compile(vector, Staircase(2, steps=5, polish=5))
    assert real.gates.dtype == np.float64
    assert real.two_qubit_gates <= 2 * real.blocks
    free = qtn.compile(vector, Staircase(2, steps=5, polish=5, real=False))
    assert free.gates.dtype == np.complex128


def test_residual_of_the_right_circuit_is_zero_state():
    vector = random_vector(np.random.default_rng(3), 5, False)
    chain = list(MPS(tuple(chain_of(vector))).truncated(max_bond=2).state.normalised().tensors)
    rest = MPS(tuple(residual(chain, staircase_shape(5, 1), staircase_gates(chain))))
    assert abs(rest.amplitudes(np.zeros((1, 5), int))[0]) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": 0}, "`layers` must be a positive integer, but is 0"),
        ({"basis": "xx"}, "`basis` must be one of"),
        ({"sweeps": 0}, "`sweeps` must be a positive integer"),
        ({"tries": 0}, "`tries` must be a positive integer"),
        ({"steps": -1}, "`steps` must be an integer of at least 0"),
        ({"blocks": 0}, "`blocks` must be a positive integer"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ArgumentError, match=message):
        Staircase(**options)


def test_a_previous_result_is_a_start_whose_layers_count():
    rng = np.random.default_rng(4)
    vector = random_vector(rng, 6, True)
    near = vector + 0.05 * random_vector(rng, 6, True)
    near /= np.linalg.norm(near)
    first = qtn.compile(vector, Staircase(2))
    again = qtn.compile(near, Staircase(2, start=first, steps=5, polish=5, sweeps=1))
    assert again.blocks == first.blocks
    cold = qtn.compile(near, Staircase(2, steps=5, polish=5, sweeps=1))
    assert again.infidelity < cold.infidelity
    longer = qtn.compile(vector, Staircase(3, start=first))
    assert longer.blocks == 15
    assert longer.infidelity < first.infidelity
    assert longer.history[0].infidelity <= 1.01 * first.infidelity


def test_complex_starts_make_complex_gates():
    rng = np.random.default_rng(5)
    first = qtn.compile(random_vector(rng, 4, False), Staircase(1))
    warm = qtn.compile(random_vector(rng, 4, True), Staircase(1, start=first))
    assert warm.gates.dtype == np.complex128


def test_starts_that_do_not_fit():
    rng = np.random.default_rng(6)
    first = qtn.compile(random_vector(rng, 4, False), Staircase(1))
    with pytest.raises(ArgumentError, match="must be a result for 5 sites, but is one for 4"):
        qtn.compile(random_vector(rng, 5, False), Staircase(1, start=first))
    with pytest.raises(ArgumentError, match="`start` must be a Compiled result or None"):
        Staircase(1, start="warm")


def test_more_tries_find_valleys_as_deep_and_depend_on_the_seed():
    # Bars and stripes on 3 x 3: symmetric valleys hold the analytic start back.
    strings = {tuple(np.repeat(b, 3)) for b in np.ndindex(2, 2, 2)}
    strings |= {tuple(np.tile(b, 3)) for b in np.ndindex(2, 2, 2)}
    vector = np.zeros(2**9)
    for string in strings:
        vector[sum(int(bit) << site for site, bit in enumerate(string))] = len(strings) ** -0.5
    once = qtn.compile(vector, Staircase(3, steps=20, polish=20))
    tried = [
        qtn.compile(vector, Staircase(3, tries=6, steps=20, polish=20), seed=s) for s in (1, 2)
    ]
    assert min(t.infidelity for t in tried) <= once.infidelity + 1e-9
    assert len(tried[0].history) > len(once.history)
    assert tried[0].history != tried[1].history
