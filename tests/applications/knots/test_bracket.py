"""The state sum against tables and the moves that leave links alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.applications.knots.bracket import bracket_polynomial
from qtn.applications.knots.braid import Braid, read_braid
from qtn.applications.knots.polynomial import Polynomial
from qtn.errors import ArgumentError

# V(exp(2πi/5)) and the determinant |V(-1)| of tables, up to seven crossings.
TABLE = {
    "3_1": (-0.809016994 - 1.314327780j, 3), "4_1": (-1.236067977, 5), "5_1": (-0.381966011, 5),
    "5_2": (-0.118033989 - 0.812299241j, 7), "6_1": (0.572949017 - 1.314327780j, 9),
    "6_2": (0.309016994 - 0.502028540j, 11), "6_3": (0.145898034, 13),
    "7_1": (-0.809016994 + 1.314327780j, 7), "7_2": (0.572949017 + 1.314327780j, 11),
    "7_3": (0.045084972 + 1.314327780j, 13), "7_4": (1.263932023 + 0.812299241j, 15),
    "7_5": (-0.645898034 + 0.812299241j, 17), "7_6": (-0.809016994 + 0.310270701j, 19),
    "7_7": (-0.281152949 + 1.314327780j, 21),
}  # fmt: skip
words = st.lists(st.sampled_from([1, -1, 2, -2, 3, -3]), max_size=9)


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_knots(name: str) -> None:
    found = bracket_polynomial(read_braid(name))
    value, determinant = TABLE[name]
    assert abs(found.at_fifth_root() - value) < 2e-9
    assert round(abs(found(-1))) == determinant


def test_known_polynomials() -> None:
    assert bracket_polynomial(Braid((1, 1, 1))) == Polynomial.of({2: 1, 6: 1, 8: -1})
    assert bracket_polynomial(read_braid("hopf")) == Polynomial.of({1: -1, 5: -1})
    assert bracket_polynomial(Braid((), 2)) == Polynomial.of({-1: -1, 1: -1})
    figure_eight = Polynomial.of({-4: 1, -2: -1, 0: 1, 2: -1, 4: 1})
    assert bracket_polynomial(read_braid("4_1")) == figure_eight
    assert bracket_polynomial(Braid((2, 2, 2), 4, "plat")) == Polynomial.of({2: 1, 6: 1, 8: -1})
    # Two bridges with the continued fraction 2 + 1/(1 + 1/1): the figure-eight knot as a plat.
    assert bracket_polynomial(Braid((2, 2, -1, 2), 4, "plat")) == figure_eight


@settings(max_examples=30, deadline=None)
@given(words, st.sampled_from([1, -1, 2, -2, 3, -3]), st.sampled_from([1, -1]))
def test_moves_leave_links_alone(word: list[int], letter: int, sign: int) -> None:
    known = bracket_polynomial(Braid(tuple(word), 4))
    assert bracket_polynomial(Braid((letter, *word, -letter), 4)) == known
    assert bracket_polynomial(Braid((*word, sign * 4), 5)) == known
    mirrored = bracket_polynomial(Braid(tuple(word), 4).mirror)
    assert mirrored.terms == tuple(sorted((-k, a) for k, a in known.terms))
    assert known(1) == (-2) ** (Braid(tuple(word), 4).components - 1)


@settings(max_examples=20, deadline=None)
@given(words, st.sampled_from([0, 2]))
def test_moves_of_plats(word: list[int], place: int) -> None:
    """A twist of the two ends that a cup joins changes nothing."""
    known = bracket_polynomial(Braid(tuple(word), 4, "plat"))
    twisted = bracket_polynomial(Braid((place + 1, *word), 4, "plat"))
    if Braid(tuple(word), 4, "plat").components == 1:
        assert twisted == known
    assert abs(twisted(1)) == abs(known(1))


def test_too_many_strands() -> None:
    with pytest.raises(ArgumentError, match=r'Catalan\(10\) = 16,796 matchings .*method="tensor"'):
        bracket_polynomial(Braid((9,)))


def test_whole_coefficients_beyond_64_bits() -> None:
    word = tuple(int(k) for k in np.random.default_rng(3).choice([1, -2], 220))
    found = bracket_polynomial(Braid(word))
    assert max(abs(a) for _, a in found.terms) > 2**63
    assert found(1) == (-2) ** (Braid(word).components - 1) or abs(found(1)) > 1e6
    assert sum(a for _, a in found.terms) == (-2) ** (Braid(word).components - 1)
