"""Tiles of every width that some processor gets."""

from __future__ import annotations

import pytest

from qtn.aqc.kernels.tiles.writer import HERE, Machine, machine


@pytest.mark.parametrize(
    ("features", "lanes"), [({"avx512f": True, "avx": True}, 8), ({"avx": True}, 4), ({}, 2)]
)
def test_the_widest_vectors_are_taken(features: dict[str, bool], lanes: int) -> None:
    found = machine(features)
    assert found.lanes == lanes
    assert 4 * found.sums % lanes == 0
    # Sums leave room beside them in 32 registers of the widest and of the narrowest, else in 16.
    held = 16 if lanes == 4 else 32
    assert 8 * found.sums < held
    assert 4 * found.rows < held


def test_this_machine_is_one_of_them() -> None:
    assert isinstance(HERE, Machine)
    assert HERE.lanes in (2, 4, 8)
