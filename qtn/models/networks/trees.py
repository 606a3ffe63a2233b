"""Shapes of binary trees over the sites, and their layers for batched contraction.

A tree is a tuple of pairs: sites have the numbers 0 … n-1, pair k joins two earlier numbers and
gets the number n+k; the last pair is the root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qtn._checks import fail, indices
from qtn.errors import ArgumentError
from qtn.states.node_pairs import balanced, checked_pairs

Pairs = tuple[tuple[int, int], ...]


def patches(height: int, width: int) -> Pairs:
    """Join neighbours of an image, alternately along rows and columns, into growing patches.

    Example:
        >>> patches(2, 2)
        ((0, 1), (2, 3), (4, 5))
    """
    sites = height * width
    pairs: list[tuple[int, int]] = []
    grid = [list(range(row * width, (row + 1) * width)) for row in range(height)]
    along_row = True
    while len(grid) > 1 or len(grid[0]) > 1:
        if (along_row and len(grid[0]) > 1) or len(grid) == 1:
            grid = [_join(row, sites, pairs) for row in grid]
        else:
            columns = [_join(list(column), sites, pairs) for column in zip(*grid, strict=True)]
            grid = [list(row) for row in zip(*columns, strict=True)]
        along_row = not along_row
    return tuple(pairs)


def _join(level: list[int], sites: int, pairs: list[tuple[int, int]]) -> list[int]:
    out = []
    for i in range(0, len(level) - 1, 2):
        pairs.append((level[i], level[i + 1]))
        out.append(sites + len(pairs) - 1)
    return out + level[len(out) * 2 :]


def chosen_tree(tree: Any, sites: int, shape: Sequence[int] | None, instead: str) -> Pairs:
    """Return the pairs of a model's tree; None takes patches where an image shape is given.

    Raises:
        ArgumentError: one site only, for which `instead` is named as the way out; or as
            `tree_pairs`.
    """
    if sites < 2:
        raise ArgumentError(
            "Argument `X` must have at least two columns for a tree, but has 1 feature(s). "
            f"Use {instead}."
        )
    check_shape(shape)
    default = "balanced" if shape is None else "patches"
    return tree_pairs(default if tree is None else tree, sites, shape)


def check_shape(shape: Any) -> None:
    """Raise `ArgumentError` unless `shape` is None or the (height, width) of an image."""
    if shape is not None and len(indices("shape", shape)) != 2:
        raise fail("shape", "the (height, width) of the image that a row is, or None", shape)


def tree_pairs(tree: Any, sites: int, shape: Sequence[int] | None) -> Pairs:
    """Return the pairs of "balanced", "patches" (needs an image shape), or checked own pairs.

    Raises:
        ArgumentError: unknown name, no image shape, or pairs that are no binary tree on the sites.
    """
    if isinstance(tree, str) and tree == "balanced":
        return balanced(sites)
    if isinstance(tree, str) and tree == "patches":
        if shape is None or len(shape) != 2 or shape[0] * shape[1] != sites:
            raise ArgumentError(
                f'Argument `shape` must be the (height, width) of {sites} pixels for tree="patches"'
                f', but is {shape!r}. Give it, or use tree="balanced".'
            )
        return patches(*shape)
    if isinstance(tree, str):
        known = '"balanced", "patches", "linkage", "chow-liu", "auto" or a sequence of pairs'
        raise fail("tree", known, tree)
    pairs = checked_pairs(tree, "tree")
    used = sorted(node for pair in pairs for node in pair)
    early = all(max(pair) < sites + k for k, pair in enumerate(pairs))
    if not early or used != list(range(2 * sites - 2)):
        raise ArgumentError(
            f"Argument `tree` must join {sites} sites to one root, every number once, by "
            f"{sites - 1} pairs of earlier numbers, but holds {len(pairs)} pairs over "
            f"{len(set(used))} numbers. See qtn.states.ttn.balanced for the form."
        )
    return pairs


@dataclass(frozen=True, slots=True)
class Layer:
    """One batched contraction: positions, in the previous layer, of children and of the passed.

    Args:
        left: position of the left child of every new node.
        right: position of the right child.
        passed: positions that go on unchanged, behind the new nodes.
        numbers: tree numbers of the new nodes.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    passed: tuple[int, ...]
    numbers: tuple[int, ...]


def layers(pairs: Pairs, sites: int) -> tuple[Layer, ...]:
    """Group the nodes of a tree by height."""
    height = [0] * sites
    for a, b in pairs:
        height.append(1 + max(height[a], height[b]))
    alive = list(range(sites))
    out = []
    for level in range(1, max(height, default=0) + 1):
        new = [sites + k for k in range(len(pairs)) if height[sites + k] == level]
        where = {node: position for position, node in enumerate(alive)}
        children = [pairs[node - sites] for node in new]
        consumed = {child for pair in children for child in pair}
        passed = [node for node in alive if node not in consumed]
        out.append(
            Layer(
                tuple(where[a] for a, _ in children),
                tuple(where[b] for _, b in children),
                tuple(where[node] for node in passed),
                tuple(new),
            )
        )
        alive = new + passed
    return tuple(out)
