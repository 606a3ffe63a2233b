"""`qtn.ising_partition`: methods agree within their bars, bad input is refused."""

from __future__ import annotations

import math

import pytest

import qtn
from qtn.errors import ArgumentError, VerificationError
from qtn.physics.lattice import CRITICAL


def test_bars_hold_beside_the_exact_value() -> None:
    for beta, method, bond in (
        (0.35, "ctmrg", 8), (CRITICAL, "ctmrg", 9), (0.6, "ctmrg", 6), (CRITICAL, "hotrg", 8),
        (0.35, "hotrg", 6),
    ):  # fmt: skip
        found = qtn.ising_partition(beta, method=method, max_bond=bond)
        assert abs(found.log_per_site - found.onsager) <= found.error < 1e-3
        assert found.free_energy == pytest.approx(-found.log_per_site / beta)


def test_a_field() -> None:
    torus = qtn.ising_partition(0.3, 8, field=0.5)
    infinite = qtn.ising_partition(0.3, field=0.5, max_bond=8)
    mirrored = qtn.ising_partition(0.3, field=-0.5, max_bond=8)
    assert torus.log_per_site == pytest.approx(infinite.log_per_site, abs=1e-5)
    assert mirrored.log_per_site == pytest.approx(infinite.log_per_site, abs=1e-12)
    assert torus.onsager is infinite.onsager is None
    coarse = qtn.ising_partition(0.3, 8, field=0.5, method="hotrg", max_bond=10)
    assert abs(coarse.log_per_site - torus.log_per_site) <= coarse.error


def test_limits_of_temperature() -> None:
    assert qtn.ising_partition(0.0, max_bond=4).log_per_site == pytest.approx(math.log(2.0))
    assert qtn.ising_partition(0.0, 3).free_energy == -math.inf
    cold = qtn.ising_partition(1e4, (2, 3))
    assert cold.log_per_site == pytest.approx(2e4 + math.log(2) / 6)
    assert cold.error == pytest.approx(2e-8)


def test_text() -> None:
    found = qtn.ising_partition(0.3, max_bond=4)
    assert repr(found).startswith("IsingPartition(infinite, beta 0.3, ctmrg, bond 4: ln Z / N = ")
    assert "Onsager" in repr(found)
    assert "Onsager" in found._repr_html_()
    assert "2×3, beta 0.3, exact:" in repr(qtn.ising_partition(0.3, (2, 3)))


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match=r"`beta` .* is -0\.3\. Temperatures are positive"):
        qtn.ising_partition(-0.3)
    with pytest.raises(ArgumentError, match="`method` must be one of 'exact', 'hotrg', 'ctmrg'"):
        qtn.ising_partition(0.3, method="trg")
    with pytest.raises(ArgumentError, match='`size` must be given with method="exact"'):
        qtn.ising_partition(0.3, method="exact")
    with pytest.raises(ArgumentError, match="Corner matrices are of no torus"):
        qtn.ising_partition(0.3, 4, method="ctmrg")
    for size in (6, (4, 8)):
        with pytest.raises(ArgumentError, match="equal powers of two"):
            qtn.ising_partition(0.3, size, method="hotrg")
    with pytest.raises(ArgumentError, match="one side or two"):
        qtn.ising_partition(0.3, (4, 4, 4))
    with pytest.raises(ArgumentError, match=r"`size\[1\]` must be a positive integer"):
        qtn.ising_partition(0.3, (4, 0))
    with pytest.raises(ArgumentError, match="`max_bond`"):
        qtn.ising_partition(0.3, max_bond=1)
    with pytest.raises(ArgumentError, match="at most 4096 spins"):
        qtn.ising_partition(0.3, 100)
    with pytest.raises(VerificationError, match=r"a torus of 30 × 30 would take about .* Take a"):
        qtn.ising_partition(0.3, 30)
