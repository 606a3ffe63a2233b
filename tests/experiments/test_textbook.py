"""Named states against their amplitudes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.experiments import textbook


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("n", [2, 5])
def test_ghz_and_w(n: int, tree: bool) -> None:
    ends = np.zeros(2**n)
    ends[[0, -1]] = 0.5**0.5
    np.testing.assert_allclose(textbook.ghz(n, tree).to_dense(), ends, atol=1e-14)
    ones = np.zeros(2**n)
    ones[1 << np.arange(n)] = n**-0.5
    np.testing.assert_allclose(textbook.w(n, tree).to_dense(), ones, atol=1e-14)


def test_cluster() -> None:
    circuit = QuantumCircuit(5)
    circuit.h(range(5))
    for k in range(4):
        circuit.cz(k, k + 1)
    expected = Statevector(circuit).data
    assert abs(np.vdot(textbook.cluster(5).to_dense(), expected)) == pytest.approx(1.0, abs=1e-14)


def test_aklt_has_no_energy_in_any_place() -> None:
    # Two neighbouring spins 1 never add up to spin 2, nor an end and its spin to 3/2.
    spins = 3
    state = textbook.aklt(spins).to_dense()
    places = [(0,), *((2 * k + 1, 2 * k + 2) for k in range(spins)), (2 * spins + 1,)]
    for one, other in pairwise(places):
        n, length = 2 * spins + 2, (len(one) + len(other)) / 2
        square = np.zeros((2**n, 2**n))
        for letter in "XYZ":
            words = [(letter, [q], 0.5) for q in (*one, *other)]
            total = SparsePauliOp.from_sparse_list(words, n)
            square = square + (total @ total).to_matrix()
        # The total spin of two neighbours is at most length - 1, where length would be possible.
        largest = np.linalg.eigvalsh(square)[-1]
        assert largest == pytest.approx(length * (length + 1))
        assert (state @ square @ state).real <= (length - 1) * length + 1e-12


def test_bars_and_stripes() -> None:
    images = textbook.bars_and_stripes(3, 2)
    assert len(images) == 2**3 + 2**2 - 2
    grids = images.reshape(-1, 3, 2)
    bars = (grids == grids[:, :, :1]).all((1, 2))
    stripes = (grids == grids[:, :1]).all((1, 2))
    assert (bars | stripes).all()
