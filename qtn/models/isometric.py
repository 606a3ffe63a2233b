"""Trees that are quantum circuits: unitaries on pairs of small registers, surplus qubits discarded.

A leaf is one qubit in the state φ(x). A node joins the registers of its children by an orthogonal
matrix U, keeps the first q qubits and traces out the rest,

    ρ_up = Σ_e K_e (ρ_l ⊗ ρ_r) K_eᵀ,        U = (K_0; K_1; …),

so that nothing is post-selected and the circuit runs deterministically. The root keeps all its
qubits: outcome o of their measurement stands for class o mod (number of classes).

U is the Q factor of a free square matrix, so that ordinary gradient steps stay on the manifold. The
start is the coarse-graining of the data: the leading eigenvectors of the pairs' second moments are
kept, the others discarded.

Reference: Huggins, Patil, Mitchell, Whaley, Stoudenmire, Quantum Sci. Technol. 4, 024001 (2019),
discriminative tree. Trained here through density matrices, without sampling.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from qtn.models.trees import Layer, Pairs, layers

_TINY = 1e-12


class IsometricTree(torch.nn.Module):
    """Free square matrices of the nodes, by layer, as trainable parameters.

    Args:
        pairs: the tree, see `qtn.models.trees`.
        classes: number of classes.
        nodes: per layer, shape (nodes, d², d²): d is the register dimension that reaches the layer.
        kept: register dimension that every layer keeps; the root's is d².
    """

    def __init__(self, pairs: Pairs, classes: int, nodes: list[Tensor], kept: list[int]) -> None:
        super().__init__()
        self.pairs, self.classes, self.kept = pairs, classes, kept
        self.sites = len(pairs) + 1
        self.layers = layers(pairs, self.sites)
        self.nodes = torch.nn.ParameterList(nodes)

    @classmethod
    def coarse_grained(cls, x: Tensor, classes: int, pairs: Pairs, bond: int) -> IsometricTree:
        """Build the tree from data.

        Args:
            x: features (rows, sites, 2) of unit length; some hundreds of rows suffice.
            classes: number of classes.
            pairs: the tree.
            bond: register dimension of inner edges, a power of 2.
        """
        rho = _pure(x.double())
        nodes: list[Tensor] = []
        plan = layers(pairs, len(pairs) + 1)
        dims = kept_dimensions(len(plan), bond)
        for layer, kept in zip(plan, dims, strict=True):
            moments = _joint(rho, layer).mean(dim=1)
            _, vectors = torch.linalg.eigh(moments)
            nodes.append(vectors.mT.flip(1).contiguous())
            rho = _append(_evolve(nodes[-1], _joint(rho, layer), kept), rho, layer, kept)
        return cls(pairs, classes, nodes, dims)

    def unitaries(self) -> list[Tensor]:
        """Return the orthogonal matrices of the nodes, by layer, shape (nodes, d², d²)."""
        out = []
        for node in self.nodes:
            q, r = torch.linalg.qr(node.mT)
            # Fix the signs, so that an orthogonal matrix is its own Q factor.
            sign = torch.where(r.diagonal(dim1=1, dim2=2) < 0, -1.0, 1.0).to(q.dtype)
            out.append((q * sign[:, None, :]).mT)
        return out

    def probabilities(self, x: Tensor) -> Tensor:
        """Return the probabilities of the classes, shape (rows, classes).

        Args:
            x: features (rows, sites, 2) of unit length.
        """
        rho = _pure(x)
        for layer, u, kept in zip(self.layers, self.unitaries(), self.kept, strict=True):
            rho = _append(_evolve(u, _joint(rho, layer), kept), rho, layer, kept)
        outcomes = rho[0].diagonal(dim1=1, dim2=2)
        padded = torch.nn.functional.pad(outcomes, (0, -outcomes.shape[1] % self.classes))
        return padded.reshape(len(x), -1, self.classes).sum(dim=1)

    def forward(self, x: Tensor, unit: bool = False) -> tuple[Tensor, Tensor]:
        """Return the square roots of the probabilities, and log scales of 0, for the Born loss."""
        p = self.probabilities(x.permute(2, 0, 1))
        return (p + _TINY).sqrt(), torch.zeros_like(p[:, 0])

    def log_norm(self) -> Tensor:
        """Return 0: the probabilities are normalised."""
        return torch.zeros((), dtype=self.nodes[0].dtype, device=self.nodes[0].device)


def kept_dimensions(depth: int, bond: int) -> list[int]:
    """Return the register dimension that each layer keeps; the root keeps everything."""
    out, d = [], 2
    for level in range(depth):
        d = d * d if level == depth - 1 else min(bond, d * d)
        out.append(d)
    return out


def _pure(x: Tensor) -> Tensor:
    """Return |φ⟩⟨φ| of every site, shape (sites, rows, 2, 2)."""
    v = x.transpose(0, 1)
    return v[:, :, :, None] * v[:, :, None, :]


def _joint(rho: Tensor, layer: Layer) -> Tensor:
    left, right = rho[list(layer.left)], rho[list(layer.right)]
    size = left.shape[2] * right.shape[2]
    outer = left[:, :, :, None, :, None] * right[:, :, None, :, None, :]
    return outer.reshape(*left.shape[:2], size, size)


def _evolve(u: Tensor, joint: Tensor, kept: int) -> Tensor:
    """Apply U ρ Uᵀ and trace out what is not kept: outcome index = (discarded, kept)."""
    moved = u[:, None] @ joint  # (nodes, rows, d², d²)
    size = u.shape[1]
    if kept == size:
        return moved @ u.mT[:, None]
    nodes, rows = joint.shape[:2]
    left = moved.reshape(nodes, rows, size // kept, kept, size)
    right = u.reshape(nodes, 1, size // kept, kept, size)
    return (left @ right.mT).sum(dim=2)


def _append(new: Tensor, rho: Tensor, layer: Layer, kept: int) -> Tensor:
    """Put registers that pass the layer behind, with fresh qubits in |0⟩ as their high qubits."""
    if not layer.passed:
        return new
    grow = kept - rho.shape[2]
    return torch.cat([new, torch.nn.functional.pad(rho[list(layer.passed)], (0, grow, 0, grow))])


def tree_circuit(network: IsometricTree, reset: bool = False) -> Any:
    """Return the network as a Qiskit circuit with one angle parameter per site and a final readout.

    Site i is prepared by RY(θ_i) with θ_i = π x_i. Every node is one `UnitaryGate`; the root's
    qubits are measured into the classical register, whose value modulo the number of classes is
    the class.

    Args:
        network: a trained tree.
        reset: True uses the qubits again after they were discarded (mid-circuit reset), so that
            their number grows with the depth of the tree instead of the number of sites.

    Returns:
        A `QuantumCircuit`. No outcome is post-selected: the success probability is 1.
    """
    from qiskit import ClassicalRegister, QuantumCircuit
    from qiskit.circuit import ParameterVector
    from qiskit.circuit.library import UnitaryGate

    angles = ParameterVector("θ", network.sites)
    matrices = {
        number: u.detach().cpu().numpy()
        # Q factors in double precision, so that the gates are unitary to rounding.
        for layer, stack in zip(network.layers, deepcopy(network).double().unitaries(), strict=True)
        for number, u in zip(layer.numbers, stack, strict=True)
    }
    widths = _widths(network)
    steps: list[tuple[str, Any, list[int]]] = []
    free: list[int] = []
    used: set[int] = set()
    total = 0

    def fresh() -> int:
        nonlocal total
        if reset and free:
            qubit = free.pop()
            steps.append(("reset", None, [qubit]))
        else:
            qubit, total = total, total + 1
        used.add(qubit)
        return qubit

    def build(node: int, width: int) -> list[int]:
        """Return the register of a node, lowest qubit first, widened by qubits in |0⟩."""
        if node < network.sites:
            qubits = [fresh()]
            steps.append(("ry", angles[node], qubits))
        else:
            a, b = network.pairs[node - network.sites]
            inner = round(len(matrices[node]) ** 0.5).bit_length() - 1
            first, second = build(a, inner), build(b, inner)
            joint = second + first  # the left child is the slow index
            steps.append(("unitary", UnitaryGate(matrices[node]), joint))
            qubits = joint[: widths[node]]
            free.extend(joint[widths[node] :])
        return qubits + [fresh() for _ in range(width - len(qubits))]

    root = 2 * network.sites - 2
    readout = build(root, widths[root])
    circuit = QuantumCircuit(total)
    circuit.add_register(ClassicalRegister(len(readout), "label"))
    for name, gate, qubits in steps:
        if name == "reset":
            circuit.reset(qubits[0])
        elif name == "ry":
            circuit.ry(gate, qubits[0])
        else:
            circuit.append(gate, qubits)
    circuit.measure(readout, range(len(readout)))
    return circuit


def _widths(network: IsometricTree) -> dict[int, int]:
    return {
        number: kept.bit_length() - 1
        for layer, kept in zip(network.layers, network.kept, strict=True)
        for number in layer.numbers
    }
