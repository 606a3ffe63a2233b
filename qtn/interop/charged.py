"""Circuits that conserve charges, as states in blocks: the charges are found, not declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.interop.circuits import GateList, first_major, gate_list, preparation
from qtn.states import MPS, BlockMPS, BlockTruncation
from qtn.states.blocks.dense import product_sites
from qtn.states.blocks.gate_charges import conserved_by
from qtn.states.blocks.grouping.merging import (
    Gate,
    Groups,
    grouped,
    local_gates,
    merged,
    starting_levels,
)
from qtn.states.blocks.grouping.qubit_sites import group_charges, group_levels, split_sites
from qtn.states.blocks.labels import Charges, read_charges
from qtn.states.blocks.moves import scaled
from qtn.states.blocks.sites import Site

__all__ = ["ChargedCircuit", "charged_circuit", "charged_to_mps", "circuit_to_blocks"]


@dataclass(frozen=True, slots=True)
class ChargedCircuit:
    """A circuit as gates between sites of one or two qubits, all of which conserve charges.

    Args:
        weights: integers (k, qubits), what an excitation of a qubit adds to every charge.
        groups: the qubits of every site.
        start: the product state that it acts on.
        gates: pairs (sites, matrix).
        phase: e^{iφ} that the gates leave out.
    """

    weights: NDArray[np.int64]
    groups: Groups
    start: BlockMPS
    gates: tuple[Gate, ...]
    phase: complex

    @property
    def qubit_charges(self) -> Charges:
        """The charges of a chain with one qubit per site."""
        return read_charges(self.weights, (2,) * self.weights.shape[1])

    def on_qubits(self, sites: Sequence[Site]) -> list[Site]:
        """Return a chain after the gates with one qubit per site, times the phase."""
        first, *others = split_sites(sites, self.weights, self.groups)[0]
        return [scaled(first, self.phase), *others]

    def split(self, found: BlockTruncation) -> BlockTruncation:
        """Return the state after the gates with one qubit per site, and what it lost."""
        state = BlockMPS(tuple(self.on_qubits(found.state.sites)), self.qubit_charges)
        homes = tuple(site for site, qubits in enumerate(self.groups) for _ in qubits)
        lost = np.zeros(max(state.n - 1, 0))
        lost[np.flatnonzero(np.diff(homes))] = found.discarded
        return BlockTruncation(state, lost, found.distance, found.losses, homes)


def charged_circuit(gates: GateList, weights: Any = None) -> ChargedCircuit | None:
    """Return a circuit in terms of the charges that its gates conserve; None if there are none.

    Args:
        gates: the circuit, which acts on |0…0⟩.
        weights: integers (k, qubits) to take instead of those found.
    """
    ours = [(qubits, first_major(matrix)) for qubits, matrix in gates.gates]
    levels, phase, rest = starting_levels(ours, gates.n)
    local = local_gates(rest)
    found = conserved_by(local, gates.n) if weights is None else weights
    if found is None:
        return None
    groups = grouped(local, gates.n)
    charges = group_charges(found, groups)
    start = BlockMPS(tuple(product_sites(group_levels(levels, groups), charges)), charges)
    return ChargedCircuit(found, groups, start, tuple(merged(local, groups)), gates.phase * phase)


@few_threads(1)
def circuit_to_blocks(
    circuit: Any,
    charges: Sequence[Sequence[int]] | None = None,
    *,
    max_bond: int | None = None,
    cutoff: float = 1e-13,
) -> BlockTruncation:
    """Simulate a circuit that conserves charges from |0…0⟩, in blocks; qubit i becomes site i.

    The charges are found from the gates: weights w for which no gate changes Σ_i w_i n_i. First
    gates on single qubits may prepare any product of levels. Two qubits share a site on the way
    where that saves work, and gates between two sites that may act together are one.

    Args:
        circuit: a `QuantumCircuit`, a compiled or transpiled result, or OpenQASM text.
        charges: integers (k, qubits) to use instead of those found: what an excitation of a qubit
            adds to every charge.
        max_bond: largest bond dimension between sites, all sectors together; None for no limit.
        cutoff: relative squared weight that one truncation may lose.

    Returns:
        The state (norm reduced by what was lost) with what truncations lost: `distance` bounds the
        distance to the exact state, `certified` gives values with bounds.

    Raises:
        ArgumentError: no circuit, free parameters, or gates that conserve no charge, or not those
            given.

    Cost: O(Σ_q χ_q³) per pair of neighbours and layer.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(4)
        >>> _ = circuit.x(0), circuit.x(3)
        >>> for a, b in [(0, 2), (1, 3), (0, 2)]:
        ...     _ = circuit.rxx(0.2, a, b), circuit.ryy(0.2, a, b)
        >>> found = circuit_to_blocks(circuit)
        >>> found.state.total, found.state.max_bond
        ((1, 1), 4)

    Reference: Singh, Pfeifer and Vidal, Phys. Rev. B 83, 115125 (2011).
    """
    gates = gate_list(circuit)
    weights = None
    if charges is not None:
        weights = np.asarray(charges)
        if weights.ndim != 2 or weights.dtype.kind not in "iu" or weights.shape[1] != gates.n:
            raise fail("charges", f"None or integers of shape (k, {gates.n})", charges)
    found = charged_circuit(gates, weights)
    if found is None:
        raise ArgumentError(
            "The gates of the circuit conserve no charge Σ w_i n_i, so there are no blocks. "
            "qtn.verify and qtn.compile take the circuit as it is; a parity alone is not used."
        )
    return found.split(found.start.evolved(found.gates, max_bond=max_bond, cutoff=cutoff))


@few_threads(1)
def charged_to_mps(circuit: Any, max_bond: int, cutoff: float = 1e-15) -> MPS | None:
    """Return the state of a circuit that conserves charges as a chain, or None for other circuits.

    Every qubit must have a part in a charge: what acts on the others would gain nothing.

    Args:
        circuit: as for `circuit_to_blocks`.
        max_bond: largest bond of the chain.
        cutoff: relative squared weight that one truncation may lose.

    Returns:
        The normalised state; its `origin` knows the circuit and how far from it the state may be.

    Cost: O(Σ_q χ_q³) per pair of neighbours and layer, the bonds 2 `max_bond` at most on the way.
    """
    gates = gate_list(circuit)
    found = charged_circuit(gates)
    origin = preparation([(q[::-1], m) for q, m in gates.gates], gates.n)
    if found is None or origin is None or not found.weights.any(axis=0).all():
        return None
    evolved = found.start.evolved(found.gates, max_bond=2 * max_bond, cutoff=cutoff)
    whole = found.split(evolved)
    short = whole.state.truncated(max_bond=max_bond, cutoff=cutoff)
    origin = replace(origin, distance=whole.distance + short.distance)
    return MPS(short.state.to_mps().normalised().tensors, origin=origin)
