"""Turn a transpiled circuit and an Aer noise model into channels on a chain.

Every gate becomes its Pauli transfer matrix followed by that of its error, so the result is the
exact channel that Aer samples by trajectories. The circuit is split in two: a *prefix* that ends
with the last two-qubit gate of every qubit and holds no free parameter, and a *suffix*. A sweep
over measurement settings or inputs whose parameters sit in trailing one-qubit gates simulates the
prefix once.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction, ParameterExpression
from qiskit.circuit.library import standard_gates
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import NoiseModel

from qtn.devices.tensor.ordering import chain_order
from qtn.errors import DeviceError
from qtn.interop.circuits import first_major, operation_matrix
from qtn.states.kernels.circuit import Gate, swap_matrix
from qtn.states.kernels.density import RESET, ptm, ptm_of_superoperator

Array = NDArray[Any]
ROTATIONS = ("rx", "ry", "rz", "p", "u1")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a suffix: a channel, or a gate with free parameters and then a channel.

    Args:
        sites: chain sites it acts on.
        matrix: Pauli transfer matrix, of the error alone if `operation` is given.
        operation: the parametrised gate, None for a fixed channel.
    """

    sites: tuple[int, ...]
    matrix: Array | None
    operation: Instruction | None = None


@dataclass(frozen=True, slots=True)
class NoisyCircuit:
    """A circuit with its noise as channels on a chain.

    Args:
        qubits: circuit qubit at every site of the chain.
        prefix: channels without free parameters, shared by all bindings.
        suffix: the rest, in order.
        measured: pairs (site, classical bit index).
        confusion: readout matrices (sites, 2, 2), entry [read, true]; identity where ideal.
    """

    qubits: tuple[int, ...]
    prefix: tuple[Gate, ...]
    suffix: tuple[Step, ...]
    measured: tuple[tuple[int, int], ...]
    confusion: Array

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.qubits)


