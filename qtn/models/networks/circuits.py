"""Isometric networks as Qiskit circuits, exactly: one angle per site, a readout, no post-selection.

Site i is prepared by RY(θ_i) with θ_i = π x_i. Every gate is one `UnitaryGate`. The value measured
into the classical register "label", modulo the number of classes, is the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtn.models.networks.isometric import IsometricChain, IsometricNetwork, IsometricTree

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def isometric_circuit(network: IsometricNetwork, reset: bool = False) -> QuantumCircuit:
    """Return a trained network as a circuit.

    Args:
        network: a chain or a tree.
        reset: True uses discarded qubits again (mid-circuit reset): a chain then takes one qubit
            more than its memory, a tree a number that grows with its depth.

    Returns:
        A circuit with a parameter vector of one angle per site. Its success probability is 1.
    """
    if isinstance(network, IsometricChain):
        return _chain_circuit(network, reset)
    assert isinstance(network, IsometricTree)
    return _tree_circuit(network, reset)


class _Writer:
    """Collects gates while the number of qubits is still open."""

    def __init__(self, sites: int, reset: bool) -> None:
        from qiskit.circuit import ParameterVector

        self.angles = ParameterVector("θ", sites)
        self.reset = reset
        self.steps: list[tuple[str, Any, list[int]]] = []
        self.free: list[int] = []
        self.total = 0

    def fresh(self) -> int:
        """Return a qubit in |0⟩."""
        if self.reset and self.free:
            qubit = self.free.pop()
            self.steps.append(("reset", None, [qubit]))
        else:
            qubit, self.total = self.total, self.total + 1
        return qubit

    def site(self, number: int) -> int:
        """Return a qubit that holds a site."""
        qubit = self.fresh()
        self.steps.append(("ry", self.angles[number], [qubit]))
        return qubit

    def gate(self, matrix: Any, qubits: list[int], kept: int) -> list[int]:
        """Apply a matrix, discard all but the `kept` lowest qubits, and return those."""
        self.steps.append(("unitary", matrix, qubits))
        self.free.extend(qubits[kept:])
        return qubits[:kept]

    def finish(self, register: list[int]) -> QuantumCircuit:
        """Return the circuit that measures a register, lowest qubit first."""
        from qiskit import ClassicalRegister, QuantumCircuit
        from qiskit.circuit.library import UnitaryGate

        circuit = QuantumCircuit(self.total)
        circuit.add_register(ClassicalRegister(len(register), "label"))
        for name, value, qubits in self.steps:
            if name == "reset":
                circuit.reset(qubits[0])
            elif name == "ry":
                circuit.ry(value, qubits[0])
            else:
                circuit.append(UnitaryGate(value), qubits)
        circuit.measure(register, range(len(register)))
        return circuit


def _chain_circuit(network: IsometricChain, reset: bool) -> QuantumCircuit:
    writer = _Writer(network.sites, reset)
    width = network.bond.bit_length() - 1
    memory = [writer.fresh() for _ in range(width)]
    gates = network.unitaries()[0].numpy()
    for site, gate in enumerate(gates):
        # The site is the fast index of a column, the discarded qubit the slow one of a row.
        kept = width if site < len(gates) - 1 else width + 1
        memory = writer.gate(gate, [writer.site(site), *memory], kept)
    return writer.finish(memory)


def _tree_circuit(network: IsometricTree, reset: bool) -> QuantumCircuit:
    writer = _Writer(network.sites, reset)
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
            qubits = writer.gate(matrices[node], second + first, widths[node])
        return qubits + [writer.fresh() for _ in range(width - len(qubits))]

    root = 2 * network.sites - 2
    return writer.finish(build(root, widths[root]))
