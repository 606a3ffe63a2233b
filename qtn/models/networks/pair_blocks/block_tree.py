"""Trees whose nodes are two-qubit blocks of SO(4), two CX each.

Every node is a few blocks on the wires of its two registers, see
`qtn.models.networks.pair_blocks.patterns`; nodes of one pattern become channels together, and rows
pass them as in `IsometricTree`: one matrix product per height. The blocks are trained directly.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtn._checks import fail
from qtn._optional import Tensor, torch
from qtn._random import generator
from qtn.models.networks.in_numpy.network_arrays import check_array
from qtn.models.networks.isometric import IsometricNetwork
from qtn.models.networks.pair_blocks.block_channels import node_channels
from qtn.models.networks.pair_blocks.patterns import Pattern, node_pattern
from qtn.models.networks.transfer_channel import pure
from qtn.models.networks.trees import Pairs, layers

# Size of the random rotations that training starts from, in radians.
TURN = 0.1
# Where the entries of registers are: the number of a group and the place in it.
_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Group:
    """Nodes of one height and one pattern.

    Args:
        pattern: number of the pattern.
        nodes: the first and the end among the nodes of that pattern.
        left: where the left registers are.
        right: where the right registers are.
    """

    pattern: int
    nodes: tuple[int, int]
    left: tuple[_Place, ...]
    right: tuple[_Place, ...]


@dataclass(frozen=True, slots=True)
class TreePlan:
    """Which blocks a tree has and in which order its nodes are contracted.

    Args:
        patterns: the patterns of the nodes.
        members: per pattern the tree numbers of its nodes, by height.
        groups: what is contracted together, from the leaves to the root.
    """

    patterns: tuple[Pattern, ...]
    members: tuple[tuple[int, ...], ...]
    groups: tuple[_Group, ...]

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        pairs = zip(self.patterns, self.members, strict=True)
        return sum(len(p.blocks) * len(nodes) for p, nodes in pairs)


def tree_plan(pairs: Pairs, width: int, depth: int) -> TreePlan:
    """Lay out a tree.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        width: wires that a node keeps at most; the root keeps all of its.
        depth: most rounds of blocks of a node.
    """
    sites = len(pairs) + 1
    wires = dict.fromkeys(range(sites), 1)
    by_height: list[dict[Pattern, list[int]]] = []
    for height, layer in enumerate(layers(pairs, sites)):
        found: dict[Pattern, list[int]] = {}
        rounds = min(depth, height)
        for node in layer.numbers:
            pattern = _pattern(wires, pairs[node - sites], node == 2 * sites - 2, width, rounds)
            wires[node] = pattern.kept
            found.setdefault(pattern, []).append(node)
        by_height.append(found)
    patterns = tuple(dict.fromkeys(p for found in by_height for p in found))
    members: list[list[int]] = [[] for _ in patterns]
    places: dict[int, _Place] = {site: (0, site) for site in range(sites)}
    groups: list[_Group] = []
    for found in by_height:
        for pattern, nodes in found.items():
            number = patterns.index(pattern)
            start = len(members[number])
            members[number] += nodes
            left, right = (tuple(places[pairs[n - sites][k]] for n in nodes) for k in (0, 1))
            groups.append(_Group(number, (start, start + len(nodes)), left, right))
            places |= {node: (len(groups), k) for k, node in enumerate(nodes)}
    return TreePlan(patterns, tuple(map(tuple, members)), tuple(groups))


def _pattern(
    wires: dict[int, int], children: tuple[int, int], root: bool, width: int, rounds: int
) -> Pattern:
    left, right = (wires[child] for child in children)
    kept = left + right if root else min(width, left + right)
    return node_pattern(left, right, kept, rounds, root)


class BlockTree(IsometricNetwork):
    """A tree of blocks.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        classes: number of classes.
        blocks: shape (blocks, 4, 4), pattern by pattern, node by node, in time order.
        width: wires that a node keeps at most.
        depth: most rounds of blocks of a node.
    """

    def __init__(self, pairs: Pairs, classes: int, blocks: Tensor, width: int, depth: int) -> None:
        super().__init__(classes, [blocks])
        self.pairs, self.sites, self.width = pairs, len(pairs) + 1, width
        self.plan = tree_plan(pairs, width, depth)

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays; see `Network.check_arrays`."""
        if self.sites != sites or phys != 2:
            raise fail("nodes", f"a tree of {sites} qubits", self.sites)
        if 2 ** self.plan.patterns[-1].wires < outputs:
            raise fail("nodes", f"a root of at least {outputs} outcomes", self.plan.patterns[-1])
        check_array("nodes.0", self.nodes[0], (self.plan.blocks, 4, 4))
        check_array("sharpness", self.sharpness, ())

    @classmethod
    def near_identity(
        cls, pairs: Pairs, classes: int, width: int, depth: int, seed: int
    ) -> BlockTree:
        """Build a tree whose blocks are small random rotations.

        Args:
            pairs: the tree.
            classes: number of classes.
            width: wires that a node keeps at most.
            depth: most rounds of blocks of a node.
            seed: chooses the rotations.
        """
        count = tree_plan(pairs, width, depth).blocks
        return cls(pairs, classes, small_rotations(count, seed), width, depth)

    def node_blocks(self, blocks: Tensor) -> list[Tensor]:
        """Return all blocks by pattern, each of shape (nodes, blocks, 4, 4)."""
        sizes = [
            len(p.blocks) * len(nodes)
            for p, nodes in zip(self.plan.patterns, self.plan.members, strict=True)
        ]
        parts = zip(blocks.split(sizes), self.plan.patterns, strict=True)
        return [part.unflatten(0, (-1, len(p.blocks))) for part, p in parts]

    def outcomes(self, x: Tensor, noise: float = 0.0) -> Tensor:
        """Return the distribution of the outcomes; see `IsometricNetwork.outcomes`.

        Args:
            x: features of unit length, shape (sites, 2, batch).
            noise: probability that a block leaves its two qubits completely mixed.
        """
        plan, values = self.plan, [pure(x)]
        stacks = zip(self.node_blocks(self.nodes[0]), plan.patterns, strict=True)
        channels = [node_channels(blocks, pattern, noise) for blocks, pattern in stacks]
        for group in plan.groups:
            left, right = (_gathered(values, where) for where in (group.left, group.right))
            joint = (left[:, :, None] * right[:, None]).flatten(1, 2)
            values.append(channels[group.pattern][slice(*group.nodes)] @ joint)
        return values[-1][0]


def _gathered(values: list[Tensor], places: tuple[_Place, ...]) -> Tensor:
    """Return the registers at some places, shape (registers, entries, batch)."""
    groups = {group for group, _ in places}
    if len(groups) == 1:
        return values[groups.pop()][[k for _, k in places]]
    return torch.stack([values[group][k] for group, k in places])


def small_rotations(count: int, seed: int, turn: float = TURN) -> Tensor:
    """Return random rotations of four dimensions near the identity, shape (count, 4, 4)."""
    plane = torch.from_numpy(generator(seed, "start").standard_normal((count, 4, 4)))
    return torch.matrix_exp(turn * (plane - plane.mT))
