r"""Circuits that are tensor networks themselves: one register of wires per node of a tree.

A target of bonds :math:`\chi` is a tree of tensors (a chain is a tree that has one site on the left
of every node). Its circuit has a register of wires for every node, prepared from the root down.
The register takes up the wires that the parent left for it, its memory, and fresh ones in |0⟩;
after its gates the first wires belong to its left child, the others to its right child. Such a
circuit is a tree tensor network of bonds :math:`2^m`, so that its overlap with the target and all
gradients are exact whatever its depth, at the cost of one tree contraction.

Gates are entanglers: one CX between one-qubit gates. A CX between free one-qubit gates adds four
real parameters that nothing else in the circuit has, and a node of bonds a, b below and c above has

.. math:: 2abc - c^2 - a^2 - b^2

(a tensor up to its isometry and the gauge of the bonds below; a child that is a whole block of
sites has no gauge), so that a quarter of it bounds the number of CX from below. Few more reach it.

Entanglers on neighbouring wires are laid out in sweeps that begin far from the cut between the two
children and end on it: a register that begins on the wires that its parent ended on would only
merge gates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from qtn.aqc.shape.blocks import Block, Blocks

PER_GATE = 9000.0  # bytes that a search holds of one entangler: gates, environments, curvature
PARAMETERS = 4  # real parameters that one CX between free one-qubit gates adds


@dataclass(frozen=True, slots=True)
class Node:
    """One register of a circuit, and where its wires come from and go to.

    Args:
        sites: the wires, left ones first.
        cut: how many belong to the left child.
        memory: how many come from the parent, neighbours.
        place: the first of them; the others are fresh.
        children: numbers of the nodes on the left and right; None for a block of sites, which the
            wires are themselves.
        bonds: left, right, up, as far as the circuit holds them.
        pairs: wires b, b + 1 of every entangler, in time order.
    """

    sites: tuple[int, ...]
    cut: int
    memory: int
    place: int
    children: tuple[int | None, int | None]
    bonds: tuple[int, int, int]
    pairs: tuple[int, ...] = ()

    @property
    def freedom(self) -> int:
        """Real parameters of the target's tensor that are no gauge, at least 0."""
        left, right, up = self.bonds
        gauge = sum(bond**2 for bond, child in zip(self.bonds, self.children) if child is not None)
        return max(2 * left * right * up - up**2 - gauge, 0)

    @property
    def demand(self) -> int:
        """Real parameters that gates on whole wires must have: `freedom` where bonds fill them."""
        up, width = self.bonds[2], len(self.sites)
        wires = self.cut, width - self.cut
        gauge = sum(
            bond * (2 ** (held + 1) - bond)
            for bond, held, child in zip(self.bonds, wires, self.children)
            if child is not None
        )
        return max(up * (2 ** (width + 1) - up) - gauge, 0)

    @property
    def least(self) -> int:
        """Fewest entanglers that let every wire take part and fill the bond across the cut.

        Two wires take one from |00⟩, two from one qubit and three from two, whatever is asked.
        """
        width = len(self.sites)
        if width < 2:
            return 0
        if width == 2:
            return self.memory + 1
        if self.memory:
            return width - 1
        across = min(self.cut, width - self.cut)
        return across * (width - 1) if across > 1 else width - 1

    @property
    def due(self) -> int:
        """Fewest entanglers that let this register be exact whatever the others do."""
        small = len(self.sites) <= 2
        return self.least if small else max(self.least, math.ceil(self.demand / PARAMETERS))

    @property
    def sufficient(self) -> int:
        """Entanglers from which a search over this register alone hardly fails to be exact."""
        # Registers that grow by two fresh wires turned out to need more, wider ones most.
        grows = self.memory > 0 and len(self.sites) - self.memory > 1
        return self.due + self.due // 16 + grows * (2 * self.memory - 1)

    def laid_out(self, count: int) -> Node:
        """Return the node with so many entanglers, in sweeps that end on the cut."""
        width = len(self.sites)
        sweep = sorted(range(width - 1), key=lambda b: (-abs(b - self.cut + 1), b))
        pairs = tuple(sweep[k % len(sweep)] for k in range(count)) if sweep else ()
        return Node(self.sites, self.cut, self.memory, self.place, self.children, self.bonds, pairs)


