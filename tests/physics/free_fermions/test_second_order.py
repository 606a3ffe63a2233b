"""Beyond the mean field: what is left out falls at least with the third power of the phases."""

import numpy as np
import pytest

import qtn
from qtn.physics.free_fermions import second_order
from qtn.physics.free_fermions.hartree import mean_field_run
from qtn.physics.free_fermions.reading import read_fermions
from tests.physics.free_fermions.test_hartree import chain, exact


def _errors(make, phase):
    circuit = make(phase)
    found, truth = qtn.mean_field(circuit, tolerance=1.0), exact(circuit)
    return np.abs(found.mean - truth).max(), np.abs(found.values - truth).max(), found.error


@pytest.mark.parametrize(
    "make",
    [chain, lambda p: qtn.hadron_circuit(4, 8, hop=0.4, coupling=p)],
    ids=["one chain with exchange", "two chains"],
)
def test_orders(make):
    mean, second, bar = np.array([_errors(make, phase) for phase in (0.04, 0.02, 0.01)]).T
    assert mean[0] > 2 * second[0]
    assert np.all(mean[:-1] / mean[1:] > 3.4)
    assert np.all(mean[:-1] / mean[1:] < 4.7)
    assert np.all(second[:-1] / second[1:] > 7.0)
    assert np.all(second < bar)


def _two_species(sites, steps, hop, coupling):
    """Return ⟨Z⟩ of the meson exactly: the state is a matrix, one axis per species."""
    bits = (np.arange(2**sites)[:, None] >> np.arange(sites)) & 1
    layer = np.eye(2**sites, dtype=complex)
    for left in (*range(0, sites - 1, 2), *range(1, sites - 1, 2)):
        other = np.arange(2**sites) ^ (3 << left)
        moves = bits[:, left] != bits[:, left + 1]
        gate = np.diag(np.where(moves, np.cos(hop), 1.0).astype(complex))
        gate[other[moves], np.flatnonzero(moves)] = 1j * np.sin(hop)
        layer = gate @ layer
    phases = np.exp(1j * coupling * ((1 - bits) @ bits.T))
    full = sum(1 << site for site in range(1, sites, 2))
    psi = np.zeros((2**sites, 2**sites), dtype=complex)
    psi[full | 1 << sites // 2, full & ~(1 << sites // 2 - 1)] = 1.0
    for _ in range(steps):
        psi = phases * (layer @ psi @ layer.T)
    weights = np.abs(psi) ** 2
    occupied = np.stack([weights.sum(axis=1) @ bits, weights.sum(axis=0) @ bits], axis=1)
    return 1 - 2 * occupied.ravel()


def test_published_phases_on_eight_sites():
    found = qtn.mean_field(qtn.hadron_circuit(8, 20))
    truth = _two_species(8, 20, 0.15, 0.01)
    assert np.abs(found.mean - truth).max() == pytest.approx(1.75e-3, rel=0.01)
    assert np.abs(found.values - truth).max() < 2e-6 < found.error < 2e-4


def test_slices_do_not_matter(monkeypatch):
    read = read_fermions(chain(0.3))
    carried, kicks = mean_field_run(read.n, read.filled, read.steps)
    whole = second_order.occupation_shifts(carried, read.filled, kicks)
    monkeypatch.setattr(second_order, "ROWS", 4)
    assert np.allclose(second_order.occupation_shifts(carried, read.filled, kicks), whole)
    assert whole.sum() == pytest.approx(0.0, abs=1e-12)
    assert np.abs(whole).max() > 1e-2


def test_no_phases_no_shift():
    read = read_fermions(chain(0.0))
    carried, kicks = mean_field_run(read.n, read.filled, read.steps)
    assert not second_order.occupation_shifts(carried, read.filled, kicks).any()
