"""Windows along a chain: exact near the counting bound, nearest below it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from aqc.dense import blocks_vector
from aqc.random_states import random_chain
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.methods.window import Window
from qtn.aqc.result import Status
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.errors import ArgumentError


@pytest.mark.parametrize(("n", "bond"), [(20, 2), (12, 4)])
@pytest.mark.parametrize("seed", [0, 1])
def test_exact_at_the_counting_bound(n: int, bond: int, seed: int) -> None:
    state = random_chain(n, bond, seed)
    short = qtn.compile(state, Window(fullness=1.0), seed=seed)
    bound = chain_tree(state.tensors).shape.bound
    assert short.infidelity < 1e-20
    assert short.status is Status.EXACT
    assert bound - 1 <= short.two_qubit_gates <= bound + 1
    assert qtn.verify(short.circuit, state).fidelity == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("bond", [3, 5, 6, 8])
@pytest.mark.parametrize("real", [False, True])
def test_exact_for_bonds_of_any_size(bond: int, real: bool) -> None:
    state = random_chain(10, bond, 0, real)
    short = qtn.compile(state, Window())
    assert short.infidelity < 1e-20
    assert short.two_qubit_gates <= 1.7 * chain_tree(state.tensors).shape.bound
    assert len(short.history) <= 3  # no search over all gates at once


def test_the_circuit_is_the_one_that_qiskit_simulates() -> None:
    state = random_chain(8, 4, 3)
    short = qtn.compile(state, Window(), min_fidelity=0.99)
    overlap = np.vdot(state.to_dense(), Statevector(short.circuit).data)
    assert 1 - abs(overlap) ** 2 == pytest.approx(short.infidelity, abs=1e-12)
    own = blocks_vector(short.sequence).reshape([2] * 8).transpose().reshape(-1)
    assert np.allclose(own, Statevector(short.circuit))


def test_the_gates_searched_are_the_gates_written() -> None:
    state = random_chain(10, 4, 0)
    short = qtn.compile(state, Window(), min_fidelity=0.9)
    assert short.two_qubit_gates == short.blocks


def test_real_targets_have_real_gates() -> None:
    state = random_chain(10, 2, 1, real=True)
    short = qtn.compile(state, Window(fullness=1.2))
    assert short.infidelity < 1e-10
    assert all(matrix.dtype == np.float64 for _, matrix in short.sequence.gates)
    turned = qtn.compile(state, Window(fullness=1.2, real=False))
    assert turned.sequence.gates[0][1].dtype == np.complex128


def test_fewer_gates_give_the_nearest_state_of_so_many() -> None:
    state = random_chain(10, 4, 2)
    front = [qtn.compile(state, Window(per_node=k, steps=600)) for k in (2, 4, 7)]
    assert sorted((c.infidelity for c in front), reverse=True) == [c.infidelity for c in front]
    assert [c.two_qubit_gates for c in front] == sorted(c.two_qubit_gates for c in front)


def test_a_smaller_bond_is_as_good_as_truncation() -> None:
    state = random_chain(10, 8, 6)
    cut = state.truncated(max_bond=4).state
    short = qtn.compile(state, Window(bond=4, steps=3000))
    assert short.infidelity <= 1.01 * (1.0 - abs(cut.normalised().overlap(state)) ** 2)
    assert short.two_qubit_gates < qtn.compile(state, Window(steps=5)).two_qubit_gates / 2


def test_goes_on_from_a_result() -> None:
    state = random_chain(10, 4, 2)
    few = Window(fullness=0.9, steps=60, tries=1)
    first = qtn.compile(state, few)
    further = qtn.compile(state, replace(few, start=first))
    assert further.infidelity < first.infidelity
    with pytest.raises(ArgumentError, match="result of the same shape"):
        qtn.compile(state, Window(fullness=0.6, start=first))


@pytest.mark.parametrize("steps", [0, 20])
def test_a_larger_window_never_ends_worse_than_the_smaller_one_it_starts_from(steps: int) -> None:
    state = random_chain(10, 4, 2)
    front = [qtn.compile(state, Window(0.5, steps=200, tries=1))]
    for fullness in (0.6, 0.75, 0.9):
        front.append(qtn.compile(state, Window(fullness, steps=steps, start=front[-1])))
    values = [short.infidelity for short in front]
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(values))
    assert qtn.compile(state, Window(start=front[-1])).infidelity < 1e-20


def test_registers_that_miss_leave_the_search_near_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qtn.aqc.search.sitewise.STEPS", 9)  # too few to be exact
    monkeypatch.setattr("qtn.aqc.methods.window.TRIES", 1)
    short = qtn.compile(random_chain(8, 4, 0), Window(steps=600), min_fidelity=1 - 1e-4)
    assert short.history[0].infidelity < 0.05
    assert short.infidelity < 1e-4


def test_ends_in_time() -> None:
    short = qtn.compile(random_chain(12, 8, 0), Window(0.9, seconds=0.1))
    assert short.status is Status.TIME


def test_a_goal_that_is_missed_is_tried_again_from_other_gates() -> None:
    state = random_chain(9, 3, 4)
    one = qtn.compile(state, Window(fullness=0.9, steps=400, tries=1), seed=1)
    best = qtn.compile(state, Window(fullness=0.9, steps=400, tries=3), seed=1)
    assert best.infidelity <= one.infidelity
    assert len(best.history) > len(one.history)


def test_two_sites_and_products() -> None:
    bell = np.array([0.6, 0.0, 0.0, 0.8])
    assert qtn.compile(bell, Window()).two_qubit_gates == 1
    product = qtn.MPS.product([[0.6, 0.8]] * 5)
    short = qtn.compile(product, Window())
    assert short.infidelity < 1e-12
    assert short.two_qubit_gates == 0


def test_parts_of_bond_1_cost_nothing() -> None:
    parts = random_chain(6, 4, 3), random_chain(5, 3, 1)
    product = qtn.MPS.product([[0.6, 0.8j]] * 9).tensors
    joined = (*product[:1], *parts[0].tensors, *product, *parts[1].tensors, *product[:2])
    short = qtn.compile(qtn.MPS(joined), Window())
    assert short.infidelity < 1e-20
    alone = [qtn.compile(part, Window()).two_qubit_gates for part in parts]
    assert short.two_qubit_gates == sum(alone)


def test_bonds_are_as_large_as_the_goal_needs() -> None:
    strong, weak = random_chain(10, 2, 0), random_chain(10, 6, 1)
    tensors = [
        np.zeros((a[0] + b[0], 2, a[2] + b[2]), dtype=complex)
        for a, b in zip((t.shape for t in strong.tensors), (t.shape for t in weak.tensors))
    ]
    for tensor, a, b in zip(tensors, strong.tensors, weak.tensors):
        tensor[: a.shape[0], :, : a.shape[2]] = a
        tensor[a.shape[0] :, :, a.shape[2] :] = b
    ends = tensors[0].sum(0, keepdims=True), tensors[-1].sum(2, keepdims=True)
    state = qtn.MPS(
        (ends[0] * [[[1.0] * 2 + [1e-3] * (tensors[0].shape[2] - 2)]], *tensors[1:-1], ends[1])
    )
    near = qtn.compile(state, Window(), min_fidelity=1 - 1e-3)
    assert near.infidelity < 1e-3
    assert near.two_qubit_gates < 25 < qtn.compile(state, Window(steps=0)).two_qubit_gates


def test_same_seed_same_circuit() -> None:
    state = random_chain(8, 3, 0)
    first, again = (qtn.compile(state, Window(steps=50), seed=7) for _ in range(2))
    assert first.circuit == again.circuit
