r"""Fidelity of a circuit with a tree tensor network, exactly, wherever its sites are.

With M the tensor of what lies below a node of the tree (the bond above it, and a wire for every
site below that has gates left), all gates that come later contracted,

.. math::
    M_{u,xy} = \sum_{lr} \overline{A}_{lru}\, M^{\mathrm{left}}_{l,x}\, M^{\mathrm{right}}_{r,y}

and then the gates between its own wires that no other gate follows are taken off, the last one
first; a wire without gates left ends in |0⟩. M at the root is ⟨target|circuit⟩. A circuit in the
shape of the tree leaves few wires open, the memory of the node; for any other one the tensors
grow, and the chain is asked instead (`qtn.aqc.shape.certificate`).
"""

from __future__ import annotations

import math

import numpy as np

from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import PER_GATE, Certificate
from qtn.states import TTN

LARGEST = 2**20  # entries of a tensor


def certify_tree(target: TTN, blocks: Blocks, largest: int = LARGEST) -> Certificate | None:
    """Return the infidelity of a circuit with a tree and a rigorous floor, or None if it is large.

    Nothing is truncated; rounding is covered by 10⁻¹⁴ per gate and site.

    Args:
        target: sites of two levels.
        blocks: gates on any one or two sites.
        largest: entries of a tensor from which on the answer is None.

    Cost: O(2^w χ²) per node and O(2^w χ) per gate for w wires of a node and its children.
    """
    open_gates = _OpenGates(blocks)
    below = [(np.eye(2), [site]) for site in range(target.n)]
    below = [open_gates.taken_off(matrix, wires) for matrix, wires in below]
    state = target.canonical()
    for tensor, (left, right) in zip(state.tensors, state.pairs, strict=True):
        (a, first), (b, second) = below[left], below[right]
        _, right_size, up = tensor.shape
        if max(up, right_size) * 2 ** (len(first) + len(second)) > largest:
            return None
        half = np.tensordot(tensor.conj(), a, axes=(0, 0))
        whole = np.tensordot(half, b, axes=(0, 0))
        below.append(open_gates.taken_off(whole, first + second))
    overlap = complex(below[-1][0].item())
    infidelity = min(max(1.0 - abs(overlap) ** 2, 0.0), 1.0)
    angle = math.asin(math.sqrt(infidelity))
    angle += math.asin(min(1.0, PER_GATE * (len(blocks.gates) + blocks.n)))
    floor = math.cos(angle) ** 2 if angle < math.pi / 2 else 0.0
    return Certificate(infidelity, floor, "exact tree contraction")


def chain_bond(target: TTN) -> float:
    """Return a bound of the largest bond of the chain that a tree unrolls to, sites in order.

    The rank across a cut of the sites is at most the least product of bonds of the tree that, cut,
    separate the two sides.

    Example:
        >>> chain_bond(TTN((np.ones((2, 2, 2)), np.ones((2, 2, 1))), ((0, 1), (3, 2))))
        2.0
    """
    n, most = target.n, 0.0
    bonds = [*target.phys, *(tensor.shape[2] for tensor in target.tensors)]
    weights = np.log(bonds).tolist()
    for cut in range(1, n):
        least = [(0.0, math.inf) if site < cut else (math.inf, 0.0) for site in range(n)]
        for pair in target.pairs:
            sides = [0.0, 0.0]
            for child in pair:
                here, there = least[child]
                sides[0] += min(here, there + weights[child])
                sides[1] += min(there, here + weights[child])
            least.append((sides[0], sides[1]))
        most = max(most, min(least[-1]))
    return round(math.exp(most), 6)


class _OpenGates:
    """The gates of a circuit that are not yet contracted, by their sites."""

    def __init__(self, blocks: Blocks) -> None:
        self.gates = blocks.gates
        self.left: list[list[int]] = [[] for _ in range(blocks.n)]  # the last one last
        for number, (sites, _) in enumerate(blocks.gates):
            for site in sites:
                self.left[site].append(number)

    def taken_off(self, tensor: np.ndarray, wires: list[int]) -> tuple[np.ndarray, list[int]]:
        """Contract the gates between wires that no other gate follows, and wires without gates.

        Args:
            tensor: the bond first, then an axis per wire.
            wires: their sites.
        """
        ready = {self.left[wire][-1] for wire in wires if self.left[wire]}
        while ready:
            number = max(ready)
            ready.remove(number)
            sites, matrix = self.gates[number]
            if any(s not in wires or self.left[s][-1] != number for s in sites):
                continue
            axes = [1 + wires.index(site) for site in sites]
            gate = matrix.reshape((2,) * (2 * len(sites)))
            tensor = np.tensordot(tensor, gate, axes=(axes, range(len(sites))))
            tensor = np.moveaxis(tensor, range(-len(sites), 0), axes)
            for site in sites:
                self.left[site].pop()
            ready |= {self.left[site][-1] for site in sites if self.left[site]}
        for wire in [wire for wire in wires if not self.left[wire]]:
            tensor = tensor.take(0, axis=1 + wires.index(wire))
            wires = [one for one in wires if one != wire]
        return tensor, wires
