"""Registers that go on from a smaller circuit, and therefore never end worse than it.

A register of more entanglers need not hold the circuits of one of fewer: a CX between one-qubit
gates is never the identity. Two of them on the same wires are, so what is added comes in pairs.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from qtn.aqc.kernels.gates import parted
from qtn.aqc.result import Compiled
from qtn.aqc.search.entanglers import CX
from qtn.aqc.shape.nodes import Node, Nodes
from qtn.errors import ArgumentError


def enlarged(shape: Nodes, start: Compiled) -> tuple[Nodes, np.ndarray]:
    """Return a shape of as many entanglers that holds a smaller circuit, and its gates there.

    Args:
        shape: as it is laid out without a start.
        start: a result of the same shape, which is returned then, or of a smaller one.

    Returns:
        The shape, its registers filled up by pairs of entanglers that undo one another (one is left
        out where an odd number is missing), and the gates in parts (size, 2, 4, 4).

    Raises:
        ArgumentError: blocks of the start lie on other wires than those of the registers, or are
            more than the shape has.

    Example:
        >>> import numpy as np
        >>> import qtn
        >>> from qtn.aqc.shape.chain_trees import chain_tree
        >>> amplitudes = np.random.default_rng(0).normal(size=32)
        >>> state = qtn.MPS.from_dense(amplitudes).normalised()
        >>> few = qtn.compile(state, qtn.Window(0.6, steps=50))
        >>> shape, _ = enlarged(chain_tree(state.tensors).shape.filled(0.9), few)
        >>> few.blocks, shape.size
        (11, 15)
    """
    blocks = [(sites, matrix) for sites, matrix in start.sequence.gates if len(sites) == 2]
    gates = parted(np.array([matrix for _, matrix in blocks], dtype=complex).reshape(-1, 4, 4))
    if [sites for sites, _ in blocks] == shape.where:
        return shape, gates
    parts = _by_registers(shape, [sites for sites, _ in blocks])
    if parts is None or len(blocks) > shape.size:
        raise ArgumentError(
            f"Argument `start` must be a result of the same shape, {shape.size} entanglers on "
            f"{shape.n} sites, or of a smaller one, but is {start!r}. Give the options that it was "
            "compiled with, or a larger `fullness`."
        )
    idle = np.zeros((2, 4, 4))
    idle[0] = CX
    nodes, filled, done = [], [], 0
    for node, pairs in zip(shape.nodes, parts, strict=True):
        full = pairs + _pairs_beyond(node, pairs)
        nodes.append(replace(node, pairs=tuple(full)))
        filled += [*gates[done : done + len(pairs)], *[idle] * (len(full) - len(pairs))]
        done += len(pairs)
    return replace(shape, nodes=tuple(nodes)), np.array(filled)


def _by_registers(shape: Nodes, where: list[tuple[int, ...]]) -> list[list[int]] | None:
    """Return the wires of every entangler, each in the first register that is left and holds it."""
    parts: list[list[int]] = [[] for _ in shape.nodes]
    k = 0
    for sites in where:
        while k < len(parts) and not _on_neighbours(shape.nodes[k], sites):
            k += 1
        if k == len(parts):
            return None
        parts[k].append(shape.nodes[k].sites.index(sites[0]))
    return parts


def _on_neighbours(node: Node, sites: tuple[int, ...]) -> bool:
    return any(sites == pair for pair in pairwise(node.sites))


def _pairs_beyond(node: Node, pairs: list[int]) -> list[int]:
    """Return wires of what fills a register up: going on in its sweeps, every pair twice."""
    missing = max(len(node.pairs) - len(pairs), 0) // 2
    width = len(node.sites)
    sweep = node.laid_out(len(pairs) + missing + width).pairs[len(pairs) :]
    skip = int(bool(pairs) and bool(sweep) and width > 2 and sweep[0] == pairs[-1])
    return [wires for wires in sweep[skip : skip + missing] for _ in range(2)]
