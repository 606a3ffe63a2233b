"""A frame in blocks does what the dense frame does, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.physics.charges.environments import BlockFrame
from qtn.physics.charges.switch import symmetry_of
from qtn.physics.terms import read_terms

HAMILTONIAN = qtn.chain("j1j2", 6, next_coupling=0.4, field=0.3)


@pytest.fixture
def frame() -> BlockFrame:
    rng = np.random.default_rng(2)
    vector = rng.normal(size=64) + 1j * rng.normal(size=64)
    state = qtn.BlockMPS.from_mps(qtn.MPS.from_dense(vector), total=[3])
    return BlockFrame(symmetry_of(read_terms(HAMILTONIAN)).operator, state.sites)


def energy_of(frame: BlockFrame) -> float:
    vector = qtn.MPS(tuple(frame.tensors)).to_dense()
    return float(np.vdot(vector, HAMILTONIAN.to_matrix() @ vector).real)


def test_every_pair_and_site_on_the_way_gives_the_same_energy(frame):
    expected = energy_of(frame)
    for b, rightwards in [*((b, True) for b in range(5)), *((b, False) for b in range(4, -1, -1))]:
        pair = frame.pair(b)
        assert np.vdot(pair, frame.pair_map(b)(pair)).real == pytest.approx(expected, abs=1e-12)
        assert frame.put_pair(b, pair, 0.0, 0, rightwards) < 1e-20
        site = b + rightwards
        centre = frame.centre(site)
        found = np.vdot(centre, frame.centre_map(site)(centre)).real
        assert found == pytest.approx(expected, abs=1e-12)
        frame.put_centre(site, centre)
    assert energy_of(frame) == pytest.approx(expected)


def test_the_map_of_a_pair_is_hermitian_and_holds_the_lowest_energy_of_its_sector(frame):
    for b in (0, 1):
        frame.put_pair(b, frame.pair(b), 0.0, 0, True)
    apply, size = frame.pair_map(2), len(frame.pair(2))
    matrix = np.array([apply(column) for column in np.eye(size, dtype=complex)]).T
    assert np.abs(matrix - matrix.conj().T).max() < 1e-12
    # The middle pair of six sites with full bonds spans the whole sector of three excitations.
    ones = np.array([bin(k).count("1") for k in range(64)]) == 3
    exact = np.linalg.eigvalsh(HAMILTONIAN.to_matrix()[np.ix_(ones, ones)])
    assert size == ones.sum()
    assert np.linalg.eigvalsh(matrix) == pytest.approx(exact, abs=1e-10)


def test_a_cut_is_counted_and_a_copy_is_independent(frame):
    twin = frame.copy()
    before = energy_of(frame)
    for b in range(3):
        lost = frame.put_pair(b, frame.pair(b), 0.0, 2, True)
    assert 0.0 < lost < 1.0
    assert max(sum(site.right.values()) for site in frame.sites[:3]) == 2
    assert energy_of(twin) == pytest.approx(before)
    assert twin.bond == 8
