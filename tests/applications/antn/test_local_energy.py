"""Local energies: their mean over ψ² is the energy; on an eigenstate all are equal."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

import qtn
from qtn.applications.antn import local_energy
from qtn.applications.antn.connections import connections_of
from qtn.applications.antn.enumeration import all_amplitudes, beginnings, matrix_of_terms
from qtn.applications.antn.local_energy import local_energies
from qtn.applications.antn.wavefunction import Wavefunction
from qtn.physics.terms import read_terms


@pytest.mark.parametrize(("name", "ones"), [("heisenberg", 3), ("tfim", None)])
def test_the_weighted_mean_is_the_energy(
    name: str, ones: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_energy, "ROWS", 7)
    rng = np.random.default_rng(0)
    ends = [1, 2, 3, 3, 3, 2, 1]
    tensors = [rng.normal(size=(a, 2, b)) for a, b in pairwise(ends)]
    psi = Wavefunction(tensors, 3, 4, ones, seed=0)
    connections = connections_of(read_terms(qtn.chain(name, 6)))
    tree = beginnings(6, ones)
    with torch.no_grad():
        vector = all_amplitudes(psi, tree).numpy()
    energies, own = local_energies(psi, connections, tree.bits)
    np.testing.assert_allclose(own, vector, atol=1e-14)
    matrix = matrix_of_terms(connections, tree.bits)
    np.testing.assert_allclose(energies * vector, matrix @ vector, atol=1e-10)


def test_an_eigenstate_has_one_local_energy() -> None:
    chain = qtn.ground_state(qtn.chain("tfim", 6), max_bond=8).canonical(0)
    psi = Wavefunction([np.real(t) for t in chain.tensors], 8, 2, None, seed=0)
    connections = connections_of(read_terms(qtn.chain("tfim", 6)))
    energies, _ = local_energies(psi, connections, beginnings(6, None).bits)
    exact = np.linalg.eigvalsh(qtn.chain("tfim", 6).to_matrix())[0]
    np.testing.assert_allclose(energies, exact, atol=1e-3)
