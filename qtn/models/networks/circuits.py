"""Isometric networks as Qiskit circuits, exactly: one angle per site, a readout, no post-selection.

Site i is prepared by RY(θ_i) with θ_i = π x_i. A gate on registers is one `UnitaryGate`; a block of
SO(4) is two CX between one-qubit gates. The value measured into the classical register "label",
modulo the number of classes, is the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtn.models.networks.circuit_writer import Writer
from qtn.models.networks.isometric import IsometricChain, IsometricNetwork, IsometricTree
from qtn.models.networks.pair_blocks.block_chain import BlockChain
from qtn.models.networks.pair_blocks.block_tree import BlockTree

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def isometric_circuit(network: IsometricNetwork, reset: bool = False) -> QuantumCircuit:
    """Return a trained network as a circuit.

    Args:
        network: a chain or a tree, of matrices or of blocks.
        reset: True uses discarded qubits again (mid-circuit reset): a chain then takes one qubit
            more than its memory, a tree a number that grows with its depth.

    Returns:
        A circuit with a parameter vector of one angle per site. Its success probability is 1.
    """
    if isinstance(network, BlockChain):
        return _block_chain_circuit(network, reset)
    if isinstance(network, BlockTree):
        return _block_tree_circuit(network, reset)
    if isinstance(network, IsometricChain):
        return _chain_circuit(network, reset)
    assert isinstance(network, IsometricTree)
    return _tree_circuit(network, reset)


def _chain_circuit(network: IsometricChain, reset: bool) -> QuantumCircuit:
    writer = Writer(network.sites, reset)
    width = network.bond.bit_length() - 1
    memory = [writer.fresh() for _ in range(width)]
    gates = network.unitaries()[0].numpy()
    for site, gate in enumerate(gates):
        # The site is the fast index of a column, the discarded qubit the slow one of a row.
        kept = width if site < len(gates) - 1 else width + 1
        qubits = [writer.site(site), *memory]
        writer.gate(gate, qubits)
        writer.discard(qubits[kept:])
        memory = qubits[:kept]
    return writer.finish(memory)


def _tree_circuit(network: IsometricTree, reset: bool) -> QuantumCircuit:
    writer = Writer(network.sites, reset)
    matrices: dict[int, Any] = {}
    widths: dict[int, int] = {}
    for layer, stack, kept in zip(network.layers, network.unitaries(), network.kept, strict=True):
        for number, matrix in zip(layer.numbers, stack.numpy(), strict=True):
            matrices[number], widths[number] = matrix, kept.bit_length() - 1

    def build(node: int, width: int) -> list[int]:
        """Return the register of a node, lowest qubit first, widened by qubits in |0⟩."""
        if node < network.sites:
            qubits = [writer.site(node)]
        else:
            a, b = network.pairs[node - network.sites]
            inner = round(len(matrices[node]) ** 0.5).bit_length() - 1
            first, second = build(a, inner), build(b, inner)
            # The left child is the slow index.
            joined = second + first
            writer.gate(matrices[node], joined)
            writer.discard(joined[widths[node] :])
            qubits = joined[: widths[node]]
        return qubits + [writer.fresh() for _ in range(width - len(qubits))]

    root = 2 * network.sites - 2
    return writer.finish(build(root, widths[root]))


def _block_chain_circuit(network: BlockChain, reset: bool) -> QuantumCircuit:
    writer = Writer(network.sites, reset)
    memory = [writer.fresh() for _ in range(network.width)]
    gates = network.unitaries()[0].unflatten(0, (network.sites, -1)).numpy()
    for site, blocks in enumerate(gates):
        wires = [writer.site(site), *memory]
        for wire, block in zip(network.pattern.blocks, blocks, strict=True):
            writer.block(block, wires[wire], wires[wire + 1])
        if site < network.sites - 1:
            writer.discard(wires[:1])
            memory = [*wires[2:], wires[1]]  # its wires take turns
    return writer.finish(wires[::-1])


def _block_tree_circuit(network: BlockTree, reset: bool) -> QuantumCircuit:
    writer, plan = Writer(network.sites, reset), network.plan
    nodes = {}
    for stack, pattern, members in zip(
        network.node_blocks(network.unitaries()[0]), plan.patterns, plan.members, strict=True
    ):
        for blocks, number in zip(stack.numpy(), members, strict=True):
            nodes[number] = (blocks, pattern)

    def build(node: int) -> list[int]:
        """Return the wires of a node's register."""
        if node < network.sites:
            return [writer.site(node)]
        first, second = network.pairs[node - network.sites]
        wires, (blocks, pattern) = build(first) + build(second), nodes[node]
        for wire, block in zip(pattern.blocks, blocks, strict=True):
            writer.block(block, wires[wire], wires[wire + 1])
        end = pattern.first + pattern.kept
        writer.discard([*wires[: pattern.first], *wires[end:]])
        return wires[pattern.first : end]

    return writer.finish(build(2 * network.sites - 2)[::-1])
