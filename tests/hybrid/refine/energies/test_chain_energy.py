"""Energies by matrix product states are those of state vectors."""

from __future__ import annotations

import numpy as np
import pytest
from draws import unitaries_on

import qtn
from qtn.errors import ArgumentError
from qtn.hybrid.refine.energies.chain_energy import ChainEnergy
from qtn.hybrid.refine.energies.statevector import PauliSum, adjoint_gradients, prepared
from qtn.hybrid.refine.starts import started
from qtn.interop.observables import terms_of
from qtn.physics.terms import read_terms

N = 6
SITES = [(0, 1), (2, 3), (4, 5), (1, 2), (5,), (4, 3), (5, 1), (0,), (0, 1), (2,)]


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("kind", ["heisenberg", "tfim"])
def test_energy_and_gradient_are_the_dense_ones(real: bool, kind: str) -> None:
    hamiltonian = qtn.chain(kind, N)
    matrices = unitaries_on(SITES, real)
    state = prepared(N, SITES, matrices)
    applied = PauliSum.of(terms_of(hamiltonian)).on(state)
    chain = ChainEnergy(read_terms(hamiltonian), 64)
    energy, found = chain.value_and_gradient(SITES, matrices)
    assert energy == pytest.approx(np.vdot(state, applied).real, abs=1e-12)
    assert chain.value(SITES, matrices) == pytest.approx(energy, abs=1e-13)
    for mine, dense in zip(found, adjoint_gradients(SITES, matrices, state, applied), strict=True):
        assert mine.dtype == dense.dtype
        assert np.abs(mine - dense).max() < 1e-11


def test_a_sum_that_vanishes_has_no_gradient() -> None:
    terms = read_terms({"IZ": 1.0, "ZI": -1.0})
    energy, (found,) = ChainEnergy(terms, 4).value_and_gradient([(0, 1)], [np.eye(4)])
    assert energy == 0.0
    assert not found.any()


def test_bonds_beyond_the_limit_are_refused() -> None:
    target = np.random.default_rng(0).normal(size=2**N)
    blocks = qtn.compile(target / np.linalg.norm(target), qtn.Staircase(3)).sequence
    blocks = started(blocks, "random")
    sites, matrices = zip(*blocks.gates, strict=True)
    with pytest.raises(ArgumentError, match="needs a bond dimension of"):
        ChainEnergy(read_terms(qtn.chain("xx", N)), 2).value(sites, matrices)
