"""Blocks of a node: the first joins, the kept wires see them all."""

from __future__ import annotations

import pytest

from qtn.models.networks.pair_blocks.patterns import node_pattern, reaching


@pytest.mark.parametrize(
    ("left", "right", "kept", "depth", "first", "blocks"),
    [
        (1, 1, 2, 3, 0, (0,)),
        (1, 1, 1, 3, 0, (0,)),
        (2, 2, 2, 0, 1, (1,)),
        (2, 2, 2, 2, 1, (1, 0, 2, 1, 0, 2, 1)),
        (2, 1, 2, 1, 1, (1, 0, 1)),
        (1, 2, 2, 1, 0, (0, 1, 0)),
        (2, 2, 4, 1, 0, (1, 0, 2, 1)),
        (3, 3, 3, 1, 1, (2, 1, 3, 0, 2)),
        (3, 3, 6, 1, 0, (2, 1, 3, 0, 2, 4)),
    ],
)
def test_blocks_of_a_node(
    left: int, right: int, kept: int, depth: int, first: int, blocks: tuple[int, ...]
) -> None:
    found = node_pattern(left, right, kept, depth)
    assert (found.first, found.kept, found.blocks) == (first, kept, blocks)
    assert found.blocks[0] == left - 1  # the first joins the two registers


def test_blocks_that_no_kept_wire_can_tell_of_are_left_out() -> None:
    assert reaching([0, 2, 1, 0, 2], range(1, 2)) == (0, 2, 1, 0)
    assert reaching([0, 1], range(3, 4)) == ()
