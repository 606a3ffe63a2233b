"""Which blocks a node has: pairs of neighbouring wires in time order, and the wires it keeps.

The wires of a node stand in a line, those of the left register first. The first block joins the two
registers; each of the `depth` rounds that follow is one layer of blocks beside it and one with it,

    middle · (beside · with)^depth,

so that two registers of two wires take 1 + 3·depth blocks. No node begins with blocks on the pairs
that ended its children's: two blocks on one pair are one. The kept wires stand in the middle of the
line, where the blocks are; blocks that reach none of them any more are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pattern:
    """The blocks of a node and what it keeps.

    Args:
        left: wires of the left register, the first ones.
        right: wires of the right register.
        first: the first wire that is kept.
        kept: number of neighbouring wires that are kept.
        blocks: the first wire of each block's pair, in time order.
        measured: whether the kept wires are measured, as at the root.
    """

    left: int
    right: int
    first: int
    kept: int
    blocks: tuple[int, ...]
    measured: bool = False

    @property
    def wires(self) -> int:
        """Number of wires."""
        return self.left + self.right


def node_pattern(left: int, right: int, kept: int, depth: int, measured: bool = False) -> Pattern:
    """Return the blocks of a node.

    Args:
        left: wires of the left register.
        right: wires of the right register.
        kept: wires that go on; all of them at the root.
        depth: rounds of blocks behind the first one, at least 0.
        measured: whether the node is the root.

    Example:
        >>> found = node_pattern(2, 2, 2, 1)
        >>> (found.blocks, found.first)
        ((1, 0, 2, 1), 1)
        >>> node_pattern(1, 1, 2, 1).blocks
        (0,)
    """
    wires, middle = left + right, left - 1
    first = min(max(left - (kept + 1) // 2, 0), wires - kept)
    rounds = [middle]
    beside = [w for w in range(wires - 1) if (w - middle) % 2]
    joining = [w for w in range(wires - 1) if not (w - middle) % 2]
    for _ in range(depth if beside else 0):
        rounds += [*beside, *joining]
    blocks = reaching(rounds, range(first, first + kept))
    return Pattern(left, right, first, kept, blocks, measured)


def reaching(blocks: list[int], kept: range) -> tuple[int, ...]:
    """Return the blocks, in time order, that the kept wires can tell of."""
    live, out = set(kept), []
    for wire in reversed(blocks):
        if live & {wire, wire + 1}:
            live |= {wire, wire + 1}
            out.append(wire)
    return tuple(reversed(out))
