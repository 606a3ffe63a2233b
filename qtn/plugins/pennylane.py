"""`qml.device("qtn.mps")`: PennyLane circuits on matrix product states, any number of wires.

Expectation values without shots are exact up to the truncation of bonds; with shots they come
from exact samples. Gradients are PennyLane's own parameter shifts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray
from pennylane.devices import Device, ExecutionConfig
from pennylane.devices.preprocess import decompose, validate_device_wires
from pennylane.measurements import (
    ExpectationMP,
    MeasurementProcess,
    ProbabilityMP,
    StateMP,
    VarianceMP,
)
from pennylane.tape import QuantumScript

from qtn._checks import bounded_int, positive_int, real
from qtn._random import derived_seed
from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.circuit import apply_gates

__all__ = ["MPSDevice"]

DENSE_LIMIT = 20  # wires whose full distribution may be written out
PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


class MPSDevice(Device):
    """Matrix-product-state simulator as a PennyLane device.

    Args:
        wires: number or labels of the wires; neighbours in this order are cheap to entangle.
        max_bond: upper limit of the bond dimensions; None for no limit.
        cutoff: relative squared weight that one truncation may lose.
        seed: of the samples.

    Raises:
        ArgumentError: a value out of range, or (at execution) a measurement that this device
            does not offer.

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
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-14,
        seed: int = 0,
    ) -> None:
        super().__init__(wires=wires)
        self._max_bond = None if max_bond is None else positive_int("max_bond", max_bond)
        self._cutoff = real("cutoff", cutoff, 0.0, 1.0)
        self._seed = bounded_int("seed", seed, 0)
        self._executions = 0

    def preprocess_transforms(
        self, execution_config: ExecutionConfig | None = None
    ) -> qml.CompilePipeline:
        """Decompose to gates on at most two wires and split measurements that do not commute."""
        del execution_config
        pipeline = qml.CompilePipeline()
        pipeline.add_transform(validate_device_wires, wires=self.wires, name=self.name)
        pipeline.add_transform(qml.defer_measurements)
        pipeline.add_transform(decompose, stopping_condition=_native, name=self.name)
        pipeline.add_transform(_split_where_sampled)
        return pipeline

    def execute(
        self,
        circuits: QuantumScript | Sequence[QuantumScript],
        execution_config: ExecutionConfig | None = None,
    ) -> Any:
        """Run quantum scripts; see `pennylane.devices.Device.execute`."""
        del execution_config
        if isinstance(circuits, QuantumScript):
            return self._run(circuits)
        return tuple(self._run(circuit) for circuit in circuits)

    def _run(self, circuit: QuantumScript) -> Any:
        wires = self.wires or circuit.wires
        shots = circuit.shots.total_shots
        operations = list(circuit.operations)
        if shots:
            operations += list(circuit.diagonalizing_gates)
        state = self._state(operations, list(wires))
        if shots:
            self._executions += 1
            seed = derived_seed(self._seed, "pennylane", self._executions)
            samples = state.sample(shots, seed).astype(np.int64)
            parts = []
            start = 0
            for part in circuit.shots:
                rows = samples[start : start + part]
                start += part
                found = [m.process_samples(rows, wires) for m in circuit.measurements]
                parts.append(found[0] if len(found) == 1 else tuple(found))
            return tuple(parts) if circuit.shots.has_partitioned_shots else parts[0]
        results = tuple(_exact(m, state, wires) for m in circuit.measurements)
        return results[0] if len(results) == 1 else results

    def _state(self, operations: list[Any], wires: list[Any]) -> MPS:
        place = {wire: k for k, wire in enumerate(wires)}
        zero = np.array([1.0, 0.0], dtype=np.complex128).reshape(1, 2, 1)
        gates: list[tuple[tuple[int, ...], NDArray[Any]]] = []
        phase = 1.0 + 0.0j
        for operation in operations:
            if operation.name == "GlobalPhase":
                phase *= np.exp(-1j * float(operation.data[0]))
            elif operation.name not in ("Barrier", "Snapshot"):
                matrix = np.asarray(qml.matrix(operation), dtype=np.complex128)
                gates.append((tuple(place[w] for w in operation.wires), matrix))
        built = apply_gates(
            [zero] * len(wires), gates, max_bond=self._max_bond, cutoff=self._cutoff
        )
        first, *rest = built.tensors
        return MPS((first * phase, *rest)).normalised()


def _native(operation: Any) -> bool:
    if operation.name in ("GlobalPhase", "Barrier", "Snapshot"):
        return True
    return bool(operation.has_matrix) and len(operation.wires) <= 2


@qml.transform
def _split_where_sampled(tape: QuantumScript) -> Any:
    """Split non-commuting measurements, which only shots cannot take together."""
    if tape.shots:
        return qml.transforms.split_non_commuting(tape)
    return (tape,), lambda results: results[0]


def _exact(measurement: MeasurementProcess, state: MPS, wires: Any) -> Any:
    """Evaluate a measurement without shots."""
    place = {wire: k for k, wire in enumerate(wires)}
    if isinstance(measurement, ExpectationMP | VarianceMP) and measurement.obs is not None:
        sentence = measurement.obs.pauli_rep
        if sentence is None:
            matrix = qml.matrix(measurement.obs)
            sentence = qml.pauli_decompose(matrix, wire_order=measurement.obs.wires).pauli_rep
        mean = _sentence(sentence, state, place)
        if isinstance(measurement, ExpectationMP):
            return np.float64(mean)
        return np.float64(_sentence(sentence @ sentence, state, place) - mean**2)
    if isinstance(measurement, StateMP | ProbabilityMP) and len(wires) <= DENSE_LIMIT:
        # our index counts qubit 0 as the last digit, PennyLane wire 0 as the first
        n = len(wires)
        vector = state.to_dense().reshape((2,) * n).transpose(range(n)[::-1]).reshape(-1)
        return measurement.process_state(vector, wires)
    raise ArgumentError(
        f"The device qtn.mps does not offer {type(measurement).__name__} on {len(wires)} wires "
        "without shots. Ask for expval or var, set shots, or take at most "
        f"{DENSE_LIMIT} wires for state and probs."
    )


def _sentence(sentence: Any, state: MPS, place: dict[Any, int]) -> float:
    """Return the expectation value of a weighted sum of Pauli words."""
    total = 0.0
    for word, weight in sentence.items():
        letters = {place[wire]: letter for wire, letter in word.items()}
        total += float(np.real(weight * _word(letters, state)))
    return total


def _word(letters: dict[int, str], state: MPS) -> complex:
    """Contract <psi| P |psi> from the left, site by site."""
    environment = np.ones((1, 1), dtype=np.complex128)
    for site, tensor in enumerate(state.tensors):
        ket = tensor
        if site in letters:
            ket = np.einsum("pq,lqr->lpr", PAULIS[letters[site]], tensor)
        half = np.tensordot(environment, ket, axes=(1, 0))
        environment = np.tensordot(tensor.conj(), half, axes=((0, 1), (0, 1)))
    return complex(environment[0, 0])
