"""Schmidt weights of free fermions against those of state vectors."""

import itertools

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.physics.free_fermions.spectra import (
    discarded_weight,
    mode_weights,
    schmidt_weights,
    sector_sizes,
)


@pytest.mark.parametrize("cut", [1, 5, 6, 9])
def test_weights_are_those_of_the_state(cut):
    circuit = qtn.hadron_circuit(6, 6, hop=0.3, coupling=0.0)
    found = qtn.mean_field(circuit)
    psi = Statevector(circuit).data.reshape(2 ** (12 - cut), 2**cut)
    exact = np.linalg.svd(psi, compute_uv=False) ** 2
    weights = found.schmidt_weights(cut, 64)
    exact = np.append(exact, np.zeros(64))[: len(weights)]
    assert np.allclose(weights, exact, atol=1e-13)
    for bond in (1, 3, 8):
        assert found.discarded(bond)[cut - 1] == pytest.approx(1 - exact[:bond].sum(), abs=1e-12)


def test_largest_products_are_found():
    rng = np.random.default_rng(0)
    weights = np.append(rng.uniform(size=8), [0.0, 1.0])
    pairs = [(nu, 1 - nu) for nu in weights]
    every = np.sort([np.prod(c) for c in itertools.product(*pairs)])[::-1]
    for most in (1, 7, 50, 2000):
        assert np.allclose(schmidt_weights(weights, most), every[: min(most, 256)], atol=1e-15)
    assert discarded_weight(weights, 7) == pytest.approx(1 - every[:7].sum())
    assert discarded_weight(weights, 256) == 0.0


def test_sectors_count_the_weights_by_numbers():
    half, none = np.array([0.5, 0.5]), np.zeros(0)
    assert sector_sizes([half, np.array([1.0])], 10)[0] == {(0, 1): 1, (1, 1): 2, (2, 1): 1}
    sizes, lost = sector_sizes([np.array([0.9]), np.array([0.2])], 2)
    assert sizes == {(1, 0): 1, (1, 1): 1}
    assert lost == pytest.approx(0.1)
    assert sum(sector_sizes([half, half], 9)[0].values()) == 9
    assert sector_sizes([half, none], 9) == ({(0, 0): 1, (1, 0): 2, (2, 0): 1}, 0.0)


def test_a_cutoff_leaves_the_smallest_out():
    sizes, lost = sector_sizes([np.array([0.9, 0.99])], 10, 0.012)
    assert sizes == {(2,): 1, (1,): 1}
    assert lost == pytest.approx(0.01)


def test_mode_weights_are_clipped():
    nearly = np.diag([1.0 + 1e-15, -1e-15, 0.3])
    assert np.allclose(mode_weights(nearly, [0, 1]), [0.0, 1.0])
    assert mode_weights(nearly, [0, 1]).max() <= 1.0


def test_published_size_discards_what_was_measured():
    """60 sites, 20 steps: the middle cut keeps 1 - 2.7e-5 at bond 800."""
    found = qtn.mean_field(qtn.hadron_circuit())
    weights = mode_weights(found.correlations, range(60))
    assert discarded_weight(weights, 800) == pytest.approx(2.7e-5, rel=0.03)
    assert discarded_weight(weights, 256) == pytest.approx(3.4e-3, rel=0.03)