class ChannelTable:
    """Errors of an Aer noise model as Pauli transfer matrices, converted once and on demand.

    Args:
        noise_model: an Aer noise model; None for a noiseless device.
    """

    def __init__(self, noise_model: NoiseModel | None) -> None:
        self._errors: dict[tuple[str, tuple[int, ...] | None], dict[str, Any]] = {}
        self._readout: dict[int | None, Array] = {}
        self._matrices: dict[tuple[str, tuple[int, ...] | None], Array] = {}
        for entry in noise_model.to_dict()["errors"] if noise_model is not None else ():
            places: list[tuple[int, ...] | None] = [tuple(q) for q in entry.get("gate_qubits", [])]
            places = places or [None]
            for place in places:
                if entry["type"] == "roerror":
                    self._add_readout(place, entry["probabilities"])
                else:
                    self._errors.update({(name, place): entry for name in entry["operations"]})

    def _add_readout(self, place: tuple[int, ...] | None, probabilities: Any) -> None:
        matrix = np.asarray(probabilities, dtype=float).T
        if matrix.shape != (2, 2):
            raise DeviceError(
                f"The noise model has a correlated readout error on qubits {place}; the tensor "
                'engine takes one-qubit readout errors only. Use engine="aer" for this model.'
            )
        self._readout[None if place is None else place[0]] = matrix

    @property
    def has_errors(self) -> bool:
        """Whether any operation carries a quantum error (readout apart)."""
        return bool(self._errors)

    @property
    def has_readout(self) -> bool:
        """Whether any readout error is known."""
        return bool(self._readout)

    def readout(self, qubit: int) -> Array:
        """Return the readout matrix [read, true] of a qubit."""
        return self._readout.get(qubit, self._readout.get(None, np.eye(2)))

    def order(self, qubits: Sequence[int], pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
        """Return the chain of the qubits that a circuit acts on."""
        return chain_order(qubits, pairs)

    def gate(self, operation: Instruction) -> Array:
        """Return the matrix of an operation without its error."""
        return gate_matrix(operation)

    def rotations(self, name: str, angles: Array) -> Array:
        """Return the matrices of RX, RY, RZ or phase gates, one per angle."""
        return rotation_matrices(name, angles)

    def error(self, name: str, qubits: tuple[int, ...]) -> Array | None:
        """Return the matrix of the error on an operation, None if it is ideal."""
        key: tuple[str, tuple[int, ...] | None] = (name, qubits)
        if key not in self._errors:
            key = (name, None)
        if key not in self._errors:
            return None
        if key not in self._matrices:
            self._matrices[key] = error_matrix(self._errors[key], len(qubits))
        return self._matrices[key]


def error_matrix(entry: dict[str, Any], width: int) -> Array:
    """Return the Pauli transfer matrix of an error in `NoiseModel.to_dict`.

    R = Σ_k p_k R_k, where R_k multiplies the instructions of term k; of a Pauli-Lindblad error
    (`plerror`) R = Π_k (w_k + (1 - w_k) R_k) with w_k = (1 + exp(-2 λ_k)) / 2.

    Raises:
        DeviceError: for an error on more than two qubits or an instruction that is no channel.
    """
    if width > 2:
        raise DeviceError(
            f"The noise model has an error on {width} qubits ({entry['operations']}); the tensor "
            'engine takes one- and two-qubit errors. Use engine="aer" for this model.'
        )
    if entry["type"] == "plerror":
        total = np.eye(4**width)
        for rate, instructions in zip(entry["rates"], entry["instructions"], strict=True):
            stays = (1 + np.exp(-2 * float(rate))) / 2
            total = stays * total + (1 - stays) * _product(instructions, width) @ total
        return total
    total = np.zeros((4**width, 4**width))
    for probability, instructions in zip(
        entry["probabilities"], entry["instructions"], strict=True
    ):
        total += float(probability) * _product(instructions, width)
    return total


def _product(instructions: Sequence[dict[str, Any]], width: int) -> Array:
    term = np.eye(4**width)
    for instruction in instructions:
        places = tuple(instruction["qubits"])
        if instruction["name"] == "pauli":
            label = instruction["params"][0][::-1]
            for place, letter in zip(places, label, strict=True):
                term = _embed(_named_matrix(letter.lower()), (place,), width) @ term
        else:
            term = _embed(_instruction_matrix(instruction), places, width) @ term
    return term


def _instruction_matrix(instruction: dict[str, Any]) -> Array:
    name, params = instruction["name"], instruction.get("params", [])
    if name == "kraus":
        return ptm(np.stack([first_major(np.asarray(k)) for k in params]))
    if name == "unitary":
        return ptm(first_major(np.asarray(params[0])))
    if name == "superop":
        return _of_superoperator(np.asarray(params[0]))
    if params:
        gate = _standard_gates()[name].base_class(*params)
        return ptm(first_major(gate.to_matrix()))
    return _named_matrix(name)


@functools.cache
def _standard_gates() -> dict[str, Instruction]:
    return dict(standard_gates.get_standard_gate_name_mapping())


@functools.cache
def _named_matrix(name: str) -> Array:
    if name == "reset":
        return RESET
    name = "id" if name in ("i", "delay") else name
    known = _standard_gates()
    if name not in known:
        raise DeviceError(
            f"The tensor engine does not know the operation {name!r}. Transpile the circuit to "
            'one- and two-qubit gates, or use engine="aer".'
        )
    return ptm(first_major(known[name].to_matrix()))


def _embed(matrix: Array, places: tuple[int, ...], width: int) -> Array:
    if width == len(places):
        return matrix if places == tuple(range(width)) else _swap_both(matrix)
    return np.kron(matrix, np.eye(4)) if places[0] == 0 else np.kron(np.eye(4), matrix)


def _swap_both(matrix: Array) -> Array:
    swap = swap_matrix(4)
    return np.asarray(swap @ matrix @ swap)


def gate_matrix(operation: Instruction) -> Array:
    """Return the Pauli transfer matrix of a one- or two-qubit operation without its error.

    Raises:
        DeviceError: for an operation that is neither a unitary nor a channel on one or two qubits.
    """
    if operation.name == "reset":
        return RESET
    if operation.name == "delay":
        return np.eye(4)
    if operation.num_qubits > 2 or operation.num_clbits:
        raise DeviceError(
            f"The tensor engine takes gates on one or two qubits, but the circuit holds "
            f"{operation.name!r} on {operation.num_qubits}. Transpile it first; mid-circuit "
            'measurements and conditions need engine="aer".'
        )
    if operation.name in ("kraus", "superop"):
        return _instruction_matrix({"name": operation.name, "params": operation.params})
    if operation.name == "quantum_channel":
        return _of_superoperator(np.asarray(SuperOp(operation).data))
    if operation.name in ROTATIONS:
        return rotation_matrices(operation.name, np.array([float(operation.params[0])]))[0]
    if operation.name in _standard_gates() and not operation.params:
        return _named_matrix(operation.name)
    return ptm(unitary_matrix(operation))


def unitary_matrix(operation: Instruction) -> Array:
    """Return the matrix of a gate without free parameters, its first qubit most significant.

    Raises:
        DeviceError: for an operation that is no gate.
    """
    try:
        return first_major(operation_matrix(operation))
    except QiskitError as error:
        raise DeviceError(
            f"The tensor engine does not know the operation {operation.name!r}. Take "
            'device="aer" (or engine="aer" for a simulated backend).'
        ) from error


def _of_superoperator(matrix: Array) -> Array:
    found = ptm_of_superoperator(matrix)
    return found if len(found) == 4 else _swap_both(found)


def rotation_matrices(name: str, angles: Array) -> Array:
    """Return the Pauli transfer matrices of RX, RY or RZ (phase) gates, shape (batch, 4, 4)."""
    first, second = {"rx": (2, 3), "ry": (3, 1)}.get(name, (1, 2))
    out = np.zeros((len(angles), 4, 4))
    out[:, range(4), range(4)] = 1.0
    cos, sin = np.cos(angles), np.sin(angles)
    out[:, first, first] = out[:, second, second] = cos
    out[:, first, second] = -sin
    out[:, second, first] = sin
    return out


def noisy_circuit(
    circuit: QuantumCircuit, noise: NoiseModel | ChannelTable | None = None
) -> NoisyCircuit:
    """Return the exact channels of a transpiled circuit under an Aer noise model.

    Args:
        circuit: gates on one or two qubits and final measurements; parameters may be free.
        noise: the noise model whose qubit numbers are the circuit's, or its table.

    Returns:
        Channels on a chain of the active qubits, the shared prefix apart.

    Raises:
        DeviceError: for mid-circuit measurements, control flow, or gates and errors on more than
            two qubits.

    Example:
        >>> bell = QuantumCircuit(2, 2)
        >>> _ = bell.h(0), bell.cx(0, 1), bell.measure([0, 1], [0, 1])
        >>> noisy_circuit(bell).measured
        ((0, 0), (1, 1))
    """
    table = noise if isinstance(noise, ChannelTable) else ChannelTable(noise)
    return under_noise(read_operations(circuit, table), table)


@dataclass(frozen=True, slots=True)
class Operations:
    """A circuit read for a chain, before errors: the same for noise of any strength.

    Args:
        qubits: circuit qubit at every site of the chain.
        steps: per operation its qubits, its sites, the name of its error, its matrix (None of a
            measurement), itself where it has free parameters, and whether it is in the suffix.
        measured: classical bit of every measured qubit.
    """

    qubits: tuple[int, ...]
    steps: tuple[tuple[Any, ...], ...]
    measured: dict[int, int]


def read_operations(circuit: QuantumCircuit, table: ChannelTable) -> Operations:
    """Read a circuit as `noisy_circuit` does; the table orders qubits and gives gates' matrices."""
    index = {q: k for k, q in enumerate(circuit.qubits)}
    clbits = {c: k for k, c in enumerate(circuit.clbits)}
    operations: list[tuple[tuple[int, ...], Instruction]] = []
    measured: dict[int, int] = {}
    for item in circuit.data:
        qubits = tuple(index[q] for q in item.qubits)
        operation = item.operation
        if operation.name in ("barrier", "store") or not qubits:
            continue
        again = [q for q in qubits if q in measured]
        if again:
            raise DeviceError(
                f"Qubit {again[0]} is used after its measurement; the tensor engine takes final "
                'measurements only. Use engine="aer" for mid-circuit measurements.'
            )
        if operation.name == "measure":
            measured[qubits[0]] = clbits[item.clbits[0]]
        operations.append((qubits, operation))
    pairs = [(q[0], q[1]) for q, _ in operations if len(q) == 2]
    used = [q for qubits, _ in operations for q in qubits] or [0]
    order = table.order(used, pairs)
    site = {q: k for k, q in enumerate(order)}
    steps = []
    for (qubits, operation), late in zip(operations, _suffix_flags(operations), strict=True):
        free = operation if _is_parametrised(operation) else None
        bare = operation.name == "measure" or free is not None
        matrix = None if bare else table.gate(operation)
        sites = tuple(site[q] for q in qubits)
        steps.append((qubits, sites, operation.label or operation.name, matrix, free, late))
    return Operations(order, tuple(steps), measured)


def under_noise(read: Operations, table: ChannelTable) -> NoisyCircuit:
    """Return the channels of a circuit with the errors of a table."""
    prefix: list[Gate] = []
    suffix: list[Step] = []
    for qubits, sites, name, matrix, free, late in read.steps:
        error = table.error(name, qubits)
        if error is not None:
            matrix = error if matrix is None else error @ matrix
        if late:
            if free is not None or matrix is not None:
                suffix.append(Step(sites, matrix, free))
        elif matrix is not None:
            prefix.append((sites, matrix))
    measured, site = read.measured, {q: k for k, q in enumerate(read.qubits)}
    confusion = np.stack([table.readout(q) if q in measured else np.eye(2) for q in read.qubits])
    bits = tuple((site[q], c) for q, c in measured.items())
    return NoisyCircuit(read.qubits, tuple(prefix), tuple(suffix), bits, confusion)


def _is_parametrised(operation: Instruction) -> bool:
    return any(isinstance(p, ParameterExpression) and p.parameters for p in operation.params)


def _suffix_flags(operations: list[tuple[tuple[int, ...], Instruction]]) -> list[bool]:
    """Mark what follows a free parameter, and the one-qubit gates after the last pair."""
    tainted: set[int] = set()
    flags = []
    for qubits, operation in operations:
        late = _is_parametrised(operation) or bool(tainted.intersection(qubits))
        tainted.update(qubits if late else ())
        flags.append(late)
    closed: set[int] = set()
    for k in reversed(range(len(operations))):
        qubits, _ = operations[k]
        if len(qubits) == 1 and qubits[0] not in closed:
            flags[k] = True
        elif not flags[k]:
            closed.update(qubits)
    return flags
