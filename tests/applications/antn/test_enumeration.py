"""Enumeration: every configuration once, in order; energies of exact diagonalisation."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

import qtn
from qtn.applications.antn.connections import connections_of
from qtn.applications.antn.enumeration import beginnings, matrix_of_terms
from qtn.physics.terms import read_terms


@pytest.mark.parametrize("ones", [None, 0, 2, 5])
def test_every_configuration_comes_once_in_order(ones: int | None) -> None:
    found = beginnings(5, ones).bits.tolist()
    every = [list(bits) for bits in product((0, 1), repeat=5)]
    assert found == [bits for bits in every if ones is None or sum(bits) == ones]


def test_beginnings_are_shared() -> None:
    tree = beginnings(16, 8)
    assert len(tree.bits) == math.comb(16, 8) == 12_870
    assert sum(len(d) for d in tree.digits) < 16 * 12_870 / 5


def test_the_lowest_energy_of_a_sector_is_that_of_the_chain() -> None:
    model = qtn.chain("heisenberg", 10)
    tree = beginnings(10, 5)
    matrix = matrix_of_terms(connections_of(read_terms(model)), tree.bits).toarray()
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-14)
    assert np.linalg.eigvalsh(matrix)[0] == pytest.approx(-4.2580352073, abs=1e-9)
