"""Corner transfer matrices against Onsager's value, in both phases and at the transition."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.physics.lattice.corners import corner_transfer
from qtn.physics.lattice.weights import CRITICAL, bond_root, log_scale, onsager, site_tensor


@pytest.mark.parametrize(
    ("beta", "bond", "error"), [(0.2, 6, 1e-13), (0.6, 6, 1e-13), (CRITICAL, 8, 6e-7)]
)
def test_the_infinite_lattice(beta: float, bond: int, error: float) -> None:
    found = corner_transfer(site_tensor(beta, 0.0), bond_root(beta)[0], bond)
    assert found.log + log_scale(beta, 0.0) == pytest.approx(onsager(beta), abs=error)
    assert found.left < 1e-12
    assert found.steps % 100 == 0


def test_a_product_needs_no_bond() -> None:
    # Spins that do not see each other: ln Z is that of one spin.
    found = corner_transfer(site_tensor(0.0, 0.0), bond_root(0.0)[0], 2)
    assert found.log == pytest.approx(np.log(2.0), abs=1e-14)
