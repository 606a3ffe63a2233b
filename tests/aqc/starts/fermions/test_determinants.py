"""Overlaps of Slater determinants: against state vectors, and their derivatives."""

import numpy as np
import pytest

from qtn.aqc.starts.fermions.determinants import (
    Layers,
    applied,
    freed,
    log_overlap,
    orbitals_of,
    tied_angles,
)
from qtn.aqc.starts.fermions.species import Chain


def _chain(length: int, steps: int, angle: float = 0.2) -> Chain:
    shape = Layers(length, 2 * steps, 0)
    x = np.concatenate([np.tile([angle, 0.0, 0.0], size) for size in shape.sizes])
    total = np.eye(length, dtype=complex)
    for start, gates in zip(shape.starts, shape.gates(x), strict=True):
        total = applied(gates, start, total)
    occupied = np.arange(length) % 2 == 1
    return Chain(tuple(range(length)), occupied, total, np.full(length - 1, steps * angle))


@pytest.mark.parametrize("first", [0, 1])
def test_derivatives_are_those_of_finite_differences(first: int) -> None:
    chain, shape = _chain(7, 3), Layers(7, 4, first)
    rng = np.random.default_rng(0)
    x, d = rng.normal(size=(2, shape.size)) * 0.4
    target = orbitals_of(chain)
    slope = log_overlap(shape, target, chain.occupied, x)[1] @ d
    ahead, behind = (
        log_overlap(shape, target, chain.occupied, x + s * d)[0] for s in (1e-6, -1e-6)
    )
    assert slope == pytest.approx((ahead - behind) / 2e-6, rel=1e-6)


def test_an_overlap_is_the_determinant() -> None:
    chain, shape = _chain(6, 3), Layers(6, 6, 0)
    x = np.concatenate([np.tile([0.2, 0.0, 0.0], size) for size in shape.sizes])
    assert log_overlap(shape, orbitals_of(chain), chain.occupied, x)[0] == pytest.approx(0.0)


def test_vanishing_overlaps_have_no_slope() -> None:
    chain, shape = _chain(4, 1, 0.0), Layers(4, 1, 0)
    x = np.tile([np.pi / 2, 0.0, 0.0], 2)
    value, slope = log_overlap(shape, orbitals_of(chain), chain.occupied, x)
    assert value > 50.0
    assert (value == 1200.0) == (not slope.any())


def test_free_angles_never_end_worse_than_tied_ones_and_reach_the_circuit_itself() -> None:
    chain = _chain(10, 3)
    values = []
    for depth in (2, 4, 6):
        shape = Layers(10, depth, 0)
        (x,) = tied_angles([chain], [shape])
        tied = log_overlap(shape, orbitals_of(chain), chain.occupied, x)[0]
        values.append(freed(chain, shape, x, 200)[0])
        assert values[-1] <= tied + 1e-12
    assert values[0] > values[1] > values[2]
    assert values[2] < 1e-6


def test_a_chain_without_hops_has_angles_zero() -> None:
    chain = _chain(4, 2, 0.0)
    assert not np.any(tied_angles([chain], [Layers(4, 2, 0)])[0])
