"""Qubits to sites and gates to clusters, against the state vector."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.states.blocks.grouping.merging import grouped, local_gates, merged, starting_levels

HOP = np.eye(4, dtype=complex)
HOP[1:3, 1:3] = [[np.cos(0.4), 1j * np.sin(0.4)], [1j * np.sin(0.4), np.cos(0.4)]]
X = np.eye(2)[::-1]


def applied(vector: np.ndarray, gates: list, n: int) -> np.ndarray:
    """Apply gates to amplitudes whose first qubit is the most significant."""
    legs = vector.reshape((2,) * n)
    for qubits, matrix in gates:
        k = len(qubits)
        moved = np.tensordot(matrix.reshape((2,) * 2 * k), legs, (range(k, 2 * k), qubits))
        legs = np.moveaxis(moved, range(k), qubits)
    return legs.reshape(-1)


def drawn(rng: np.random.Generator, n: int) -> list:
    gates = []
    for _ in range(rng.integers(1, 14)):
        if rng.random() < 0.3:
            gates.append(((int(rng.integers(n)),), np.diag(np.exp(1j * rng.normal(size=2)))))
            continue
        where = tuple(int(q) for q in rng.choice(n, 2, replace=False))
        diagonal = np.diag(np.exp(1j * rng.normal(size=4)))
        gates.append((where, diagonal if rng.random() < 0.5 else HOP @ diagonal))
    return gates


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2]))
def test_merged_gates_do_the_same(seed, way):
    rng = np.random.default_rng(seed)
    n = 6
    groups = [((0, 1), (2, 3), (4, 5)), ((0,), (1, 2), (3, 4), (5,)), tuple((q,) for q in range(n))]
    gates = drawn(rng, n)
    local = local_gates(gates)
    whole = merged(local, groups[way])
    back = [(tuple(q for s in sites for q in groups[way][s]), m) for sites, m in whole]
    vector = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    exact = applied(vector, gates, n)
    assert np.abs(applied(vector, local, n) - exact).max() < 1e-12
    assert np.abs(applied(vector, back, n) - exact).max() < 1e-12
    assert all(sites == tuple(sorted(set(sites))) for sites, _ in whole)


def two_species(sites: int, steps: int) -> list:
    """Hops of one species after those of the other, then a phase on every site."""
    hops = [((2 * j + s, 2 * j + 2 + s), HOP) for s in (0, 1) for first in (0, 1)
            for j in range(first, sites - 1, 2)]  # fmt: skip
    phases = [((2 * j, 2 * j + 1), np.diag([1, 1j, 1, 1])) for j in range(sites)]
    return (hops + phases) * steps


def test_two_species_take_one_gate_per_bond_and_step():
    local = local_gates(two_species(6, 4))
    groups = grouped(local, 12)
    assert groups == tuple((2 * j, 2 * j + 1) for j in range(6))
    pairs = [sites for sites, _ in merged(local, groups) if len(sites) == 2]
    assert len(pairs) == 5 * 4
    assert all(b == a + 1 for a, b in pairs)


def test_a_chain_of_neighbours_keeps_its_qubits_apart():
    brick = [((q, q + 1), HOP) for first in (0, 1) for q in range(first, 7, 2)] * 3
    assert grouped(local_gates(brick), 8) == tuple((q,) for q in range(8))


def test_first_gates_that_prepare_levels_go():
    h = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    phase = np.diag([1.0, 1j])
    gates = [((0,), X), ((1,), h), ((0,), phase), ((2,), h), ((2,), h), ((0, 1), HOP), ((0,), X)]
    levels, factor, rest = starting_levels(gates, 3)
    assert levels == [1, 0, 0]
    assert abs(factor - 1j) < 1e-15
    assert [q for q, _ in rest] == [(1,), (0, 1), (0,)]
