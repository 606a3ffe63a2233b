import numpy as np
import pytest
from aqc.dense import random_vector

import qtn
import qtn.aqc as aqc
from qtn.aqc.plan import from_quench
from qtn.errors import ArgumentError


def test_quenches_get_brickwalls_of_growing_depth():
    state = qtn.evolve(qtn.chain("heisenberg", 10), "neel", 1.0)
    assert from_quench(state)
    compiled = qtn.compile(state)
    assert compiled.infidelity <= 1e-3
    assert all(p.method.startswith("Brickwall") for p in compiled.pareto)


def test_the_front_falls_and_the_limit_holds():
    vector = random_vector(np.random.default_rng(0), 6, True)
    compiled = qtn.compile(vector, aqc.Auto(max_two_qubit_gates=30, steps=20))
    assert compiled.two_qubit_gates <= 30
    gates = [p.two_qubit_gates for p in compiled.pareto]
    values = [p.infidelity for p in compiled.pareto]
    assert gates == sorted(gates)
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("limit", [7, 13])
def test_limits_below_one_layer_are_kept_by_pruning(limit):
    vector = random_vector(np.random.default_rng(1), 8, True)
    compiled = qtn.compile(vector, aqc.Auto(max_two_qubit_gates=limit, steps=20))
    assert compiled.two_qubit_gates <= limit
    quench = qtn.evolve(qtn.chain("heisenberg", 8), "neel", 1.0)
    compiled = qtn.compile(quench, aqc.Auto(max_two_qubit_gates=limit, steps=20))
    assert compiled.two_qubit_gates <= limit
    assert compiled.fidelity > 0.3


def test_long_correlations_get_staircases():
    ghz = np.zeros(2**8)
    ghz[0] = ghz[-1] = np.sqrt(0.5)
    compiled = qtn.compile(ghz)
    assert compiled.two_qubit_gates == 7
    assert compiled.status is aqc.Status.EXACT


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_two_qubit_gates": 0}, "`max_two_qubit_gates` must be a positive integer"),
        ({"infidelity": 2.0}, "`infidelity` must be a finite number"),
        ({"basis": "xx"}, "`basis` must be one of"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ArgumentError, match=message):
        aqc.Auto(**options)
