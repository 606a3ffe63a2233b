"""Segments of a chain as targets of their own."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import random_unitary

import qtn
from qtn.aqc.shape.ansatz import identity_gates
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import certify
from qtn.aqc.starts.segments import (
    assembled,
    boundaries,
    isometric_limit,
    pair_gate,
    pieces,
    turned_ends,
)
from qtn.aqc.target import as_target


def bonds(n: int) -> qtn.MPS:
    """Return singlets across the bonds 3, 7, ...: segments of four sites, nothing inside them."""
    chain = [np.array([1.0, 0.0]).reshape(1, 2, 1) for _ in range(n)]
    for left in range(3, n - 1, 4):
        chain[left] = np.eye(2)[None] / 2**0.5
        chain[left + 1] = np.array([[0.0, 1.0], [-1.0, 0.0]])[:, :, None]
    return as_target(qtn.MPS(tuple(chain)))


def test_boundaries_lose_the_least() -> None:
    much, little = np.array([0.6, 0.2, 0.2]), np.array([0.6, 0.4])
    weights = [little if k % 2 else much for k in range(19)]
    ends = boundaries(weights, 4)
    assert ends == [0, 4, 8, 12, 16, 20]
    assert boundaries([much, *weights], 4)[:3] == [0, 3, 7]
    assert boundaries(weights[:4], 4) == [0, 5]
    assert boundaries(weights[:5], 4) == [0, 4, 6]


@pytest.mark.parametrize("roots", [(1.0, 0.0), (0.6, 0.8), (2**-0.5, 2**-0.5)])
def test_pair_gates_are_unitary(roots: tuple[float, float]) -> None:
    gate = pair_gate(np.array(roots))
    assert np.allclose(gate @ gate.T, np.eye(4))
    assert np.allclose(gate[:, 0], [roots[0], 0, 0, roots[1]])


def test_bond_states_need_no_circuit_but_the_pairs() -> None:
    state = bonds(16)
    found = pieces(list(state.tensors), 4)
    assert [(p.first, p.last) for p in found] == [(0, 4), (4, 8), (8, 12), (12, 16)]
    made = []
    for piece in found:
        assert isometric_limit(piece) < 1e-12
        shape = piece.shape(2)
        gates = identity_gates(shape, False)
        gates[: len(piece.pairs())] = piece.pairs()
        gates, overlap = turned_ends(piece, shape, gates)
        assert overlap == pytest.approx(1.0, abs=1e-9)
        made.append((piece, shape, gates))
    assert certify(state, Blocks.of(*assembled(made, 16))).infidelity < 1e-12


def test_gates_of_one_segment_serve_another_in_other_bases() -> None:
    state = qtn.ground_state(qtn.chain("tfim", 24, field=2.0), max_bond=8)
    piece = pieces(list(state.tensors), 6)[1]
    shape = piece.shape(3)
    gates = identity_gates(shape, False)
    gates[: len(piece.pairs())] = piece.pairs()
    _, plain = turned_ends(piece, shape, gates)
    mixed = gates.copy()
    first = len(piece.pairs())
    mixed[first] = mixed[first] @ np.kron(random_unitary(2, seed=2).data, np.eye(2))
    mixed[first + 2] = mixed[first + 2] @ np.kron(np.eye(2), random_unitary(2, seed=3).data)
    _, again = turned_ends(piece, shape, mixed)
    assert again == pytest.approx(plain, abs=1e-6)
    assert plain**2 <= 1.0 - isometric_limit(piece) + 1e-9


def test_limits_fall_with_the_length_of_segments() -> None:
    state = qtn.ground_state(qtn.chain("tfim", 40, field=1.5), max_bond=8)
    limits = [isometric_limit(pieces(list(state.tensors), q)[1]) for q in (4, 6, 8)]
    assert limits[0] > 2 * limits[1] > 4 * limits[2] > 0.0


def test_segments_part_at_a_product() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(5, 2)) + 1j * rng.normal(size=(5, 2))
    state = qtn.MPS.product(vectors).normalised()
    for sites in (2, 3):
        method = qtn.Segments(3, sites=sites, tries=1, steps=40)
        assert qtn.compile(state, method, progress=False).infidelity < 1e-9
