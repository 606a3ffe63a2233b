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
        self._pairs = np.array([b for node in shape.nodes for b in node.pairs], dtype=np.int64)
        self._tensors = np.concatenate([t.conj().reshape(-1) for t in tree.tensors]).astype(complex)
        self._table = np.zeros((len(shape.nodes), loops.COLUMNS), dtype=np.int64)
        size = self._fill_table(shape.nodes, tree)
        self._bonds, self._above = np.zeros((2, size), dtype=complex)
        for row, blocks in zip(self._table, tree.below):
            for column, block in zip((loops.LEFT_AT, loops.RIGHT_AT), blocks):
                if block is not None:
                    at = slice(row[column], row[column] + block.size)
                    self._bonds[at] = block.conj().reshape(-1)
        self._make_room(shape.nodes, tree)
        self._out = np.zeros((shape.size, 2, 4, 4))

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and all environments; gates and environments are (gates, 2, 4, 4)."""
        shared = self._register, self._isometries, self._halves, self._work
        fixed = _ZGEMM, np.ascontiguousarray(gates), self._pairs, self._table, self._tensors
        value = loops.overlap(*fixed, self._bonds, *shared)
        loops.environments(*fixed, self._bonds, self._above, *shared, self._back, self._out)
        return complex(value), self._out

    def _fill_table(self, nodes: tuple[Node, ...], tree: TargetTree) -> int:
        """Write what the loops know of the nodes; return the room that the bonds take."""
        dims = [tensor.shape for tensor in tree.tensors]
        sizes = [dims[k][2] << node.memory for k, node in enumerate(nodes)]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        end = int(starts[-1])
        gate = tensor = isometry = half = 0
        for k, node in enumerate(nodes):
            wires = len(node.sites)
            at = []
            for child, block in zip(node.children, tree.below[k]):
                at.append(-1 if child is None else int(starts[child]))
                if block is not None:
                    at[-1], end = end, end + block.size
            self._table[k] = (
                gate, gate + len(node.pairs), wires, node.memory,
                wires - node.place - node.memory, node.cut, *dims[k],
                *at, int(starts[k]), tensor, isometry, half,
            )  # fmt: skip
            gate += len(node.pairs)
            tensor += tree.tensors[k].size
            isometry += 1 << (wires + node.memory)
            half += dims[k][0] << (wires - node.cut + node.memory)
        self._isometries = np.empty(isometry, dtype=complex)
        self._halves = np.empty(half, dtype=complex)
        return end

    def _make_room(self, nodes: tuple[Node, ...], tree: TargetTree) -> None:
        size = max(1 << (len(node.sites) + node.memory) for node in nodes)
        self._register, self._back = np.empty((2, 2, 2, size))
        widest = max(
            max(tensor.shape[0], 1 << node.cut)
            * max(tensor.shape[1], 1 << (len(node.sites) - node.cut))
            << node.memory
            for node, tensor in zip(nodes, tree.tensors)
        )
        self._work = np.empty((3, widest), dtype=complex)
