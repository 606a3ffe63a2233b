"""Who may go on in blocks, and the variance there."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.physics.charges.switch import in_sharp_gauge, symmetry_of, variance
from qtn.physics.tebd import bond_charges
from qtn.physics.terms import read_terms


def test_only_a_state_of_definite_charge():
    symmetry = symmetry_of(read_terms(qtn.chain("heisenberg", 5)))
    assert symmetry.frame(qtn.product_state("neel", 5).tensors, 1e-12).bond == 1
    plus = qtn.product_state("plus", 5).normalised()
    assert symmetry.frame(plus.tensors, 1e-8) is None
    assert symmetry_of(read_terms(qtn.chain("tfim", 5))) is None


def test_a_little_outside_the_sector_is_projected_away_where_allowed():
    symmetry = symmetry_of(read_terms(qtn.chain("heisenberg", 4)))
    vector = qtn.product_state("neel", 4).to_dense() + 1e-6 * np.eye(16)[0]
    tensors = qtn.MPS.from_dense(vector).normalised().tensors
    found = symmetry.frame(tensors, 1e-8)
    assert found.sites[-1].right == {2: 1}
    many = qtn.MPS.from_dense(vector + 1e-3 * np.eye(16)[1]).normalised().tensors
    assert symmetry.frame(many, 1e-8) is None


def test_variance():
    hamiltonian = qtn.chain("heisenberg", 5)
    symmetry = symmetry_of(read_terms(hamiltonian))
    state = qtn.evolve(hamiltonian, "neel", 0.4).normalised()
    vector, matrix = state.to_dense(), hamiltonian.to_matrix()
    shifted = matrix @ vector + 0.3 * vector
    frame = symmetry.frame(state.tensors, 1e-12)
    assert variance(symmetry, frame, -0.3) == pytest.approx(np.vdot(shifted, shifted).real)


def test_a_gauge_that_hides_the_charge_is_left():
    rng = np.random.default_rng(1)
    state = qtn.evolve(qtn.chain("heisenberg", 6), "neel", 0.7)
    tensors = list(state.tensors)
    for i in range(5):
        side = tensors[i].shape[2]
        turn = np.linalg.qr(rng.normal(size=(side, side)))[0]
        tensors[i] = np.tensordot(tensors[i], turn, 1)
        tensors[i + 1] = np.tensordot(turn.T, tensors[i + 1], 1)
    assert bond_charges(tensors) is None
    sharp = in_sharp_gauge(tensors)
    assert bond_charges(sharp)[-1].tolist() == [3]
    assert qtn.MPS(tuple(sharp)).to_dense() == pytest.approx(qtn.MPS(tuple(tensors)).to_dense())
    assert in_sharp_gauge(qtn.product_state("plus", 4).tensors) is None
    again = qtn.evolve(qtn.chain("heisenberg", 6), qtn.MPS(tuple(tensors)), 0.3)
    assert again.infidelity(qtn.evolve(qtn.chain("heisenberg", 6), "neel", 1.0)) < 1e-10


def test_a_constant_conserves_every_charge():
    found = qtn.ground_state({"III": 2.0}, start=qtn.BlockMPS.product([0, 1, 1]))
    assert found.origin.energy == pytest.approx(2.0)
    assert found.sample(1).sum() == 2
