"""Magnets are read from any observable; what rotations change is refused."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.applications.spins import kagome
from qtn.applications.spins.couplings import checked_sets, kagome_triangles, read_couplings
from qtn.errors import ArgumentError


def test_rings_and_chains() -> None:
    ring = read_couplings(qtn.chain("j1j2", 8, periodic=True, next_coupling=0.44))
    assert ring.closed is True
    assert len(ring.pairs) == 16
    assert ring.pairs[0, 2] == pytest.approx(0.44)
    assert ring.dimers() == [(0, 1), (2, 3), (4, 5), (6, 7)]
    place = {spin: k for k, spin in enumerate(ring.order())}
    assert max(abs(place[i] - place[j]) for i, j in ring.pairs) == 4
    line = read_couplings(qtn.chain("heisenberg", 6))
    assert line.closed is False
    assert line.order() == list(range(6))


def test_a_constant_is_kept() -> None:
    h = qtn.chain("heisenberg", 4) + SparsePauliOp("IIII", 0.7)
    assert read_couplings(h).constant == pytest.approx(0.7)


def test_kagome_of_18_spins() -> None:
    magnet = read_couplings(kagome())
    assert magnet.closed is None
    assert len(magnet.pairs) == 36
    assert set(np.bincount(np.array(list(magnet.pairs)).reshape(-1))) == {4}
    triangles = {tuple(sorted(t)) for t in kagome_triangles(6)}
    assert set(magnet.triangles) == triangles
    assert sorted(k for pair in magnet.dimers() for k in pair) == list(range(18))
    assert all(pair in magnet.pairs for pair in magnet.dimers())


@pytest.mark.parametrize(
    ("hamiltonian", "text"),
    [
        (lambda: qtn.chain("heisenberg", 5), "even number of spins, but is 'on 5'"),
        (lambda: qtn.chain("heisenberg", 26), "at most 24 spins"),
        (lambda: qtn.chain("heisenberg", 4, field=0.1), "but has Z0"),
        (lambda: qtn.chain("xxz", 4, anisotropy=0.5), "XX, YY and ZZ of"),
        (lambda: SparsePauliOp("XXYY"), "but has Y0 Y1 X2 X3"),
        (lambda: SparsePauliOp("IIII"), "a sum of couplings"),
    ],
)
def test_bad_hamiltonians(hamiltonian: object, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        read_couplings(hamiltonian())


def test_bad_lattices_and_sets() -> None:
    with pytest.raises(ArgumentError, match="`cells` must be an even number"):
        kagome(7)
    with pytest.raises(ArgumentError, match="`where` must be a sequence of 3"):
        checked_sets("where", [(0, 1)], 3, 4)
    with pytest.raises(ArgumentError, match="`where`"):
        checked_sets("where", [(0, 1, 4)], 3, 4)
    with pytest.raises(ArgumentError, match="`where`"):
        checked_sets("where", [], 3, 4)
    star = SparsePauliOp.from_sparse_list(
        [(2 * c, [0, k], 0.25) for k in (1, 2, 3) for c in "XYZ"], num_qubits=4
    )
    with pytest.raises(ArgumentError, match="leave 2 of 4 spins without a partner"):
        read_couplings(star).dimers()
