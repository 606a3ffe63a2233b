"""Sites of two qubits and back."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.states.blocks.dense import product_sites
from qtn.states.blocks.grouping.merging import grouped, local_gates, merged
from qtn.states.blocks.grouping.qubit_sites import group_charges, group_levels, split_sites
from tests.states.blocks.grouping.test_merging import HOP, two_species

WEIGHTS = np.array([[1, 0] * 4 + [1], [0, 1] * 4 + [0]])


@pytest.mark.parametrize("groups", [
    ((0, 1), (2, 3), (4, 5), (6, 7), (8,)), ((0,), (1, 2), (3, 4), (5, 6), (7, 8)),
    tuple((q,) for q in range(9)),
])  # fmt: skip
def test_split_sites_hold_the_same_state(groups):
    bits = [0, 0, 1, 1, 0, 1, 1, 0, 1]
    gates = local_gates([*two_species(4, 2), ((6, 8), HOP)])
    charges = group_charges(WEIGHTS, groups)
    start = qtn.BlockMPS(tuple(product_sites(group_levels(bits, groups), charges)), charges)
    found = start.evolved(merged(gates, groups), cutoff=1e-20).state
    sites, split = split_sites(found.sites, WEIGHTS, groups)
    qubits = qtn.BlockMPS(tuple(sites), split)
    plain = qtn.BlockMPS.product(bits, WEIGHTS).evolved(gates, cutoff=1e-20).state
    assert qubits.phys == (2,) * 9
    assert qubits.total == plain.total
    assert np.abs(qubits.to_dense() - plain.to_dense()).max() < 1e-12
    assert qubits.canonical(0).norm() == pytest.approx(1.0)
    for q, site in enumerate(qubits.sites[1:], start=1):
        gram = sum(b @ b.conj().T for (c, _), b in site.blocks.items() if c == min(site.left))
        assert np.allclose(gram, np.eye(len(gram))), q


def test_levels_have_the_charges_of_both_qubits():
    charges = group_charges(np.array([[1, 2, 3]]), ((0, 1), (2,)))
    assert charges.table == (((0,), (2,), (1,), (3,)), ((0,), (3,)))
    assert group_levels([1, 0, 1], ((0, 1), (2,))) == [2, 1]


def test_no_groups_where_neighbours_only_meet():
    assert grouped(local_gates([((0, 1), HOP), ((1, 2), HOP)]), 3) == ((0,), (1,), (2,))
