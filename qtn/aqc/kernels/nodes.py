r"""Exact overlap and gradient of a circuit in the shape of a tree with a tree.

Every node of the circuit is an isometry V from its memory to the wires of its two children. With M
the matrix (bond of the target, wires of the circuit) below a bond, all sites contracted,

.. math::
    M_{uc} = \sum \overline{A}_{lru}\, V_{xy,c}\, M^{\mathrm{left}}_{lx}\, M^{\mathrm{right}}_{ry}

and M at the root is ⟨target|circuit⟩. Nothing is truncated. Going down again gives the derivative
by every V, and through its gates by every gate.

Cost: per node of w wires, m of them memory, 4 × 128 · 2^(w+m-2) operations for a gate (forward,
undone, its environment, backward), and O(2^w χ²) for the contraction. Memory: twice the isometries.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels import nodes_loops as loops
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.nodes import Node, Nodes, TargetTree
from qtn.states.kernels.blas import GEMM

_ZGEMM = GEMM[np.dtype(np.complex128)]


class NodesKernel:
    """Overlap and environments of the gates of `shape` with `tree`.

    Args:
        tree: the target; its tensors are used as they are.
        shape: its nodes with their gates.
    """

    cut = 0.0  # nothing is truncated

    def __init__(self, tree: TargetTree, shape: Nodes) -> None:
        self.ansatz: Ansatz | Nodes = shape
        pairs = np.array([b for node in shape.nodes for b in node.pairs], dtype=np.int64)
        tensors = np.concatenate([t.conj().reshape(-1) for t in tree.tensors]).astype(complex)
        table, sizes = _table(shape.nodes, tree)
        self._network = loops.Network(pairs, table, tensors)
        self._room = _room(shape.nodes, tree, sizes)
        for row, blocks in zip(table, tree.below):
            for column, block in zip((loops.LEFT_AT, loops.RIGHT_AT), blocks):
                if block is not None:
                    at = slice(row[column], row[column] + block.size)
                    self._room.bonds[at] = block.conj().reshape(-1)
        self._out = np.zeros((shape.size, 2, 4, 4))

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and all environments; gates and environments are (gates, 2, 4, 4)."""
        gates = np.ascontiguousarray(gates)
        value = loops.overlap(_ZGEMM, gates, self._network, self._room)
        loops.environments(_ZGEMM, gates, self._network, self._room, self._out)
        return complex(value), self._out


def _table(nodes: tuple[Node, ...], tree: TargetTree) -> tuple[np.ndarray, tuple[int, int, int]]:
    """Return what the loops know of the nodes, and the room for bonds, isometries and halves."""
    table = np.zeros((len(nodes), loops.COLUMNS), dtype=np.int64)
    dims = [tensor.shape for tensor in tree.tensors]
    starts = np.cumsum([0, *(dims[k][2] << node.memory for k, node in enumerate(nodes))])
    end = int(starts[-1])
    gate = tensor = isometry = half = 0
    for k, node in enumerate(nodes):
        wires = len(node.sites)
        at = []
        for child, block in zip(node.children, tree.below[k]):
            at.append(-1 if child is None else int(starts[child]))
            if block is not None:
                at[-1], end = end, end + block.size
        table[k] = (
            gate, gate + len(node.pairs), wires, node.memory,
            wires - node.place - node.memory, node.cut, *dims[k],
            *at, int(starts[k]), tensor, isometry, half,
        )  # fmt: skip
        gate += len(node.pairs)
        tensor += tree.tensors[k].size
        isometry += 1 << (wires + node.memory)
        half += dims[k][0] << (wires - node.cut + node.memory)
    return table, (end, isometry, half)


def _room(nodes: tuple[Node, ...], tree: TargetTree, sizes: tuple[int, int, int]) -> loops.Room:
    size = max(1 << (len(node.sites) + node.memory) for node in nodes)
    widest = max(
        max(tensor.shape[0], 1 << node.cut)
        * max(tensor.shape[1], 1 << (len(node.sites) - node.cut))
        << node.memory
        for node, tensor in zip(nodes, tree.tensors)
    )
    bonds, isometries, halves = sizes
    return loops.Room(
        np.zeros(bonds, dtype=complex), np.zeros(bonds, dtype=complex),
        np.empty(isometries, dtype=complex), np.empty(halves, dtype=complex),
        np.empty((3, widest), dtype=complex), np.empty((2, 2, size)), np.empty((2, 2, size)),
    )  # fmt: skip
