import itertools

import numpy as np
import pytest
from aqc.dense import random_vector
from aqc.random_states import random_chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn
import qtn.aqc as aqc
from qtn.aqc.methods.auto import Auto
from qtn.aqc.starts.trotter import from_quench
from qtn.devices.lookup import resolve
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
    assert gates == sorted(gates)
    costs = [(p.two_qubit_gates, p.two_qubit_depth, p.infidelity) for p in compiled.pareto]
    for one, other in itertools.permutations(costs, 2):
        assert any(a < b for a, b in zip(one, other, strict=True))


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
    assert compiled.provenance["correlation reach"] == 7
    assert compiled.provenance["largest entropy"] == pytest.approx(np.log(2))
    assert compiled.status is aqc.Status.EXACT


def test_correlations_beyond_the_light_cone_need_no_trial(monkeypatch):
    ground = qtn.ground_state(qtn.chain("tfim", 24), max_bond=16)
    monkeypatch.setattr("qtn.aqc.methods.portfolio.candidates.Brickwall", None)
    compiled = qtn.compile(ground, aqc.Auto(infidelity=1e-2))
    assert compiled.infidelity <= 1e-2
    assert compiled.provenance["correlation reach"] >= 8
    assert compiled.history[0].layers == 1
    assert compiled.pareto[0].method == "Staircase(1)"
    assert compiled.pareto[-1].infidelity == pytest.approx(compiled.infidelity, rel=0.2)


def test_short_correlations_are_tried_in_both_families():
    field = np.zeros(16)
    field[0], field[-1] = -2.5, 2.5
    ground = qtn.ground_state(qtn.chain("xxz", 16, anisotropy=5.0, field=field), start="neel")
    compiled = qtn.compile(ground, aqc.Auto(infidelity=1e-3, steps=30))
    assert compiled.provenance["correlation reach"] < 8
    assert compiled.infidelity <= 1e-3
    families = {p.method.split("(")[0] for p in compiled.pareto}
    assert families <= {"Brickwall", "Staircase"}


@pytest.mark.parametrize("quench", [False, True])
def test_goals_out_of_reach_end_with_the_time(quench):
    if quench:
        state = qtn.evolve(qtn.chain("heisenberg", 14), "neel", 2.0)
    else:
        state = qtn.MPS.from_dense(random_vector(np.random.default_rng(2), 12, True), max_bond=8)
        state = state.normalised()
    compiled = qtn.compile(state, aqc.Auto(infidelity=0.0, seconds=0.3))
    assert compiled.status is aqc.Status.TIME
    assert "Auto(seconds=...)" in compiled.status.value
    assert compiled.seconds < 3.0
    assert compiled.infidelity < 0.95


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_two_qubit_gates": 0}, "`max_two_qubit_gates` must be a positive integer"),
        ({"infidelity": 2.0}, "`infidelity` must be a finite number"),
        ({"seconds": 0.0}, "`seconds` must be a finite number"),
        ({"basis": "xx"}, "`basis` must be one of"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ArgumentError, match=message):
        aqc.Auto(**options)


def test_a_circuit_that_nothing_shorter_replaces_is_kept():
    circuit = QuantumCircuit(12)
    circuit.h(range(12))
    for first in (0, 1):
        for i in range(first, 11, 2):
            circuit.cz(i, i + 1)
    compiled = qtn.compile(circuit)
    assert (compiled.two_qubit_gates, compiled.two_qubit_depth) == (11, 2)
    assert compiled.status is aqc.Status.EXACT
    assert compiled.history[-1].infidelity < 1e-12


