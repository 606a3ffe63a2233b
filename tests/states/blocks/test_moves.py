"""Canonical forms, splits and truncations in blocks against the dense chain."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import qtn
from qtn.states.blocks import moves
from qtn.states.blocks.dense import dense_tensors
from qtn.states.blocks.labels import read_charges
from qtn.states.blocks.sites import Site, in_columns, in_rows


@pytest.fixture(scope="module")
def state() -> qtn.BlockMPS:
    found = qtn.evolve(qtn.chain("xxz", 8, anisotropy=0.5), "neel", 1.5)
    return qtn.BlockMPS.from_mps(found)


@pytest.mark.parametrize("center", [0, 3, 7])
def test_both_sides_of_the_centre_are_orthonormal(state, center):
    sites = moves.canonicalise(state.sites, center)
    for site in sites[:center]:
        for m in in_rows(site).values():
            assert m.conj().T @ m == pytest.approx(np.eye(m.shape[1]))
    for site in sites[center + 1 :]:
        for m in in_columns(site).values():
            assert m @ m.conj().T == pytest.approx(np.eye(m.shape[0]))
    assert qtn.MPS(tuple(dense_tensors(sites))).to_dense() == pytest.approx(state.to_dense())


@pytest.mark.parametrize(("bond", "cutoff"), [(6, 0.0), (None, 1e-4), (None, 1e-20), (1, 0.0)])
def test_a_bond_is_cut_as_in_the_dense_chain(state, bond, cutoff):
    ours, lost = moves.shorten(state.sites, bond, cutoff)
    dense = state.to_mps().truncated(bond, cutoff)
    assert lost == pytest.approx(dense.discarded, abs=1e-14)
    found = qtn.MPS(tuple(dense_tensors(ours)))
    assert found.bonds == dense.state.bonds
    assert found.infidelity(dense.state) < 1e-20


@pytest.mark.parametrize("rightwards", [True, False])
@pytest.mark.parametrize("cutoff", [0.0, 1e-12])
def test_one_list_of_singular_values_for_all_sectors(rightwards, cutoff):
    rng = np.random.default_rng(3)
    thetas = {
        0: np.diag([3.0, 0.5]),
        1: np.diag([2.0, 1.0, 0.1]),
        2: 1e-3 * rng.normal(size=(1, 4)),
    }
    lefts, rights, lost, total = moves.factor(thetas, cutoff, 3, rightwards)
    assert {q: m.shape[1] for q, m in lefts.items()} == {0: 1, 1: 2}
    rest = thetas[2].ravel()
    assert lost == pytest.approx(0.25 + 0.01 + rest @ rest)
    assert total == pytest.approx(14.26 + rest @ rest)
    kept = lefts[1] @ rights[1]
    assert kept == pytest.approx(np.diag([2.0, 1.0, 0.0]))


def test_normalise_gives_the_norm_away_and_refuses_zero(state):
    tripled = [moves.scaled(state.sites[0], 3.0), *state.sites[1:]]
    sites, level = moves.normalise(tripled)
    assert level == pytest.approx(np.log(3.0))
    assert qtn.BlockMPS(tuple(sites), state.charges).norm() == pytest.approx(1.0)
    with pytest.raises(qtn.ArgumentError, match="zero state"):
        moves.normalise([moves.scaled(state.sites[0], 0.0), *state.sites[1:]])


def test_sectors_that_lead_nowhere_go_from_both_sides():
    # Charge 3 after two sites cannot be reached, charge 0 leads to no total of 4.
    rng = np.random.default_rng(7)
    bonds = [{0: 1}, {0: 1, 1: 1}, {0: 2, 1: 2, 2: 1, 3: 2}, {2: 2, 3: 2}, {3: 1}]
    sites = [
        Site(
            {
                (q, s): rng.normal(size=(d, right[q + s]))
                for q, d in left.items()
                for s in (0, 1)
                if q + s in right
            },
            (0, 1),
            left,
            right,
        )
        for left, right in itertools.pairwise(bonds)
    ]
    state = qtn.BlockMPS(tuple(sites), read_charges(None, (2,) * 4))
    dense = state.to_dense()
    for center in (0, 2, 3):
        found = state.canonical(center)
        assert found.to_dense() == pytest.approx(dense)
        assert 3 not in found.sites[2].left
    short = state.truncated(max_bond=1).state
    assert short.to_mps().bonds == (1, 1, 1)
    assert state.normalised().norm() == pytest.approx(1.0)
