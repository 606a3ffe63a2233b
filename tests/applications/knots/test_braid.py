"""Braids: words, closures, orientation, and braids of the same link."""

from __future__ import annotations

import pytest

from qtn.applications.knots.bracket import bracket_polynomial
from qtn.applications.knots.braid import NAMED, Braid, disguised, read_braid
from qtn.errors import ArgumentError


def test_orientation_of_closures() -> None:
    assert Braid((1, 1)).components == 2
    assert Braid((1, 1)).writhe == 2
    # The two strands of a plat clasp run against each other or along, by the rest of the link.
    clasp = Braid((2, 2), 4, "plat")
    assert clasp.components == 2
    assert Braid((2, 2, 2), 4, "plat").components == 1
    assert Braid((2, 2, 2), 4, "plat").writhe == 3
    assert Braid((1,), 4, "plat").writhe == -1  # a curl: its strand meets itself the other way
    assert Braid((), 4, "plat").components == 2
    assert Braid((), 3).components == 3


def test_names_are_knots_of_so_many_crossings() -> None:
    for name in NAMED:
        braid = read_braid(name)
        if name[0].isdigit():
            assert braid.components == 1
            assert braid.crossings >= int(name[0])
    assert read_braid(" Hopf ").word == (1, 1)


@pytest.mark.parametrize("seed", range(3))
def test_disguised_braids_are_the_same_link(seed: int) -> None:
    known = bracket_polynomial(read_braid("5_2"))
    braid = disguised("5_2", strands=5, crossings=28, seed=seed)
    assert (braid.strands, braid.crossings) == (5, 28)
    assert all(a != -b for a, b in zip(braid.word[:10], braid.word[1:11], strict=True))
    assert bracket_polynomial(braid) == known
    assert disguised("5_2", strands=5, crossings=28, seed=seed) == braid


def test_mirror() -> None:
    braid = Braid((1, -2), 4, "plat").mirror
    assert braid == Braid((-1, 2), 4, "plat")


def test_bad_braids() -> None:
    with pytest.raises(ArgumentError, match=r"letter -7, but 4 strands .* Take strands=8"):
        Braid((1, -7), 4)
    with pytest.raises(ArgumentError, match="whole numbers other than 0, but is 0"):
        Braid((1, 0))
    with pytest.raises(ArgumentError, match=r"even for the plat closure.* but is 3"):
        Braid((1, 2), closure="plat")
    with pytest.raises(ArgumentError, match=r"but is '6_4'. Near names: 6_1, 6_2, 6_3"):
        read_braid("6_4")
    with pytest.raises(ArgumentError, match="a name, a sequence of letters"):
        read_braid(3)
    with pytest.raises(ArgumentError, match=r"can be put on 7 strands with 8 crossings .* not"):
        disguised("4_1", strands=7, crossings=9)
    with pytest.raises(ArgumentError, match="Markov closure"):
        disguised(Braid((2, 2), 4, "plat"), 4, 10)


def test_repr() -> None:
    assert repr(Braid((1, -2))) == "Braid(3 strands, 2 crossings, markov: 1 -2)"
