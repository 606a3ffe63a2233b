"""Trees in time and ground states on trees, against exact values.

The quench is H = -ΣZZ - ΣX (open) from |0…0⟩ to t = 1; ⟨Z⟩ of site N/2 is known exactly for 8 and
16 sites, and that of 16 serves for 64, whose light cone has not met the ends. No public package of
trees is in the environment; two-site TDVP on a balanced tree is integrated as the products of pairs
that it cannot leave.
"""

from __future__ import annotations

import math
import time
from itertools import pairwise
from typing import Any

import numpy as np
from qiskit.quantum_info import SparsePauliOp
from scipy.sparse.linalg import eigsh

import qtn
from benchmarks import report
from qtn.physics import BUG, TEBD, ParallelBUG
from qtn.states.tree import tree_product_sum

X, Z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
STEPS = (0.1, 0.05, 0.025, 0.0125, 0.00625)
VALUES = {8: 0.3433411661, 16: 0.3433454639, 64: 0.3433454639}


def quench(n: int) -> SparsePauliOp:
    """The Hamiltonian."""
    couplings = [("ZZ", [i, i + 1], -1.0) for i in range(n - 1)]
    return SparsePauliOp.from_sparse_list(
        couplings + [("X", [i], -1.0) for i in range(n)], num_qubits=n
    )


