"""What the compiler says of a circuit holds: targets, methods and goals drawn at random.

The infidelity is computed again by plain numpy (`oracles`), then: it is not above the one stated;
the floor is below the fidelity; a status that claims a goal means it; no point of the result's own
front within the budget is better; the circuit has the gates that it is said to have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from aqc.dense import gates_needed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import apply_gate, dense_chain, random_chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

import qtn

TARGETS = ("chain", "real chain", "vector", "statevector", "circuit", "ghz", "w", "sparse")
BASES = ("cx", "cx", "cz", "ecr", "rzz")
METHODS = ("auto", "staircase", "brickwall", "resume")
ROUNDING = 1e-12


@dataclass(frozen=True)
class Spec:
    """All that a draw is made of."""

    target: str
    method: str
    n: int
    size: int
    goal: float | None
    budget: int | None
    minimum: float | None
    basis: str
    seed: int


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    method = draw(st.sampled_from(METHODS))
    goals = st.none() | st.sampled_from([1e-1, 1e-2, 1e-4, 1e-7, 1e-11])
    return Spec(
        draw(st.sampled_from(TARGETS)),
        method,
        draw(st.integers(1, 7)),
        draw(st.integers(1, 4)),
        draw(goals) if method == "auto" else None,
        draw(st.none() | st.integers(1, 30)) if method == "auto" else None,
        draw(st.none() | st.sampled_from([0.1, 0.9, 0.999, 1 - 1e-6, 1.0])),
        draw(st.sampled_from(BASES)),
        draw(st.integers(0, 2**20)),
    )


def target_of(spec: Spec) -> tuple[Any, np.ndarray]:
    """The target in the form drawn, and its vector by numpy."""
    rng, n = np.random.default_rng([spec.seed, 3]), spec.n
    if "chain" in spec.target:
        tensors = random_chain(rng, n, min(spec.size, 3), real="real" in spec.target)
        vector = dense_chain(tensors)
        return qtn.MPS(tensors).normalised(), vector / np.linalg.norm(vector)
    if spec.target == "circuit":
        circuit = QuantumCircuit(n)
        for q in range(n):
            circuit.u(*rng.uniform(0, 6, 3), q)
        for _ in range(spec.size * (n > 1)):
            circuit.cx(*(int(q) for q in rng.choice(n, 2, replace=False)))
            circuit.ry(rng.normal(), int(rng.integers(n)))
        return circuit, dense(circuit)
    vector = rng.normal(size=2**n) + 1j * rng.normal(size=2**n) * (spec.size % 2)
    if spec.target == "ghz":
        vector = np.zeros(2**n)
        vector[[0, -1]] = 1.0
    elif spec.target == "w":
        vector = np.zeros(2**n)
        vector[1 << np.arange(n)] = 1.0
    elif spec.target == "sparse":
        vector *= rng.random(2**n) < 2.0 / n
        vector[int(rng.integers(2**n))] = 1.0
    vector = vector / np.linalg.norm(vector)
    return (Statevector(vector) if spec.target == "statevector" else vector), vector


def method_of(spec: Spec) -> Any:
    if spec.method == "staircase":
        return qtn.Staircase(layers=spec.size, polish=60, basis=spec.basis)
    if spec.method == "brickwall":
        return qtn.Brickwall(layers=spec.size, steps=60, basis=spec.basis)
    limits = {"infidelity": spec.goal, "max_two_qubit_gates": spec.budget}
    return qtn.Auto(steps=20, max_layers=3, basis=spec.basis, **limits)


def dense(circuit: QuantumCircuit) -> np.ndarray:
    """The state after a circuit, gate by gate in numpy."""
    vector = np.eye(1, 2**circuit.num_qubits, dtype=complex)[0]
    for item in circuit.data:
        qubits = [circuit.find_bit(q).index for q in item.qubits]
        vector = apply_gate(vector, Operator(item.operation).data, qubits)
    return vector


def infidelity(circuit: QuantumCircuit, vector: np.ndarray) -> float:
    """1 - |⟨t|c⟩|² as the part of c orthogonal to t, right where it is small."""
    state = dense(circuit)
    state = state / np.linalg.norm(state)
    return float(np.linalg.norm(state - np.vdot(vector, state) * vector) ** 2)


def goal_of(spec: Spec) -> float:
    """The infidelity asked for, the tighter of two; 0 if all the method can do is asked."""
    given = [] if spec.goal is None else [spec.goal]
    given += [] if spec.minimum is None else [1.0 - spec.minimum]
    return min(given, default=1e-3 if spec.method == "auto" else 0.0)


def check(spec: Spec) -> None:
    (target, vector), method = target_of(spec), method_of(spec)
    goal = goal_of(spec)
    try:
        if spec.method == "resume":
            method = qtn.Resume(qtn.compile(target, method, seed=spec.seed, progress=False))
        found = qtn.compile(
            target, method, min_fidelity=spec.minimum, seed=spec.seed, progress=False
        )
    except qtn.FidelityError as error:
        assert spec.minimum is not None
        found = error.best
        assert infidelity(found.circuit, vector) > (1.0 - spec.minimum) - ROUNDING, spec
        goal, spec = 0.0, replace(spec, minimum=None)
    except qtn.ArgumentError:
        assert spec.budget is not None, spec
        assert gates_needed(vector, method.infidelity) > spec.budget, spec
        return
    true = infidelity(found.circuit, vector)
    assert true <= found.infidelity + ROUNDING, f"{spec}: {true} above {found.infidelity}"
    assert found.infidelity <= true + 1e-9, f"{spec}: {found.infidelity} says too much of {true}"
    assert found.floor <= 1.0 - true + ROUNDING, f"{spec}: floor {found.floor}"
    if spec.minimum is not None:
        assert 1.0 - true >= spec.minimum - ROUNDING, f"{spec}: {true}"
    if found.status is qtn.Status.EXACT:
        assert true < 1e-10, f"{spec}: EXACT at {true}"
    if found.status is qtn.Status.REACHED and goal:
        assert true <= goal + ROUNDING, f"{spec}: REACHED at {true}"
    counted = sum(len(item.qubits) == 2 for item in found.circuit.data)
    assert counted == found.two_qubit_gates, spec
    allowed = spec.budget if spec.budget is not None else np.inf
    assert counted <= allowed, f"{spec}: {counted} gates"
    for point in found.pareto:
        if point.two_qubit_gates <= allowed:
            # as good as every point, or good enough (points are right to a few per cent)
            bar = max(1.1 * point.infidelity + 1e-10, goal)
            assert true <= bar, f"{spec}: {true}, but its front has {point}"


FAILED = [
    # the shorter shape came back with the longer circuit's gates
    Spec("vector", "auto", 5, 2, None, 4, None, "cx", 442334),
    # complex gates of a real target were cut to their real parts when blocks were dropped
    Spec("vector", "auto", 5, 2, 0.01, 10, None, "cx", 2415),
    Spec("vector", "auto", 5, 2, None, None, None, "cx", 2415),
]
"""Draws that once failed."""


@pytest.mark.parametrize("spec", FAILED, ids=str)
def test_what_once_failed_holds(spec: Spec) -> None:
    check(spec)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(specs())
def test_what_the_compiler_says_holds(spec: Spec) -> None:
    check(spec)


@pytest.mark.slow
@settings(max_examples=20_000, derandomize=False, suppress_health_check=list(HealthCheck))
@given(specs())
def test_what_the_compiler_says_holds_on_long_runs(spec: Spec) -> None:
    check(spec)


def grown(target: str, n: int, seed: int, method: str) -> None:
    """One to four layers, each no worse than the one before."""
    state, _ = target_of(Spec(target, method, n, 3, None, None, None, "cx", seed))
    last = 1.0
    for layers in range(1, 5):
        chosen: Any = {
            "staircase": qtn.Staircase(layers=layers, polish=60),
            "brickwall": qtn.Brickwall(layers=layers, steps=60),
            "auto": qtn.Auto(max_layers=layers, steps=20),
        }[method]
        found = qtn.compile(state, chosen, seed=seed, progress=False).infidelity
        assert found <= max(last, 1e-10), f"{method} {target} {n} {seed}: {layers} layers {found}"
        last = found


@settings(max_examples=8)
@given(
    st.sampled_from(TARGETS), st.integers(2, 7), st.integers(0, 2**20), st.sampled_from(METHODS[:3])
)
def test_more_layers_never_end_worse(target: str, n: int, seed: int, method: str) -> None:
    grown(target, n, seed, method)


@pytest.mark.slow
@settings(max_examples=1000, derandomize=False)
@given(
    st.sampled_from(TARGETS), st.integers(2, 8), st.integers(0, 2**20), st.sampled_from(METHODS[:3])
)
def test_more_layers_never_end_worse_on_long_runs(
    target: str, n: int, seed: int, method: str
) -> None:
    grown(target, n, seed, method)
