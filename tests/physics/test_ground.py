"""Ground states against exact energies, quimb's DMRG and the variance certificate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.linalg import eigsh

import qtn
from qtn.errors import ArgumentError
from qtn.physics import DMRG, cylinder, ground_state
from qtn.physics.mpo import expectation, operator_tensors
from qtn.physics.terms import read_terms


@pytest.mark.parametrize(
    "hamiltonian",
    [
        qtn.chain("tfim", 8, longitudinal=0.1),
        qtn.chain("heisenberg", 8),
        qtn.chain("j1j2", 8, next_coupling=0.3, field=0.2),
        qtn.chain("long-range-ising", 8),
        cylinder("xxz", 3, 3, anisotropy=0.5, field=0.1),
    ],
)
def test_small_systems_reach_the_dense_ground_state(hamiltonian):
    state = ground_state(hamiltonian, cutoff=1e-14)
    values = np.linalg.eigvalsh(hamiltonian.to_matrix())
    origin = state.origin
    assert origin.energy == pytest.approx(values[0], abs=1e-8)
    assert origin.converged
    # Some eigenvalue lies within the root of the variance.
    assert np.abs(values - origin.energy).min() <= np.sqrt(origin.variance) + 1e-9
    assert state.norm() == pytest.approx(1.0, abs=1e-12)
    dense = state.to_dense()
    assert np.vdot(dense, hamiltonian.to_matrix() @ dense).real == pytest.approx(
        values[0], abs=1e-8
    )


def test_critical_ising_chain_of_fifty_sites_has_its_exact_energy():
    state = qtn.ground_state(qtn.chain("tfim", 50), max_bond=32)
    assert state.origin.energy == pytest.approx(1 - 1 / np.sin(np.pi / 202), abs=1e-8)
    assert state.origin.variance < 1e-8
    assert "converged after" in str(state.origin)
    assert state.dtype == np.float64


def test_a_complex_hamiltonian():
    from qiskit.quantum_info import SparsePauliOp

    terms = [("XY", [i, i + 1], 1.0) for i in range(6)] + [("Z", [2], 0.4)]
    hamiltonian = SparsePauliOp.from_sparse_list(terms, num_qubits=7)
    state = ground_state(hamiltonian)
    exact = np.linalg.eigvalsh(hamiltonian.to_matrix())[0]
    assert state.origin.energy == pytest.approx(exact, abs=1e-9)


def test_a_good_start_needs_fewer_sweeps():
    hamiltonian = qtn.chain("xxz", 16, anisotropy=2.0)
    first = ground_state(hamiltonian)
    again = ground_state(hamiltonian, start=first)
    assert again.origin.energy == pytest.approx(first.origin.energy, abs=1e-10)
    assert again.origin.sweeps <= first.origin.sweeps
    from_name = ground_state(hamiltonian, start="neel")
    assert from_name.origin.energy == pytest.approx(first.origin.energy, abs=1e-8)


def test_agrees_with_imaginary_time():
    hamiltonian = qtn.chain("tfim", 8, field=1.5)
    cooled = qtn.evolve(hamiltonian, "plus", -6j)
    assert cooled.infidelity(ground_state(hamiltonian)) < 1e-5


def test_sparse_diagonalisation_finds_the_same_energy():
    hamiltonian = qtn.chain("heisenberg", 12)
    exact = eigsh(hamiltonian.to_matrix(sparse=True).real, 1, which="SA")[0][0]
    assert ground_state(hamiltonian).origin.energy == pytest.approx(exact, abs=1e-8)


def test_too_few_sweeps_are_said():
    state = ground_state(qtn.chain("heisenberg", 12), max_bond=8, method=DMRG(sweeps=1))
    assert not state.origin.converged
    assert "not converged after 1 sweeps" in str(state.origin)
    operator = operator_tensors(read_terms(qtn.chain("heisenberg", 12)))
    assert expectation(operator, state.tensors) == pytest.approx(state.origin.energy, abs=1e-10)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"max_bond": 0}, "`max_bond` must be a positive integer"),
        ({"cutoff": 2.0}, "`cutoff` must be a finite number"),
        ({"start": "010"}, "a string of 4 letters"),
        ({"method": "dmrg"}, "`method` must be DMRG"),
        ({"hamiltonian": np.eye(4)}, "must be a label, Pauli, SparsePauliOp"),
    ],
)
def test_bad_input(change, text):
    with pytest.raises(ArgumentError, match=text):
        ground_state(**{"hamiltonian": qtn.chain("tfim", 4), **change})


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: DMRG(sweeps=0), "`sweeps` must be a positive integer"),
        (lambda: DMRG(krylov=0), "`krylov` must be a positive integer"),
        (lambda: DMRG(tolerance=-1.0), "`tolerance` must be a finite number"),
    ],
)
def test_bad_options(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_a_saved_ground_state_keeps_its_certificate(tmp_path):
    state = qtn.ground_state(qtn.chain("heisenberg", 6), max_bond=8)
    again = qtn.load(qtn.save(state, tmp_path / "ground.qtn"))
    assert str(again.origin) == str(state.origin).replace(
        "converged", "converged, so says the file,"
    )
    assert again.origin.variance == state.origin.variance
    assert again.origin.hamiltonian.equiv(state.origin.hamiltonian)


@pytest.mark.parametrize(
    "hamiltonian",
    [
        qtn.chain("heisenberg", 10),
        qtn.chain("j1j2", 9, next_coupling=0.3, field=0.2),
        qtn.chain("xxz", 10, anisotropy=-1.5),  # two ground states: no definite charge
        cylinder("xxz", 2, 4, anisotropy=0.5, field=0.1),
    ],
)
def test_sweeps_in_blocks_find_what_dense_sweeps_find(hamiltonian, monkeypatch):
    dense = ground_state(hamiltonian, cutoff=1e-14)
    monkeypatch.setattr("qtn.physics.ground.PAYS", 16)
    blocks = ground_state(hamiltonian, cutoff=1e-14)
    assert blocks.origin.energy == pytest.approx(dense.origin.energy, abs=1e-10)
    assert blocks.origin.variance == pytest.approx(dense.origin.variance, abs=1e-10)
    assert blocks.origin.converged
    assert blocks.dtype == dense.dtype
    matrix, vector = hamiltonian.to_matrix(), blocks.to_dense()
    assert np.vdot(vector, matrix @ vector).real == pytest.approx(blocks.origin.energy, abs=1e-10)


def test_a_start_in_another_sector_is_a_guess_and_one_in_blocks_a_constraint(monkeypatch):
    hamiltonian = qtn.chain("xxz", 8, anisotropy=-1.2, field=0.3)
    matrix = hamiltonian.to_matrix()
    dense = ground_state(hamiltonian, start="neel")
    monkeypatch.setattr("qtn.physics.ground.PAYS", 16)
    assert ground_state(hamiltonian, start="neel").origin.energy == dense.origin.energy
    inside = ground_state(hamiltonian, start=qtn.BlockMPS.product([0, 1] * 4))
    ones = np.array([bin(k).count("1") for k in range(256)]) == 4
    exact = np.linalg.eigvalsh(matrix[np.ix_(ones, ones)])[0]
    assert inside.origin.energy == pytest.approx(exact, abs=1e-9)
    assert inside.origin.energy > dense.origin.energy + 0.5
    assert not inside.to_dense()[~ones].any()


def test_two_species_in_their_sector():
    from qiskit.quantum_info import SparsePauliOp

    hops = [(p, [i, i + 2], -0.5) for i in range(8) for p in ("XX", "YY")]
    hamiltonian = SparsePauliOp.from_sparse_list(
        [*hops, *[("ZZ", [i, i + 1], 0.4) for i in range(0, 10, 2)]], 10
    )
    start = qtn.BlockMPS.product([1, 0, 0, 1, 1, 1, 0, 0, 0, 1], [[1, 0] * 5, [0, 1] * 5])
    found = ground_state(hamiltonian, start=start, cutoff=1e-14)
    bits = (np.arange(1024)[:, None] >> np.arange(10)) & 1
    sector = (bits[:, ::2].sum(1) == 2) & (bits[:, 1::2].sum(1) == 3)
    exact = np.linalg.eigvalsh(hamiltonian.to_matrix()[np.ix_(sector, sector)])[0]
    assert found.origin.energy == pytest.approx(exact, abs=1e-9)
    assert found.origin.converged


@pytest.mark.parametrize(
    ("hamiltonian", "text"),
    [
        (qtn.chain("tfim", 4), "does not conserve the charges of the start"),
        (qtn.chain("heisenberg", 5), "a state of 5 qubits"),
    ],
)
def test_a_start_in_blocks_needs_its_charges_conserved(hamiltonian, text):
    with pytest.raises(ArgumentError, match=text):
        ground_state(hamiltonian, start=qtn.BlockMPS.product([0, 1, 0, 1]))


@pytest.mark.parametrize("exponent", [-70, -30, 60])
@pytest.mark.parametrize("tree", [None, "balanced"])
def test_the_unit_of_energy_does_not_matter(exponent, tree):
    unit = 2.0**exponent
    usual = qtn.ground_state(qtn.chain("tfim", 8), tree, max_bond=16)
    other = qtn.ground_state(qtn.chain("tfim", 8) * unit, tree, max_bond=16)
    assert other.origin.energy / unit == pytest.approx(usual.origin.energy, rel=1e-12)
    assert other.origin.variance / unit**2 == pytest.approx(usual.origin.variance, abs=1e-12)
