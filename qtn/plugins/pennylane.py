"""`qml.device("qtn.mps")`: PennyLane circuits on matrix product states, any number of wires.

Expectation values without shots are exact up to the truncation of bonds; with shots they come
from exact samples. Gradients are PennyLane's own parameter shifts.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pennylane as qml
from pennylane.devices import Device, ExecutionConfig
from pennylane.devices.modifiers import simulator_tracking, single_tape_support
from pennylane.devices.preprocess import (
    decompose,
    device_resolve_dynamic_wires,
    validate_device_wires,
    validate_measurements,
)
from pennylane.exceptions import DeviceError
from pennylane.tape import QuantumScript

from qtn._checks import bounded_int, positive_int, real
from qtn._random import derived_seed
from qtn.plugins import pennylane_exact, pennylane_samples
from qtn.plugins.pennylane_state import GATES, chain_of, is_native
from qtn.plugins.pennylane_template import Plan, PrepareState

__all__ = ["MPSDevice", "Plan", "PrepareState"]

NOTICEABLE = 1e-3  # distance of the state from the exact one that is worth a word


@simulator_tracking
@single_tape_support
class MPSDevice(Device):
    """Matrix-product-state simulator as a PennyLane device.

    Args:
        wires: number or labels of the wires; neighbours in this order are cheap to entangle.
        shots: default number of shots; PennyLane prefers `qml.set_shots` on the QNode.
        max_bond: upper limit of the bond dimensions; None for no limit.
        cutoff: relative squared weight that one truncation may lose.
        seed: of the samples.

    Raises:
        ArgumentError: a value out of range, or (at execution) a result that does not fit into
            memory, such as the state of 30 wires.
        DeviceError: (at execution) an operation or a measurement that this device does not offer.

    Warns:
        UserWarning: `max_bond` cut so much that values may be off noticeably.

    Cost: O(gates x bond^3), then O(wires x bond^3) per Pauli word or O(wires x bond^2) per shot.

    Example:
        >>> device = MPSDevice(wires=40)
        >>> @qml.qnode(device)
        ... def ends_of_ghz():
        ...     qml.H(0)
        ...     for wire in range(39):
        ...         qml.CNOT([wire, wire + 1])
        ...     return qml.expval(qml.Z(0) @ qml.Z(39))
        >>> round(float(ends_of_ghz()), 6)
        1.0
    """

    name = "qtn.mps"

    def __init__(
        self,
        wires: Any = None,
        shots: Any = None,
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-14,
        seed: int = 0,
    ) -> None:
        super().__init__(wires=wires, shots=shots)
        self._max_bond = None if max_bond is None else positive_int("max_bond", max_bond)
        self._cutoff = real("cutoff", cutoff, 0.0, 1.0)
        self._seed = bounded_int("seed", seed, 0)
        self._executions = 0

    def setup_execution_config(
        self, config: ExecutionConfig | None = None, circuit: QuantumScript | None = None
    ) -> ExecutionConfig:
        """Settle the options of an execution: measurements inside circuits are deferred.

        Raises:
            DeviceError: another method for measurements inside circuits, or an unknown option.
        """
        del circuit
        config = config or ExecutionConfig()
        if config.device_options:
            raise DeviceError(
                f"The device qtn.mps knows no option {next(iter(config.device_options))!r}. "
                "Give max_bond, cutoff and seed to qml.device."
            )
        method = config.mcm_config.mcm_method
        if method not in (None, "deferred"):
            name = getattr(method, "value", method)
            raise DeviceError(
                f'The device qtn.mps does not offer mcm_method={name!r}. Use mcm_method="deferred".'
            )
        return replace(config, mcm_config=replace(config.mcm_config, mcm_method="deferred"))

    def preprocess_transforms(
        self, execution_config: ExecutionConfig | None = None
    ) -> qml.CompilePipeline:
        """Defer measurements, decompose to gates on at most two wires, and split batches."""
        del execution_config
        pipeline = qml.CompilePipeline()
        if self.wires is None:
            pipeline.add_transform(_settle_wires)
        pipeline.add_transform(qml.defer_measurements, allow_postselect=False)
        pipeline.add_transform(
            decompose,
            stopping_condition=is_native,
            device_wires=self.wires,
            target_gates=GATES,
            name=self.name,
        )
        pipeline.add_transform(device_resolve_dynamic_wires, wires=self.wires, allow_resets=False)
        pipeline.add_transform(validate_device_wires, self.wires, name=self.name)
        pipeline.add_transform(
            validate_measurements,
            analytic_measurements=pennylane_exact.accepts,
            sample_measurements=pennylane_samples.accepts,
            name=self.name,
        )
        pipeline.add_transform(qml.transforms.broadcast_expand)
        return pipeline

    def execute(
        self, circuits: Sequence[QuantumScript], execution_config: ExecutionConfig | None = None
    ) -> Any:
        """Run quantum scripts; see `pennylane.devices.Device.execute`."""
        del execution_config
        return tuple(self._run(circuit) for circuit in circuits)

    def _run(self, circuit: QuantumScript) -> Any:
        wires = list(self.wires) if self.wires is not None else _wires_of(circuit)
        if not wires:
            raise DeviceError("The circuit has no wires. Give wires to qml.device or to a gate.")
        state, built = chain_of(circuit.operations, wires, self._max_bond, self._cutoff)
        if built.distance > NOTICEABLE:
            warnings.warn(
                f"Truncation to max_bond={self._max_bond} moved the state of the circuit by up to "
                f"{built.distance:.2g}; values may be off by twice that times the norm of the "
                "observable. Raise max_bond.",
                stacklevel=2,
            )
        if not circuit.shots:
            found = [pennylane_exact.exact(m, state, wires) for m in circuit.measurements]
            return found[0] if len(found) == 1 else tuple(found)
        self._executions += 1
        seed = derived_seed(self._seed, "pennylane", self._executions)
        results = pennylane_samples.sampled(circuit.measurements, state, wires, circuit.shots, seed)
        parts = [p[0] if len(p) == 1 else tuple(p) for p in zip(*results, strict=True)]
        return tuple(parts) if circuit.shots.has_partitioned_shots else parts[0]


@qml.transform
def _settle_wires(tape: QuantumScript) -> Any:
    """Name the wires of measurements of all wires, before decompositions change their order."""
    if any(operation.name == "Allocate" for operation in tape.operations):
        return (tape,), lambda results: results[0]
    return validate_device_wires(tape, qml.wires.Wires(_wires_of(tape)), name="qtn.mps")


def _wires_of(circuit: QuantumScript) -> list[Any]:
    """Return the wires in PennyLane's order: by number if the gates' are 0, 1, ..., else as met."""
    met = list(circuit.wires)
    gates = len(qml.wires.Wires.all_wires([o.wires for o in circuit.operations]))
    numbers = set(range(gates)), set(range(gates, len(met)))
    return sorted(met) if (set(met[:gates]), set(met[gates:])) == numbers else met
