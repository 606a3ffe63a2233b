"""What a result claims holds: any target, any method, any goal, recomputed by numpy alone."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.dense import gates_needed, random_gates, random_vector, turned
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import apply_gate

import qtn
from qtn.aqc import Auto, Brickwall, Resume, Staircase, Status
from qtn.aqc.shape.ansatz import staircase_shape

EXACT, ROUNDING = 1e-10, 1e-12
BASES = st.sampled_from(["cx", "cz", "ecr", "rzz"])
GOALS = st.sampled_from([None, 0.3, 1e-2, 1e-3, 1e-5, 1e-9])
SEEDS = st.integers(0, 2**32 - 1)


def prepared(circuit):
    """Amplitudes of a circuit on |0...0>, in Qiskit's order."""
    vector = np.zeros(2**circuit.num_qubits, complex)
    vector[0] = 1.0
    for item in circuit.data:
        qubits = [circuit.find_bit(q).index for q in item.qubits]
        vector = apply_gate(vector, item.operation.to_matrix(), qubits)
    return vector


def infidelity(circuit, vector):
    """1 - |<vector|circuit>|², by the part of the state that is not the target."""
    state = prepared(circuit)
    return float(np.linalg.norm(state - vector * np.vdot(vector, state)) ** 2)


@st.composite
def vectors(draw):
    """Normalised amplitudes of every kind: random, sparse, product, shallow, evolved, ground."""
    rng = np.random.default_rng(draw(SEEDS))
    n = draw(st.integers(1, 7))
    kind = draw(st.sampled_from(["random", "sparse", "product", "shallow", "evolved", "ground"]))
    real = draw(st.booleans())
    if kind == "sparse":
        vector = np.zeros(2**n, complex)
        chosen = rng.choice(2**n, min(2**n, 6), replace=False)
        vector[chosen] = (
            random_vector(rng, 4, real)[: len(chosen)] * rng.choice([1.0, 0.01], 6)[: len(chosen)]
        )
    elif kind == "product":
        vector = np.ones(1)
        for _ in range(n):
            vector = np.kron(random_vector(rng, 1, real), vector)
    elif kind == "shallow" and n > 1:
        shape = staircase_shape(n, 1)
        vector = np.zeros(2**n, complex)
        vector[0] = 1.0
        gates = random_gates(rng, shape.size, real)
        for number, bond in shape.sequence():
            vector = np.matmul(gates[number], vector.reshape(2**bond, 4, -1)).reshape(-1)
        vector = turned(vector)
    elif kind in ("evolved", "ground") and n > 3:
        model = qtn.chain("xxz", n, anisotropy=float(rng.normal()), field=rng.normal(size=n))
        if kind == "ground":
            return qtn.ground_state(model, max_bond=16)
        return qtn.evolve(model, "neel", float(rng.uniform(0.05, 2.0)))
    else:
        vector = random_vector(rng, n, real)
    return vector / np.linalg.norm(vector)


@st.composite
def methods(draw):
    """A method of any size, with the budgets it has."""
    basis, layers = draw(BASES), draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["auto", "budget", "brickwall", "staircase", "pruned", "start"]))
    if kind in ("auto", "budget"):
        budget = draw(st.integers(1, 40)) if kind == "budget" else None
        return Auto(budget, infidelity=draw(GOALS), max_layers=5, steps=30, basis=basis)
    if kind in ("brickwall", "start"):
        starts = ["identity", "random", "disentangled"] if kind == "start" else ["auto", "grown"]
        return Brickwall(layers, start=draw(st.sampled_from(starts)), steps=40, basis=basis)
    blocks = draw(st.integers(1, 12)) if kind == "pruned" else None
    tries = draw(st.integers(1, 3))
    return Staircase(layers, blocks=blocks, tries=tries, steps=20, polish=40, basis=basis)


def check(target, method, goal, seed):
    """Every claim of a compilation against the circuit that it returns."""
    least = None if goal is None else 1.0 - goal
    try:
        made = qtn.compile(target, method, min_fidelity=least, seed=seed)
        short = False
    except qtn.FidelityError as error:
        made, short = error.best, True
    except qtn.ArgumentError:
        amplitudes = target if isinstance(target, np.ndarray) else target.to_dense()
        assert gates_needed(amplitudes, method.infidelity) > method.max_two_qubit_gates
        return
    vector = target if isinstance(target, np.ndarray) else target.to_dense()
    value = infidelity(made.circuit, vector / np.linalg.norm(vector))
    assert value <= made.infidelity * (1.0 + 1e-6) + ROUNDING
    assert made.floor <= 1.0 - value + 1e-14
    goals = [g for g in (goal, getattr(method, "infidelity", None)) if g is not None]
    asked = min(goals) if goals else 1e-3 if isinstance(method, Auto) else 0.0
    if made.status is Status.EXACT:
        assert value < EXACT
    if made.status is Status.REACHED:
        assert value <= asked
    assert short == (goal is not None and made.infidelity > max(goal, ROUNDING))
    assert_invariants(made, method, vector / np.linalg.norm(vector), value, asked)


