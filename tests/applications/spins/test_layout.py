"""Where gates act, and how they come to neighbouring places."""

from __future__ import annotations

import pytest

import qtn
from qtn.applications.spins import kagome
from qtn.applications.spins.couplings import read_couplings
from qtn.applications.spins.layout import layer_of, program
from qtn.applications.spins.vertices import KINDS
from qtn.errors import ArgumentError


def test_layers() -> None:
    ring = read_couplings(qtn.chain("heisenberg", 6, periodic=True))
    assert layer_of(KINDS["triples"], ring)[-1] == (5, 0, 1)
    assert len(layer_of(KINDS["pairs"], ring)) == 6
    line = read_couplings(qtn.chain("heisenberg", 6))
    assert layer_of(KINDS["chiral"], line) == ((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5))
    planes = layer_of(KINDS["triples"], read_couplings(kagome()))
    assert planes[:6] == tuple((3 * k, 3 * k + 1, 3 * k + 2) for k in range(6))
    assert len(planes) == 12
    assert len(layer_of(KINDS["pairs"], read_couplings(kagome()))) == 36
    assert layer_of(KINDS["pairs"], ring, [(0, 3)]) == ((0, 3),)


def test_no_place_for_gates() -> None:
    pair = read_couplings(qtn.chain("heisenberg", 2))
    with pytest.raises(ArgumentError, match="need more than 2"):
        layer_of(KINDS["triples"], pair)
    square = read_couplings(qtn.cylinder("heisenberg", 4, 3, wrap=False))
    with pytest.raises(ArgumentError, match="has no triangles"):
        layer_of(KINDS["triples"], square)


def test_programs_bring_spins_together_and_back() -> None:
    gates = [(0, 7, 3), (0, 7, 3), (5, 1)]
    steps = program(gates, {k: k for k in range(8)})
    at = list(range(8))  # which spin stands at a place
    seen = []
    for step in steps:
        if step.gate < 0:
            here = slice(step.place, step.place + 2)
            at[here] = at[here][::-1]
        else:
            assert step.width <= 3
            seen.append(tuple(at[step.place + k] for k in step.inside))
    assert seen == gates
    assert at == list(range(8))
    assert len(steps) == 3 + 2 * 5 + 2 * 2  # the swaps between equal gates cancel
