"""Crossings opened into cups and caps."""

from __future__ import annotations

from qtn.applications.knots.braid import Braid
from qtn.applications.knots.opened import capped, loops_of, opened_loops, straight


def test_matchings() -> None:
    two = straight(2)
    assert two == (2, 3, 0, 1)
    joined, closed = capped(two, 2, 3)
    assert joined == (1, 0, 3, 2)
    assert not closed
    assert capped(joined, 2, 3) == (joined, True)
    assert loops_of(two, Braid((), 2)) == 2
    assert loops_of(two, Braid((), 2, "plat")) == 1
    assert loops_of(joined, Braid((), 2)) == 1
    assert loops_of(joined, Braid((), 2, "plat")) == 2


def test_loops_of_the_trefoil() -> None:
    """All crossings opened one way leave its two circles, the other way three regions."""
    assert opened_loops(Braid((1, 1, 1)), 1) == 2
    assert opened_loops(Braid((1, 1, 1)), -1) == 3
    assert opened_loops(Braid((-1, -1, -1)), -1) == 2
