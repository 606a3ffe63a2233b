"""Which boxes a sentence passes: paths and trees over its tokens, and which of them are the same.

A wire holds a token, a box joins two registers and keeps the first of them.

path: a memory meets one token after the other, x₁ first, as in a recurrent network.
tree: neighbours are joined pair by pair, level by level, as in a convolutional network; where a
    level is odd its last register waits for the next.

sharing "uniform" is one box everywhere, "level" one per level of a tree, "position" one for every
place: the token that a path is at, the level and the number of the pair in a tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

ARCHITECTURES = ("tree", "path")
SHARINGS = ("uniform", "level", "position")
CLOSURES = ("discard", "post-select")


@dataclass(frozen=True, slots=True)
class Merge:
    """A box in the network of a sentence.

    Args:
        left, right: the registers that it joins; 0 … length - 1 are the tokens, what the k-th
            merge leaves is length + k.
        box: number of the box.
    """

    left: int
    right: int
    box: int


@dataclass(frozen=True)
class Architecture:
    """The form of a family of networks, one for every length.

    Args:
        arch: "tree" or "path".
        sharing: "uniform", "level" (trees) or "position".
        closure: what happens to the second register of a box: "discard", it is traced out;
            "post-select", it must be found in |0…0⟩.
        wires: qubits of a token.
        memory: qubits of the register that a box keeps; of trees as many as `wires`.
        longest: tokens of the longest sentence that there are boxes for.
        groups: with "level", how many boxes there are, each of neighbouring levels; None for one
            per level.
    """

    arch: str
    sharing: str
    closure: str
    wires: int
    memory: int
    longest: int
    groups: int | None = None

    @property
    def limited(self) -> bool:
        """Whether sentences longer than `longest` have no boxes."""
        return self.sharing != "uniform"

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Pairs in every level of the longest tree."""
        found, n = [], self.longest
        while n > 1:
            found.append(n // 2)
            n -= n // 2
        return tuple(found)

    @property
    def boxes(self) -> int:
        """Number of different boxes."""
        if self.sharing == "uniform":
            return 1
        if self.arch == "path":
            return max(self.longest - 1, 1)
        if self.sharing == "position":
            return max(sum(self.widths), 1)
        return max(min(self.groups or len(self.widths), len(self.widths)), 1)

    def box(self, level: int, place: int) -> int:
        """Return the number of the box at a level and a place in it; of a path at a place."""
        if self.sharing == "uniform":
            return 0
        if self.arch == "path":
            return place
        if self.sharing == "position":
            return sum(self.widths[:level]) + place
        return level * self.boxes // len(self.widths)

    def levels(self, length: int) -> list[list[Merge]]:
        """Return the merges of a sentence, those that can happen at the same time together.

        Example:
            >>> tree = Architecture("tree", "uniform", "discard", 1, 1, 3)
            >>> tree.levels(3)
            [[Merge(left=0, right=1, box=0)], [Merge(left=3, right=2, box=0)]]
        """
        if self.arch == "path":
            lefts = [0, *range(length, 2 * length - 2)]
            return [[Merge(left, k + 1, self.box(0, k))] for k, left in enumerate(lefts)][
                : length - 1
            ]
        row, found, fresh = list(range(length)), list[list[Merge]](), length
        while len(row) > 1:
            pairs = list(zip(row[::2], row[1::2], strict=False))
            level = len(found)
            found.append([Merge(a, b, self.box(level, k)) for k, (a, b) in enumerate(pairs)])
            row = [*range(fresh, fresh + len(pairs)), *row[2 * len(pairs) :]]
            fresh += len(pairs)
        return found