def evolved(n: int, tree: str, method: Any, **options: Any) -> tuple[qtn.TTN, float, float]:
    """Return the state at t = 1, the error of its value, and CPU seconds."""
    start = qtn.product_state("zeros", n, tree=tree)
    began = time.process_time()
    state = qtn.evolve(quench(n), start, 1.0, method=method, progress=False, **options)
    spent = time.process_time() - began
    value = float(tree_product_sum(state, [{n // 2: Z}])[0].real)
    return state, abs(value - VALUES[n]), spent


def add_gates(table: report.Table) -> None:
    """Fourth-order gates on trees."""
    for n in (8, 16, 64):
        state, error, spent = evolved(n, "balanced", TEBD(step=0.125))
        note = f"bond {state.max_bond}, {spent:.1f} CPU s"
        table.at_most(f"quench, {n} leaves, gates, step .125: error of <Z>", error, 1e-5, note=note)
    table.at_most("the same, 64 leaves: CPU seconds", spent, 10.0, unit="s")


def add_rank_adaptive(table: report.Table) -> None:
    """The rank-adaptive integrator: values, invariants, order."""
    for n, tree, step in ((8, "balanced", 0.05), (16, "balanced", 0.05), (8, "chain", 0.01),
                          (16, "chain", 0.01), (16, "chain", 0.05)):  # fmt: skip
        state, error, spent = evolved(n, tree, BUG(step), cutoff=1e-14)
        table.at_most(
            f"quench, {n} sites, {tree}, BUG, step {step}, tolerance 1e-7: error of <Z>", error,
            1e-4, note=f"bond {state.max_bond}, {spent:.1f} CPU s; claimed error of the state "
            f"{state.origin.step_error:.0e}",
        )  # fmt: skip
    for tolerance in (1e-5, 1e-7):
        state, _, _ = evolved(8, "balanced", BUG(0.05), cutoff=tolerance**2)
        table.at_most(f"the same, 8 sites, tolerance {tolerance:g}: norm moved by",
                      state.origin.drift, 10 * tolerance)  # fmt: skip
        bound = -float(qtn.ground_state(quench(8)).origin.energy)
        table.at_most(f"the same, 8 sites, tolerance {tolerance:g}: energy moved by",
                      abs(energy(state) + 7.0), 10 * tolerance * bound)  # fmt: skip
    reference = evolved(16, "chain", TEBD(step=0.05), cutoff=1e-18)[0]
    errors = [
        math.sqrt(evolved(16, "chain", BUG(step), cutoff=1e-16)[0].infidelity(reference))
        for step in STEPS
    ]
    slope = float(np.polyfit(np.log(STEPS), np.log(errors), 1)[0])
    each = ", ".join(f"{math.log2(a / b):.2f}" for a, b in pairwise(errors))
    table.at_least("the same, 16 sites on a chain, steps .1 to .00625: slope of sqrt(1 - F)", slope,
                   0.9, note="errors " + ", ".join(f"{e:.1e}" for e in errors)
                   + f"; per halving {each}")  # fmt: skip
    if not table.quick:
        state, error, spent = evolved(64, "balanced", BUG(), cutoff=1e-10)
        table.inform(
            f"quench, 64 leaves, BUG, its own step {state.origin.step:.3g}, tolerance 1e-5",
            f"error {error:.1e}", note=f"bond {state.max_bond}, {spent:.0f} CPU s",
        )  # fmt: skip


def add_parallel(table: report.Table) -> None:
    """The parallel integrator, and how much less accurate a step of it is."""
    errors, drifts = [], []
    for step, bar in ((0.05, 3e-3), (0.025, None), (0.0125, 2e-4)):
        state, error, spent = evolved(8, "balanced", ParallelBUG(step), cutoff=1e-16, max_bond=64)
        errors.append(error)
        drifts.append(state.origin.drift)
        table.at_most(f"quench, 8 leaves, parallel BUG, step {step}: error of <Z>", error, bar,
                      note=f"norm moved by {state.origin.drift:.1e}, bond {state.max_bond}, "
                      f"{spent:.1f} CPU s")  # fmt: skip
    table.at_least("the same: least ratio of the errors per halving",
                   min(a / b for a, b in pairwise(errors)), 1.9)  # fmt: skip
    for n, step in ((8, 0.05), (16, 0.05)):
        both = [
            evolved(n, "balanced", method, cutoff=1e-14, max_bond=64)
            for method in (ParallelBUG(step), BUG(step))
        ]
        table.inform(
            f"quench, {n} leaves, step {step}, tolerance 1e-7: parallel beside rank-adaptive",
            f"{both[0][1]:.1e}", f"{both[1][1]:.1e}", f"{both[1][1] / both[0][1]:.2g}",
            f"bonds {both[0][0].max_bond} and {both[1][0].max_bond}",
        )  # fmt: skip
    pair = [evolved(8, "balanced", ParallelBUG(0.05, workers=w), max_bond=32)[0] for w in (1, 2)]
    same = all(np.array_equal(a, b) for a, b in zip(*(s.tensors for s in pair)))
    table.at_least("the same: 1 and 2 workers give the same bits", float(same), 1.0)


def add_starts(table: report.Table) -> None:
    """Product states in which other integrators stand still."""
    stuck = abs(pairs_in_time(8, 1.0) - VALUES[8])
    _, error, _ = evolved(8, "balanced", BUG(0.05), cutoff=1e-14)
    table.at_most("quench, 8 leaves from bond 1, BUG: error of <Z>", error, 1e-4, peer=stuck,
                  peer_name="two-site TDVP", note="its bonds stay 1")  # fmt: skip
    hamiltonian = SparsePauliOp.from_sparse_list(
        [("ZZ", [i, i + 1], -1.0) for i in range(7)], num_qubits=8
    )
    exact = np.exp(-0.5j * hamiltonian.to_matrix().diagonal().real) / 16
    start = qtn.product_state("plus", 8, tree="balanced")
    state = qtn.evolve(hamiltonian, start, 0.5, cutoff=1e-14, method=BUG(0.05), progress=False)
    table.at_most("|+…+⟩ under -ΣZZ to t = .5, where the mean field vanishes: sqrt(1 - F)",
                  distance(state, exact), 1e-2)  # fmt: skip


def add_ground(table: report.Table) -> None:
    """Ground states on trees: dense at 12 sites, the chain's DMRG at 32."""
    long = SparsePauliOp.from_sparse_list(
        [(p + p, [i, j], (1.0 + j - i) ** -2)
         for i in range(12) for j in range(i + 1, 12) for p in "XYZ"],
        num_qubits=12,
    )  # fmt: skip
    for name, operator in (("Heisenberg", qtn.chain("heisenberg", 12)), ("long-range", long)):
        lowest = eigsh(operator.to_matrix(sparse=True), k=1, which="SA")[0][0]
        for tree in ("balanced", "chain"):
            began = time.process_time()
            state = qtn.ground_state(operator, tree, progress=False)
            spent = time.process_time() - began
            table.at_most(
                f"{name}, 12 sites, {tree}: energy above the lowest",
                state.origin.energy - lowest, 1e-9, note=f"{spent:.1f} CPU s",
            )  # fmt: skip
    for name, tree, bond in (
        ("tfim", "balanced", 32), ("tfim", "chain", 32), ("heisenberg", "chain", 48),
    ):  # fmt: skip
        operator = qtn.chain(name, 32)
        began = time.process_time()
        state = qtn.ground_state(operator, tree, max_bond=bond, progress=False)
        spent = time.process_time() - began
        began = time.process_time()
        chain = qtn.ground_state(operator, max_bond=bond, progress=False)
        table.at_most(
            f"{name}, 32 sites, {tree}, bond {bond}: energy beside the chain's DMRG",
            abs(state.origin.energy - chain.origin.energy), 1e-8,
            note=f"{spent:.1f} CPU s, the chain's {time.process_time() - began:.1f}; "
            f"variance {state.origin.variance:.0e}",
        )  # fmt: skip


def energy(state: qtn.TTN) -> float:
    """Return ⟨H⟩ of the quench."""
    n = state.n
    words = [{i: Z, i + 1: Z} for i in range(n - 1)] + [{i: X} for i in range(n)]
    return -float(tree_product_sum(state, words).real.sum())


def distance(state: qtn.TTN, exact: Any) -> float:
    """Return √(1 - F), without cancellation."""
    vector = state.to_dense()
    return float(np.linalg.norm(vector - exact * np.vdot(exact, vector)))


def pairs_in_time(n: int, end: float, steps: int = 200) -> float:
    """Return ⟨Z_{n/2}⟩ that products of pairs in the mean field of the others reach."""
    eye = np.eye(2)
    own = -np.kron(Z, Z) - np.kron(X, eye) - np.kron(eye, X)
    left, right = np.kron(Z, eye), np.kron(eye, Z)

    def slope(states: Any) -> Any:
        before, after = ([np.vdot(s, m @ s).real for s in states] for m in (right, left))
        before, after = [0.0, *before[:-1]], [*after[1:], 0.0]
        moved = [
            (own - b * left - a * right) @ s for s, b, a in zip(states, before, after, strict=True)
        ]
        return -1j * np.array(moved)

    states, h = np.zeros((n // 2, 4), dtype=complex), end / steps
    states[:, 0] = 1.0
    for _ in range(steps):  # Runge and Kutta
        a = slope(states)
        b = slope(states + h / 2 * a)
        c = slope(states + h / 2 * b)
        states = states + h / 6 * (a + 2 * b + 2 * c + slope(states + h * c))
    middle = states[n // 4]
    return float(np.vdot(middle, left @ middle).real)
