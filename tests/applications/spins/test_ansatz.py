"""Circuits on paths against the register: energies, gradients, ground states."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.applications.spins import kagome
from qtn.applications.spins.amplitudes import amplitudes_of
from qtn.applications.spins.ansatz import Ansatz, Sector
from qtn.applications.spins.couplings import read_couplings
from qtn.applications.spins.layout import layer_of
from qtn.applications.spins.vertices import KINDS, gate_matrix


def sector(n: int = 8, j2: float = 0.44) -> tuple[Sector, np.ndarray]:
    h = qtn.chain("j1j2", n, periodic=True, next_coupling=j2)
    return Sector.of(read_couplings(h)), h.to_matrix().real


def test_published_ground_energies() -> None:
    """In units of Pauli matrices, four times those of spins."""
    for n, j2, energy in ((8, 0.0, -14.6043736), (12, 0.0, -21.5495637), (12, 0.44, -18.1798837)):
        known = Sector.of(
            read_couplings(qtn.chain("j1j2", n, periodic=True, next_coupling=j2))
        ).lowest()[0]
        assert 4 * known == pytest.approx(energy, abs=1e-6)
    assert 4 * Sector.of(read_couplings(kagome())).lowest()[0] == pytest.approx(-32.2579304)


@pytest.mark.parametrize("name", KINDS)
def test_states_and_gradients(name: str) -> None:
    space, matrix = sector()
    kind = KINDS[name]
    gates = (*layer_of(kind, space.couplings), (0, 5, 2)[: kind.spins])
    singlets = [(0, 1), (2, 3), (4, 5), (6, 7)]
    ansatz = Ansatz(space, kind, gates, space.dimers(singlets))
    angles = np.random.default_rng(2).normal(size=ansatz.angles)
    state = amplitudes_of(space.paths, space.order, ansatz.state(angles))
    expected = np.zeros(256, dtype=complex)
    for bits in range(16):  # products of singlets
        index = sum(1 << (2 * k + (bits >> k & 1)) for k in range(4))
        expected[index] = (-1.0) ** bits.bit_count() / 4.0
    for sites, own in zip(gates, angles.reshape(len(gates), -1), strict=True):
        axes = [7 - k for k in sites]
        tensor = np.moveaxis(expected.reshape((2,) * 8), axes, range(len(axes)))
        shape = tensor.shape
        tensor = gate_matrix(kind, own) @ tensor.reshape(2 ** len(axes), -1)
        expected = np.moveaxis(tensor.reshape(shape), range(len(axes)), axes).reshape(-1)
    assert abs(abs(np.vdot(expected, state)) - 1.0) < 1e-12
    energy, slopes = ansatz.energy(angles)
    assert energy == pytest.approx(np.vdot(state, matrix @ state).real, abs=1e-12)
    target = space.lowest()[1]
    for function in (ansatz.energy, lambda x: ansatz.infidelity(x, target)):
        slopes = function(angles)[1]
        for k in (0, 3, ansatz.angles - 1):
            step = np.zeros(ansatz.angles)
            step[k] = 1e-5
            slope = (function(angles + step)[0] - function(angles - step)[0]) / 2e-5
            assert slopes[k] == pytest.approx(slope, abs=1e-8)


def test_energies_stay_above_the_least() -> None:
    space, _ = sector(6, 0.0)
    kind = KINDS["triples"]
    ansatz = Ansatz(
        space, kind, layer_of(kind, space.couplings), space.dimers([(0, 1), (2, 3), (4, 5)])
    )
    least = space.lowest()[0]
    rng = np.random.default_rng(0)
    assert all(ansatz.energy(rng.normal(size=ansatz.angles))[0] >= least - 1e-12 for _ in range(20))
