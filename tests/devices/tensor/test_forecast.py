"""Forecasts of seconds: their order of size, and what is left out."""

from __future__ import annotations

import math

from qiskit import QuantumCircuit
from qiskit.circuit.library import CCXGate

from qtn.devices.tensor.forecast import (
    branch_seconds,
    chain_seconds,
    group_seconds,
    kept,
    plan_seconds,
    tensor_seconds,
)
from qtn.devices.tensor.group_blocks import group_plan


def staircase(n: int, layers: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n, n)
    for _ in range(layers):
        for qubit in range(n - 1):
            circuit.ry(0.3, qubit)
            circuit.cx(qubit, qubit + 1)
    circuit.measure(range(n), range(n))
    return circuit


def test_more_layers_bindings_and_shots_take_longer() -> None:
    circuit = staircase(16, 3)
    once = chain_seconds(circuit, 100, 1)
    assert once < chain_seconds(circuit, 100, 10) < chain_seconds(circuit, 4096, 10)
    assert once < chain_seconds(staircase(16, 5), 100, 1) < chain_seconds(staircase(16, 8), 100, 1)


def test_wide_states_are_for_chains_and_small_rings_for_groups() -> None:
    assert group_seconds(staircase(16, 2), 100, 1) == math.inf
    assert tensor_seconds(staircase(16, 2), 100, 1) == chain_seconds(staircase(16, 2), 100, 1)
    ring = staircase(6, 4)
    assert tensor_seconds(ring, 100, 1) == group_seconds(ring, 100, 1)
    plan = group_plan(ring)
    assert plan is not None
    assert plan_seconds(plan, ring, 100, 1) == group_seconds(ring, 100, 1)


def test_gates_apart_cost_the_swaps_between() -> None:
    near, far = QuantumCircuit(12), QuantumCircuit(12)
    for circuit, pairs in ((near, ((0, 1), (1, 2))), (far, ((0, 1), (0, 2), (0, 3), (0, 4)))):
        for k in range(12):
            circuit.h(k)
        for a, b in pairs:
            circuit.cx(a, b)
    assert chain_seconds(near, 1, 1) < chain_seconds(far, 1, 1)


def test_what_an_engine_cannot_take_takes_for_ever() -> None:
    toffoli = QuantumCircuit(3)
    toffoli.append(CCXGate(), [0, 1, 2])
    assert chain_seconds(toffoli, 1, 1) == group_seconds(toffoli, 1, 1) == math.inf
    resets = staircase(4, 1)
    resets.reset(0)
    assert tensor_seconds(resets, 1, 1) == group_seconds(resets, 1, 1) < math.inf


def test_every_measurement_may_double_the_states() -> None:
    one, more = staircase(2, 1), staircase(4, 1)
    assert branch_seconds(one, 1) < branch_seconds(more, 1)
    assert branch_seconds(one, 7) == 7 * branch_seconds(one, 1)


def test_large_bonds_stay_below_their_bound() -> None:
    assert kept(64.0) == 64.0
    assert kept(1024.0) == 256.0