def test_a_circuit_that_is_too_long_is_not_kept():
    deep = QuantumCircuit(5)
    rng = np.random.default_rng(3)
    for layer in range(9):
        deep.ry(rng.normal(), range(5))
        deep.rz(rng.normal(), range(5))
        for i in range(layer % 2, 4, 2):
            deep.cx(i, i + 1)
    limited = qtn.compile(deep, aqc.Auto(max_two_qubit_gates=8, steps=30))
    assert limited.two_qubit_gates <= 8
    assert limited.infidelity > 1e-6
    unlimited = qtn.compile(deep, aqc.Auto(infidelity=1e-9, steps=10, max_layers=3))
    assert unlimited.infidelity < 1e-9


def test_long_range_gates_and_qubits_on_their_own_are_kept_too():
    circuit = QuantumCircuit(7)
    circuit.x(6)
    circuit.h(0)
    circuit.h(3)
    circuit.cx(0, 2)
    circuit.cp(0.4, 2, 3)
    compiled = qtn.compile(circuit)
    assert compiled.infidelity < 1e-12
    state = Statevector(compiled.circuit)
    assert abs(state.inner(Statevector(circuit))) == pytest.approx(1.0, abs=1e-9)


def test_generic_states_are_found_by_windows() -> None:
    state = random_chain(12, 4, 1)
    short = qtn.compile(state, Auto(infidelity=1e-6), seed=0)
    assert short.infidelity <= 1e-6
    assert short.two_qubit_gates <= 80  # counting parameters, 72 are needed
    assert short.pareto[0].two_qubit_gates < short.two_qubit_gates


def test_a_budget_below_the_window_s_is_kept() -> None:
    state = random_chain(12, 4, 1)
    short = qtn.compile(state, Auto(max_two_qubit_gates=50, infidelity=1e-6), seed=0)
    assert short.two_qubit_gates <= 50


def test_the_depth_is_kept() -> None:
    quench = qtn.evolve(qtn.chain("heisenberg", 10), "neel", 1.0)
    generic = random_chain(10, 4, 0)
    for state in (quench, generic):
        short = qtn.compile(state, Auto(max_depth=7, steps=30))
        assert short.two_qubit_depth <= 7
        assert short.blocks > state.n / 2
        deeper = qtn.compile(state, Auto(max_depth=10, steps=30))
        assert 7 < deeper.two_qubit_depth <= 10
        assert deeper.infidelity < short.infidelity


def test_the_noise_of_a_device_decides() -> None:
    device = resolve("FakeNairobiV2").target  # a line of five qubits in it
    state = qtn.evolve(qtn.chain("heisenberg", 5), "neel", 1.0)
    short = qtn.compile(state, Auto(device=device))
    fixed = [qtn.compile(state, m) for m in (aqc.Brickwall(2), aqc.Brickwall(3), aqc.Staircase(1))]
    others = [f.pick(device=device).provenance["expected fidelity"] for f in fixed]
    assert short.provenance["expected fidelity"] >= max(others) - 1e-9
    assert short.infidelity > 1e-4  # exact circuits would lose more to the noise
    goal = qtn.compile(state, Auto(device=device, infidelity=1e-4))
    assert goal.infidelity <= 1e-4
    assert goal.basis == "cx"


def test_budgets_and_devices_that_cannot_do_are_refused_before_work(monkeypatch) -> None:
    monkeypatch.setattr("qtn.aqc.methods.auto.searched", None)
    state = random_chain(8, 4, 0)
    with pytest.raises(ArgumentError, match="exclude each other"):
        qtn.compile(state, Auto(max_two_qubit_gates=5, infidelity=1e-6))
    with pytest.raises(ArgumentError, match="`max_depth` and `infidelity` exclude each other"):
        qtn.compile(state, Auto(max_depth=1, infidelity=1e-6))
    with pytest.raises(ArgumentError, match="must have 8 coupled qubits in a line"):
        qtn.compile(state, Auto(device="FakeManilaV2"))
    with pytest.raises(ArgumentError, match="`basis` and `device` exclude each other"):
        Auto(device="FakeTorino", basis="ecr")
    with pytest.raises(ArgumentError, match="is a simulator without"):
        Auto(device="aer")
