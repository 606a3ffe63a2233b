"""Effective Hamiltonians against the projected dense matrix."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import dense_chain, random_chain

from qtn.physics import chain
from qtn.physics.effective import Blocks, DenseFrame, one_site, split, two_site
from qtn.physics.mpo import operator_tensors
from qtn.physics.terms import read_terms
from qtn.states import MPS

rng = np.random.default_rng(4)


def _frame(tensors: list[np.ndarray], site: int, count: int) -> np.ndarray:
    """Columns: dense states for every basis vector of the flat centre tensor."""
    shape = (tensors[site].shape[0], *[2] * count, tensors[site + count - 1].shape[2])
    columns = []
    for k in range(int(np.prod(shape))):
        unit = np.zeros(int(np.prod(shape)))
        unit[k] = 1.0
        block = unit.reshape(shape)
        if count == 2:
            left = block.reshape(shape[0], 2, -1)
            right = np.eye(2 * shape[-1]).reshape(-1, 2, shape[-1])
            parts = [left, right]
        else:
            parts = [block]
        columns.append(dense_chain([*tensors[:site], *parts, *tensors[site + count :]]))
    return np.array(columns).T


@pytest.mark.parametrize(("site", "count"), [(0, 2), (2, 2), (3, 1), (4, 1)])
def test_effective_hamiltonian_is_the_projected_one(site, count):
    operator = chain("j1j2", 5, field=0.3)
    state = MPS(tuple(random_chain(rng, 5, 3))).canonical(0)
    tensors, w = list(state.tensors), operator_tensors(read_terms(operator))
    blocks = Blocks(w, tensors)
    left = list(state.canonical(site).tensors[:site])
    for k, a in enumerate(left):
        blocks.add_left(k, a)
    tensors = [*left, *state.canonical(site).tensors[site:]]
    frame = _frame(tensors, site, count)
    expected = frame.conj().T @ operator.to_matrix() @ frame
    apply = two_site(blocks, site) if count == 2 else one_site(blocks, site)
    found = np.array([apply(column) for column in np.eye(len(expected), dtype=complex)]).T
    assert np.allclose(found, expected, atol=1e-10)


def test_split_moves_the_centre_and_counts_the_loss():
    theta = rng.normal(size=(3, 2, 2, 3))
    s = np.linalg.svd(theta.reshape(6, 6), compute_uv=False)
    left, right, lost = split(theta, 0.0, 4, True)
    assert left.shape == (3, 2, 4)
    assert np.allclose(np.einsum("asb,asc->bc", left, left), np.eye(4))
    assert np.linalg.norm(right) == pytest.approx(1.0)
    assert lost == pytest.approx((s[4:] ** 2).sum() / (s**2).sum())
    left, right, lost = split(theta, 0.0, 0, False)
    assert np.allclose(np.einsum("bsa,csa->bc", right, right), np.eye(6))
    merged = np.tensordot(left, right, 1)
    assert np.allclose(merged, theta / np.linalg.norm(theta))
    assert lost < 1e-15
    assert split(theta, 0.999999, 0, True)[0].shape[2] == 1


def test_a_frame_keeps_state_and_energy_on_its_way_and_its_copy_is_independent():
    operator = chain("j1j2", 5, field=0.3)
    state = MPS(tuple(random_chain(rng, 5, 4))).normalised()
    frame = DenseFrame(operator_tensors(read_terms(operator)), state.tensors)
    twin = frame.copy()
    vector = state.to_dense()
    expected = np.vdot(vector, operator.to_matrix() @ vector).real
    for b, rightwards in [*((b, True) for b in range(4)), *((b, False) for b in range(3, -1, -1))]:
        pair, site = frame.pair(b), b + rightwards
        assert np.vdot(pair, frame.pair_map(b)(pair)).real == pytest.approx(expected)
        assert frame.put_pair(b, pair, 0.0, 0, rightwards) < 1e-20
        centre = frame.centre(site)
        assert np.vdot(centre, frame.centre_map(site)(centre)).real == pytest.approx(expected)
        frame.put_centre(site, -centre)
    assert frame.bond == 4
    assert MPS(tuple(frame.tensors)).infidelity(state) < 1e-25
    frame.put_pair(0, frame.pair(0), 0.0, 1, True)
    assert MPS(tuple(twin.tensors)).infidelity(state) < 1e-25