def assert_invariants(made, method, vector, value, asked):
    """Gates match the shape, history and front match the certificate, budgets are kept."""
    assert len(made.gates) == max(made.ansatz.size, 1)
    assert made.history[-1].infidelity == made.infidelity
    budget = getattr(method, "max_two_qubit_gates", None)
    blocks = getattr(method, "blocks", None)
    assert budget is None or made.two_qubit_gates <= budget
    if blocks is not None and made.blocks > blocks:
        # Every site keeps a block to set its qubit: fewer are not to be had.
        blocks = made.blocks
        assert blocks == min(p.blocks for p in made.pareto) <= made.ansatz.n
    within = [
        p
        for p in made.pareto
        if (budget is None or p.two_qubit_gates <= budget)
        and (blocks is None or p.blocks <= blocks)
    ]
    assert any(p.sequence is made.sequence for p in within)
    for point in made.pareto:
        found = infidelity(point.circuit, vector)
        assert found == pytest.approx(point.infidelity, rel=0.05, abs=EXACT)
        assert point.circuit.num_nonlocal_gates() == point.two_qubit_gates
    for point in within:
        assert value <= max(point.infidelity, asked) * (1.0 + 1e-6) + EXACT
    # Nothing that the search saw is lost, but for what the budget or the goal lets go.
    if budget is None and blocks is None and made.infidelity > asked:
        seen = min(r.infidelity for r in made.history)
        assert seen >= 0.95 * made.infidelity - EXACT


@settings(max_examples=60)
@given(target=vectors(), method=methods(), goal=GOALS, seed=st.integers(0, 5))
def test_what_is_claimed_holds(target, method, goal, seed):
    check(target, method, goal, seed)


@pytest.mark.slow
@settings(max_examples=2000, derandomize=False)
@given(target=vectors(), method=methods(), goal=GOALS, seed=SEEDS)
def test_what_is_claimed_holds_for_many(target, method, goal, seed):
    check(target, method, goal, seed)


@pytest.mark.parametrize("number", [1, 6, 15])
def test_a_tighter_goal_is_not_answered_by_a_worse_circuit(number):
    rng = np.random.default_rng(0)
    vector = [random_vector(rng, 4, False) for _ in range(number + 1)][-1]
    made = qtn.compile(vector, Auto(infidelity=1e-9))
    assert made.infidelity <= 1e-9
    assert made.pareto[-1].infidelity >= 0.5 * made.infidelity or made.status is Status.REACHED


@pytest.mark.parametrize("budget", [5, 20, 25])
def test_the_best_within_a_budget_is_the_best_of_its_front(budget):
    state = qtn.ground_state(qtn.chain("xxz", n=10, anisotropy=0.7), max_bond=16)
    made = qtn.compile(state, Auto(max_two_qubit_gates=budget))
    assert made.two_qubit_gates <= budget
    within = [p.infidelity for p in made.pareto if p.two_qubit_gates <= budget]
    assert made.infidelity <= min(within) < 0.7


def test_min_fidelity_is_the_goal_of_the_default_method():
    rng = np.random.default_rng(1)
    for _ in range(3):
        made = qtn.compile(random_vector(rng, 4, False), min_fidelity=1 - 1e-6)
        assert made.infidelity <= 1e-6
        assert made.status in (Status.REACHED, Status.EXACT)
    # Of two goals the tighter one holds, whichever it is.
    vector = random_vector(rng, 4, False)
    for own, least in ((1e-6, 0.9), (0.1, 1 - 1e-6)):
        made = qtn.compile(vector, Auto(infidelity=own), min_fidelity=least)
        assert made.infidelity <= 1e-6


def test_messages_print_digits_that_tell_the_two_apart():
    vector = random_vector(np.random.default_rng(2), 4, False)
    found = qtn.compile(vector, Staircase(1)).infidelity
    close = 1.0 - found * (1.0 - 1e-6)
    with pytest.raises(qtn.FidelityError, match=r"found is 1 - 0\.\d{6,}, below") as caught:
        qtn.compile(vector, Staircase(1), min_fidelity=close)
    assert "was reached" not in str(caught.value)
    assert caught.value.best.infidelity == pytest.approx(found)


def test_exact_is_what_the_certificate_says():
    # A Schmidt value of 8.5e-4 lies below what early truncations keep.
    vector = np.zeros(16, complex)
    vector[[3, 5, 6, 9, 10, 12]] = [
        0.0872 + 0.1476j, -0.484 - 0.82j, 0.0903 + 0.153j, 0.0903 + 0.153j, -0.0173 - 0.0293j,
        0.0023 + 0.0039j,
    ]  # fmt: skip
    vector /= np.linalg.norm(vector)
    made = qtn.compile(vector, Staircase(layers=4))
    assert (made.status is Status.EXACT) == (made.infidelity < EXACT)
    assert infidelity(made.circuit, vector) < EXACT


def test_resuming_never_loses_what_it_began_with():
    vector = random_vector(np.random.default_rng(3), 6, False)
    first = qtn.compile(vector, Brickwall(4, start="identity", steps=60))
    again = qtn.compile(vector, Resume(first, steps=1, sweeps=2))
    assert again.infidelity <= first.infidelity


def test_more_tries_contain_the_plain_growth():
    # Bars and stripes on 3 x 3: symmetric valleys, where an early choice ended worse.
    strings = {tuple(np.repeat(b, 3)) for b in np.ndindex(2, 2, 2)}
    strings |= {tuple(np.tile(b, 3)) for b in np.ndindex(2, 2, 2)}
    vector = np.zeros(2**9)
    for string in strings:
        vector[sum(int(bit) << site for site, bit in enumerate(string))] = len(strings) ** -0.5
    once = qtn.compile(vector, Staircase(3, steps=20, polish=20))
    for seed in range(2):
        tried = qtn.compile(vector, Staircase(3, tries=4, steps=20, polish=20), seed=seed)
        assert tried.infidelity <= once.infidelity * (1.0 + 1e-9)
