"""Which qubits are coupled: words, pairs, Qiskit's objects, and what is none of them."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import CXGate
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap, Target

from qtn.aqc.shape.couplings import Couplings, heavy_hex, line, read_couplings
from qtn.errors import ArgumentError

RING = [(0, 1), (1, 2), (2, 3), (3, 0)]


def test_distances_neighbours_and_parts() -> None:
    ring = Couplings.of(6, [*RING, (4, 5)])
    assert ring.neighbours() == [[1, 3], [0, 2], [1, 3], [0, 2], [5], [4]]
    assert ring.steps()[0] == [0, 1, 2, 1, 6, 6]
    assert ring.connected() == [0, 1, 2, 3]
    assert ring.among([1, 2, 4]).pairs == ((0, 1),)
    assert np.array_equal(line(5).steps(), np.abs(np.arange(5)[:, None] - np.arange(5)))


@pytest.mark.parametrize(("n", "size"), [(2, 19), (19, 19), (20, 57), (58, 115)])
def test_the_smallest_heavy_hexagons(n: int, size: int) -> None:
    lattice = heavy_hex(n)
    assert lattice.size == size
    assert max(map(len, lattice.neighbours())) == 3
    assert len(lattice.connected()) == size


def test_every_form_of_a_device() -> None:
    for device in (
        RING,
        np.array(RING),
        CouplingMap(RING),
        GenericBackendV2(4, coupling_map=RING, seed=0),
        GenericBackendV2(4, coupling_map=RING, seed=0).target,
    ):
        assert read_couplings(device, 4) == Couplings.of(4, RING)
    assert read_couplings("line", 3) == line(3)
    assert read_couplings("heavy-hex", 3) == heavy_hex(3)


@pytest.mark.parametrize(
    "device", ["star", 3, None, [(0, 0)], [(0,)], [(0, -1)], [], {0: 1}, [0, 1], b"01", [("a", 1)]]
)
def test_what_is_no_device(device: object) -> None:
    with pytest.raises(ArgumentError, match="Argument `device` must be"):
        read_couplings(device, 2)


def test_too_few_connected_qubits_and_nothing_to_route() -> None:
    with pytest.raises(ArgumentError, match=r"must have 5 connected qubits, but has 4 .*reused"):
        read_couplings([*RING, (5, 6), (6, 7)], 5)
    everywhere = Target(num_qubits=3)
    everywhere.add_instruction(CXGate())
    with pytest.raises(ArgumentError, match=r"couples all: there is nothing to route"):
        read_couplings(everywhere, 2)
