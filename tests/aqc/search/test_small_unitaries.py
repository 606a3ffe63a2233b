"""Unitaries of a few qubits as circuits of CX."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import CCXGate, QFTGate
from qiskit.quantum_info import Operator
from scipy.stats import unitary_group

from qtn.aqc.kernels.gates import parted
from qtn.aqc.search.small_unitaries import UnitaryKernel, bound, entangled
from qtn.aqc.shape.nodes import Node, Nodes


def matrix(blocks):
    """The unitary of blocks, the first wire most significant."""
    n = blocks.n
    out = np.eye(2**n, dtype=complex).reshape((2,) * n + (2**n,))
    for sites, gate in blocks.gates:
        turned = np.tensordot(gate.reshape(2, 2, 2, 2), out, axes=([2, 3], sites))
        out = np.moveaxis(turned, [0, 1], sites)
    return out.reshape(2**n, 2**n)


def infidelity(a, b):
    return 1.0 - abs(np.vdot(a, b) / len(a)) ** 2


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_overlap_and_its_environments(n):
    register = Node(tuple(range(n)), n // 2, n, 0, (None, None), (1, 1, 1))
    shape = Nodes(n, (register.laid_out(5),))
    target = unitary_group.rvs(2**n, random_state=0)
    gates = unitary_group.rvs(4, size=5, random_state=1)
    kernel = UnitaryKernel(target, shape)
    overlap, parts = kernel.evaluate(parted(gates))
    environments = parts[:, 0] + 1j * parts[:, 1]
    assert overlap == pytest.approx(np.vdot(target, matrix(shape.blocks(gates))) / 2**n, abs=1e-13)
    assert np.allclose(np.einsum("kij,kij->k", environments, gates), overlap, atol=1e-13)
    other = gates.copy()
    other[2] = unitary_group.rvs(4, random_state=2)
    moved = np.vdot(target, matrix(shape.blocks(other))) / 2**n
    assert np.sum(environments[2] * other[2]) == pytest.approx(moved, abs=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_three_qubits_reach_the_bound(seed):
    target = unitary_group.rvs(8, random_state=seed)
    found = entangled(target, 1e-10)
    assert found.size == bound(3) == 14
    assert infidelity(target, matrix(found)) <= 1.1e-10


def test_four_qubits_reach_the_bound():
    target = unitary_group.rvs(16, random_state=0)
    found = entangled(target, 1e-8)
    assert found.size == bound(4) == 61
    assert infidelity(target, matrix(found)) <= 1.1e-8


@pytest.mark.parametrize(("gate", "most"), [(CCXGate(), 8), (QFTGate(3), 9)])
def test_structure_takes_fewer(gate, most):
    target = Operator(gate).data
    found = entangled(target, 1e-10)
    assert found.size <= most
    assert infidelity(target, matrix(found)) <= 1.1e-10


def test_products_of_one_qubit_gates_take_hardly_any():
    one = unitary_group.rvs(2, size=3, random_state=0)
    found = entangled(np.kron(np.kron(one[0], one[1]), one[2]), 1e-10)
    assert found.size <= 4  # an even number on every pair


def test_what_is_not_reached_is_none():
    target = unitary_group.rvs(8, random_state=0)
    assert entangled(target, 1e-10, tries=1, steps=3) is None


def test_the_same_seed_gives_the_same_circuit():
    target = unitary_group.rvs(8, random_state=0)
    one, other = (entangled(target, 1e-8, seed=5) for _ in range(2))
    assert np.array_equal(one.matrices, other.matrices)
