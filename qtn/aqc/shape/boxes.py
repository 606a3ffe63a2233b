r"""A state as one unitary per tensor: exact, without a search, in as many gates as that takes.

Every node of a tree has a register of wires, as in `qtn.aqc.shape.nodes`: the memory that its
parent left and fresh wires in |0⟩. Its tensor is an isometry from the bond above to the bonds
below, and any unitary with that isometry in the columns where the fresh wires are 0 prepares it:

.. math:: U|u, 0\rangle = \sum_{lr} T_{lru} |l\rangle |r\rangle .

Its other columns are completed here by a QR decomposition of the isometry beside the identity, so
that the same tensors always give the same unitary.

Reference: Schön, Solano, Verstraete, Cirac and Wolf, Phys. Rev. Lett. 95, 110503 (2005), for a
chain; a register per node of a tree instead.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from qtn.aqc.shape.nodes import Node, Nodes, TargetTree
from qtn.interop.unitary import nearest_unitary


def boxed(tree: TargetTree) -> QuantumCircuit:
    """Return the circuit of unitaries on registers that prepares a tree of tensors.

    Args:
        tree: of canonical tensors: isometries from the bond above to the bonds below.

    Returns:
        Site i is qubit i; gates are `UnitaryGate`, which Qiskit takes apart.

    Cost: O(8^w) for a register of w wires.
    """
    circuit, turns = QuantumCircuit(tree.shape.n), dict(tree.shape.alone)
    for node, tensor, below in zip(tree.shape.nodes, tree.tensors, tree.below, strict=True):
        if node.sites in turns and not node.memory:
            matrix = cmath.exp(1j * cmath.phase(tensor.flat[0])) * turns.pop(node.sites)
        elif node.sites:
            matrix = _completed(_columns(node, tensor, below), node)
        else:  # a node above products alone is a number
            circuit.global_phase += cmath.phase(tensor.flat[0])
            continue
        # Our first wire is the most significant digit, Qiskit's the least significant one.
        circuit.append(UnitaryGate(nearest_unitary(matrix), check_input=False), node.sites[::-1])
    return circuit


def widest(shape: Nodes) -> int:
    """Return the number of wires of the largest register."""
    return max((len(node.sites) for node in shape.nodes), default=1)


def cost(shape: Nodes) -> int:
    """Return about how many CX Qiskit's decomposition of the unitaries takes.

    23/48 4^w - 3/2 2^w + 4/3 on w ≥ 3 wires (Shende, Bullock and Markov, IEEE Trans. CAD 25, 1000
    (2006), theorem 15).
    """
    small = {0: 0, 1: 0, 2: 3}
    return sum(
        small[w] if w < 3 else math.ceil(23 / 48 * 4**w - 1.5 * 2**w + 4 / 3)
        for w in (len(node.sites) for node in shape.nodes)
    )


def _columns(
    node: Node, tensor: np.ndarray, below: tuple[np.ndarray | None, np.ndarray | None]
) -> np.ndarray:
    """Return the isometry (2^wires, bond above) of a node: bonds below as digits of its wires."""
    left, right, up = tensor.shape
    wires = node.cut, len(node.sites) - node.cut
    sides = []
    for bond, count, block in zip((left, right), wires, below):
        sides.append(np.eye(bond, 2**count) if block is None else block)
    return np.einsum("lru,lx,ry->xyu", tensor, *sides).reshape(-1, up)


def _completed(columns: np.ndarray, node: Node) -> np.ndarray:
    """Return the unitary whose inputs with fresh wires in |0⟩ are the columns."""
    size, given = columns.shape
    basis = np.linalg.qr(np.hstack([columns, np.eye(size)]))[0]
    where = np.arange(given) << (len(node.sites) - node.memory - node.place)
    rest = np.setdiff1d(np.arange(size), where)
    out = np.empty((size, size), basis.dtype)
    out[:, where], out[:, rest] = columns, basis[:, given:size]
    return out