@dataclass(frozen=True)
class Nodes:
    """A circuit of entanglers in the shape of a tree, parents before their children.

    Args:
        n: number of sites.
        nodes: the registers.
        alone: gates (2, 2) of the sites that are a register by themselves.
    """

    n: int
    nodes: tuple[Node, ...]
    alone: tuple[Block, ...] = ()

    @property
    def size(self) -> int:
        """Number of entanglers."""
        return sum(len(node.pairs) for node in self.nodes)

    @property
    def bound(self) -> int:
        """Fewest entanglers of an exact circuit for a generic target, by counting parameters."""
        return math.ceil(sum(node.freedom for node in self.nodes) / PARAMETERS)

    @property
    def chain(self) -> bool:
        """Whether every node has one site, or nothing, on its left."""
        return all(node.cut < 2 for node in self.nodes)

    def memory(self, fullness: float) -> float:
        """Return about how many bytes a search of the shape so filled takes."""
        gates = fullness * sum(node.demand for node in self.nodes) / PARAMETERS
        return PER_GATE * gates + sum(32.0 * 2.0 ** (len(n.sites) + n.memory) for n in self.nodes)

    @property
    def work(self) -> float:
        """Operations of one evaluation of all gradients, those of the target's bonds left out."""
        per_gate = [2.0 ** (len(node.sites) + node.memory + 7) for node in self.nodes]
        return sum(size * len(node.pairs) for size, node in zip(per_gate, self.nodes))

    @cached_property
    def where(self) -> list[tuple[int, int]]:
        """The sites of every entangler, in time order."""
        return [(node.sites[b], node.sites[b + 1]) for node in self.nodes for b in node.pairs]

    @cached_property
    def depth(self) -> int:
        """Longest way through the entanglers."""
        free = [0] * self.n
        for a, b in self.where:
            free[a] = free[b] = max(free[a], free[b]) + 1
        return max(free, default=0)

    @property
    def ends(self) -> np.ndarray:
        """Numbers of the entanglers that are the last one on a site, ascending."""
        last: dict[int, int] = {}
        for number, sites in enumerate(self.where):
            last.update(dict.fromkeys(sites, number))
        return np.array(sorted(set(last.values())), dtype=np.int64)

    def filled(self, fullness: float) -> Nodes:
        """Return the shape with `fullness` times as many entanglers as the bound."""
        counts = zip(self.nodes, self.counts(fullness), strict=True)
        return replace(self, nodes=tuple(node.laid_out(count) for node, count in counts))

    def counts(self, fullness: float) -> list[int]:
        """Return how many entanglers the nodes have if filled, without laying them out.

        Every node has its share, rounded so that the sum is right, and no less than it needs; in a
        chain from 1 on no less than is `sufficient` for it alone.
        """
        due, counts = 0.0, []
        for node in self.nodes:
            due += fullness * node.demand / PARAMETERS
            share = math.ceil(due - 1e-9)
            # Registers that grow by two fresh wires turned out to need one more.
            spare = int(node.memory > 0 and len(node.sites) - node.memory > 1)
            if fullness >= 1.0 and self.chain:
                share, spare = max(share, node.sufficient), 0
            due -= share
            small = len(node.sites) <= 2
            counts.append(node.least if small else max(node.least, share + spare))
        return counts

    def at_most(self, count: int) -> Nodes:
        """Return the shape with at most `count` entanglers on every node, at least one."""
        nodes = [node.laid_out(max(1, min(len(node.pairs), count))) for node in self.nodes]
        return replace(self, nodes=tuple(nodes))

    def blocks(self, gates: np.ndarray) -> Blocks:
        """Return the entanglers (size, 4, 4) as blocks on their sites."""
        found: list[Block] = list(zip(self.where, gates, strict=True))
        return Blocks(self.n, (*found, *self.alone))


@dataclass(frozen=True, slots=True)
class TargetTree:
    """What a target is as a tree: tensors (left, right, up) and blocks of sites below them.

    Args:
        shape: nodes without entanglers.
        tensors: one per node.
        below: per node, for its left and right child, the block (bond, 2^sites) that the sites
            hold, or None for a child node or a single site.
    """

    shape: Nodes
    tensors: tuple[np.ndarray, ...]
    below: tuple[tuple[np.ndarray | None, np.ndarray | None], ...]


