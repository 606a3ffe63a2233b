"""Which simulation a circuit gets: pure, branching, or the density operator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp
from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping
from qiskit.providers import BackendV2
from qiskit_aer.noise import NoiseModel

from qtn._checks import instance, positive_int, real
from qtn.devices.measurements import columns_of, has_mid_circuit, opened
from qtn.devices.placement.transpile import transpile_to
from qtn.devices.tensor.branch import BranchSweep
from qtn.devices.tensor.density_chain import DensitySimulator, DensitySweep
from qtn.devices.tensor.forecast import (
    branch_seconds,
    chain_seconds,
    is_free_inside,
    plan_seconds,
    pure_seconds,
)
from qtn.devices.tensor.group_blocks import group_plan
from qtn.devices.tensor.group_sweep import GroupSweep
from qtn.devices.tensor.pure import PureSimulator, PureSweep
from qtn.devices.tensor.reported import Noise, ReportedChannels
from qtn.devices.tensor.sweep import Sweep
from qtn.interop.unitary import with_unitary_gates

__all__ = ["Simulator", "elementary"]

CHANNELS = frozenset(("kraus", "superop", "quantum_channel"))
PASSIVE = frozenset(("barrier", "delay", "measure", "reset", "store", "global_phase"))
STANDARD = frozenset(
    name for name, gate in get_standard_gate_name_mapping().items() if gate.num_qubits in (1, 2)
)
DEEPEST = 64  # definitions inside of definitions


class Simulator:
    """Simulates circuits at the least cost that is exact up to the truncation of bonds.

    Without noise the state is pure, and resets and mid-circuit measurements split it by outcome.
    Noise, and resets where an expectation value is asked for, need the density operator: as a
    chain, whose bonds are the squares of the pure ones, or of groups of qubits, which also take
    what happens in the middle. Which of them is told by their forecasts.
    """

    def __init__(
        self, noise_model: Noise | None, backend: Any, max_bond: int | None, cutoff: float
    ) -> None:
        if noise_model is not None:
            kinds = (NoiseModel, ReportedChannels)
            instance("noise_model", noise_model, kinds, "a noise model of Aer")
        if backend is not None:
            instance("backend", backend, BackendV2, "a Qiskit backend whose noise model to take")
        if noise_model is None and backend is not None:
            noise_model = ReportedChannels(backend.target)
        limit = None if max_bond is None else positive_int("max_bond", max_bond)
        cutoff = real("cutoff", cutoff, 0.0, 1.0)
        self._density = DensitySimulator(noise_model, limit, cutoff)
        self._pure = PureSimulator(self._density.table, limit, cutoff)
        self._named = self._density.names

    @property
    def ideal(self) -> bool:
        """Whether no gate has an error."""
        return self._density.ideal

    def sweep(self, circuit: QuantumCircuit, values: NDArray[Any], *, sampled: bool) -> Sweep:
        """Prepare the bindings of a circuit.

        Args:
            circuit: any circuit of gates, channels, resets, measurements and conditions.
            values: (bindings, parameters), columns in the order of `circuit.parameters`.
            sampled: whether outcomes are wanted, or expectation values.

        Raises:
            DeviceError: an operation that no tensor-network simulation here can take.
        """
        ready = elementary(circuit, self._named)
        kept = columns_of(values, circuit.parameters, ready.parameters)
        kept = np.zeros((len(values), 0)) if kept is None else kept
        inside = has_mid_circuit(ready)
        pure = self._density.ideal and CHANNELS.isdisjoint(ready.count_ops())
        branching = pure and inside and sampled and not self._density.table.has_readout
        alone = pure and not inside
        if sampled and (not alone or is_free_inside(ready)):
            bindings = len(kept)
            if inside:
                limit = branch_seconds(ready, bindings) if branching else math.inf
            else:
                limit = (pure_seconds if pure else chain_seconds)(ready, 0, bindings)
            groups = self._groups(ready, kept, limit)
            if groups is not None:
                return groups
        if alone:
            return PureSweep(self._pure, ready, kept)
        if branching:
            return BranchSweep(self._pure, ready, kept)
        return DensitySweep(self._density, ready, kept)

    def _groups(
        self, circuit: QuantumCircuit, values: NDArray[Any], limit: float
    ) -> GroupSweep | None:
        """Return the simulation by groups of qubits where it takes less than `limit` seconds."""
        relaxed = self._density.relaxed(circuit)
        plan = group_plan(relaxed)
        if plan is None or plan_seconds(plan, relaxed, 0, len(values)) >= limit:
            return None
        return GroupSweep(plan, self._density.table, relaxed, values)


def elementary(circuit: QuantumCircuit, known: frozenset[str] = frozenset()) -> QuantumCircuit:
    """Return the circuit in gates and channels on one or two qubits; elementary ones stay.

    Args:
        circuit: may hold circuits as gates, gates on many qubits, state preparations, loops.
        known: names of further gates that stay as they are, because a noise model names them.
    """
    circuit = with_unitary_gates(opened(circuit))
    for _ in range(DEEPEST):
        composite = {name for name in _composites(circuit) if name not in known}
        if not composite:
            return circuit
        simpler = circuit.decompose(gates_to_decompose=sorted(composite))
        if simpler.count_ops() == circuit.count_ops():
            break
        circuit = simpler
    return transpile_to(circuit, None, 0, name="the tensor engine").circuit


def _composites(circuit: QuantumCircuit) -> set[str]:
    found = set()
    for item in circuit.data:
        operation = item.operation
        if isinstance(operation, ControlFlowOp):
            for block in operation.blocks:
                found |= _composites(block)
        elif not _is_elementary(operation):
            found.add(operation.name)
    return found


def _is_elementary(operation: Any) -> bool:
    if operation.name in PASSIVE:
        return True
    if operation.num_qubits > 2:
        return False
    known = operation.name in STANDARD or operation.name in CHANNELS
    return known or isinstance(operation, UnitaryGate)
