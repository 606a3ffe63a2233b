"""Renormalisation: exact where nothing is cut, near Onsager's value where much is."""

from __future__ import annotations

import pytest

from qtn.physics.lattice.coarse_graining import renormalised
from qtn.physics.lattice.torus import Limits, torus_log, torus_plan
from qtn.physics.lattice.weights import CRITICAL, log_scale, onsager, site_tensor


@pytest.mark.parametrize(("beta", "field"), [(CRITICAL, 0.0), (0.3, 0.2)])
def test_a_torus_of_four_is_exact(beta: float, field: float) -> None:
    exact = torus_log(torus_plan(4, 4, beta, field, Limits()), 16, beta, field)
    found = renormalised(site_tensor(beta, field), 4, 16) + log_scale(beta, field)
    assert found == pytest.approx(exact, abs=1e-13)


def test_the_infinite_lattice() -> None:
    for beta, bond, error in ((0.3, 6, 1e-5), (CRITICAL, 8, 1.3e-5), (0.7, 6, 1e-6)):
        found = renormalised(site_tensor(beta, 0.0), None, bond) + log_scale(beta, 0.0)
        assert found == pytest.approx(onsager(beta), abs=error)
