"""Cuts to the largest terms keep as many as allowed, ties included, and add up what goes."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum, Turn, generators_of, propagate


def test_equal_coefficients_are_cut_to_the_number():
    n = 12
    total = PauliSum.from_terms([Term(1.0, ((q, "Z"),)) for q in range(n)], n)
    circuit = generators_of(n, [Turn(((q, "X"),), 0.3) for q in range(n)])
    found = propagate(total, circuit, max_terms=16)
    assert len(found.kept) <= 16
    assert found.cuts > 0
    all_terms = n * (np.cos(0.3) + np.sin(0.3))
    assert found.kept.total + found.dropped.values == pytest.approx(all_terms)


def test_pairs_turn_in_the_plane_whichever_comes_first():
    total = PauliSum.from_terms([Term(0.3, ((0, "Z"),)), Term(-0.8, ((0, "Y"),))], 1)
    for angle in (0.4, -0.4):
        found = propagate(total, generators_of(1, [Turn(((0, "X"),), angle)])).kept
        values = dict(zip(found.labels(), found.coefficients, strict=True))
        c, s = np.cos(angle), np.sin(angle)
        assert values["Z"] == pytest.approx(0.3 * c + 0.8 * s)
        assert values["Y"] == pytest.approx(-0.8 * c + 0.3 * s)