def tree_of(
    n: int,
    tensors: Sequence[np.ndarray],
    pairs: Sequence[tuple[int, int]],
    bond: int | Sequence[int] | None = None,
    beside: bool = False,
) -> TargetTree:
    """Read a binary tree of tensors as nodes with registers.

    A subtree whose bond fills its sites (2^sites levels or more than half of them) is a block: its
    memory wires are its sites.

    Args:
        n: number of sites.
        tensors: (left, right, up), children before parents; the root last, up bond 1.
        pairs: the numbers of the two children of every node: sites 0 … n-1, then nodes.
        bond: largest bond of the circuit, or that above every node; None for that of the target.
        beside: a node's memory takes the wires next to its sibling, so that on a line of qubits the
            registers of parents are short; else those around its own cut, where few entanglers do
            more.
    """
    below: list[_Below] = [_Below((site,), (site,), 2) for site in range(n)]
    rights = {right for _, right in pairs}
    for number, (tensor, pair) in enumerate(zip(tensors, pairs, strict=True)):
        side = n + number in rights if beside else None
        most = bond if bond is None or isinstance(bond, int) else bond[number]
        held = tensor.shape[2] if most is None else min(tensor.shape[2], most)
        below.append(
            _joined(number, np.asarray(tensor), held, side, *(below[child] for child in pair))
        )
    order: list[_Below] = []
    stack = [below[-1]]
    while stack:
        one = stack.pop(0)
        order.append(one)
        stack += [child for child in one.children if child.node is not None]
    numbers = {one.node: k for k, one in enumerate(order)}
    nodes, arrays, blocks, alone = [], [], [], []
    for one in order:
        assert one.tensor is not None
        tensor = one.tensor
        left, right = one.children
        ids = tuple(None if child.node is None else numbers[child.node] for child in one.children)
        sites = left.register + right.register
        place = sites.index(one.register[0]) if one.register else 0
        shape = tensor.shape
        if len(sites) == 1 and not one.register:
            turn = _turn_to(tensor.reshape(2))
            tensor = (turn.conj().T @ tensor.reshape(2)).reshape(shape)
            alone.append((sites, turn))
        nodes.append(
            Node(
                sites, len(left.register), len(one.register), place,
                (ids[0], ids[1]), (left.held, right.held, one.held),
            )
        )  # fmt: skip
        arrays.append(tensor)
        blocks.append((left.block, right.block))
    return TargetTree(Nodes(n, tuple(nodes), tuple(alone)), tuple(arrays), tuple(blocks))


@dataclass(frozen=True, slots=True, eq=False)
class _Below:
    """What lies below a bond: its sites, the wires that carry the bond, and the node or block."""

    sites: tuple[int, ...]
    register: tuple[int, ...]
    held: int
    node: int | None = None
    tensor: np.ndarray | None = None
    block: np.ndarray | None = None
    children: tuple[_Below, ...] = ()


def _joined(
    number: int, tensor: np.ndarray, held: int, side: bool | None, left: _Below, right: _Below
) -> _Below:
    """Join two subtrees: to a block if the bond above fills the sites, else to a node.

    Args:
        number: of the node.
        tensor: left, right, up.
        held: bond above.
        side: whether the node is a right child, whose memory is on its left, or a left one; None
            puts the memory around the cut.
        left: what is below on the left.
        right: and on the right.
    """
    sites = left.sites + right.sites
    inner = left.register + right.register
    wires = min(math.ceil(math.log2(held)), len(inner)) if held > 1 else 0
    if wires == len(sites):
        parts = [np.eye(2) if side.block is None else side.block for side in (left, right)]
        block = np.einsum("abu,ax,by->uxy", tensor, *parts).reshape(tensor.shape[2], -1)
        return _Below(sites, sites, 2 ** len(sites), block=block)
    place = min(max(0, len(left.register) - (wires + 1) // 2), len(inner) - wires)
    if side is not None:
        place = 0 if side else len(inner) - wires
    register = inner[place : place + wires]
    return _Below(sites, register, min(held, 2**wires), number, tensor, None, (left, right))


def _turn_to(vector: np.ndarray) -> np.ndarray:
    """Return a unitary that takes |0⟩ to a vector."""
    a, b = vector / np.linalg.norm(vector)
    return np.array([[a, -np.conj(b)], [b, np.conj(a)]])
