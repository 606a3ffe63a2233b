"""Transpilation to a device: once per circuit, with the layout of lowest expected error kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from qiskit import QuantumCircuit, QuantumRegister
from qiskit.circuit import ClassicalRegister, ControlFlowOp
from qiskit.exceptions import QiskitError
from qiskit.transpiler import PassManager, Target, generate_preset_pass_manager
from qiskit.transpiler.passes import Optimize1qGatesDecomposition

from qtn._display import Fields
from qtn._random import derived_seed
from qtn.devices.counts import basis_rotation
from qtn.devices.measurements import unmeasured
from qtn.devices.placement.layout import choose_layout
from qtn.errors import ArgumentError, DeviceError
from qtn.interop.counting import Counted
from qtn.interop.unitary import with_unitary_gates

__all__ = ["Transpiled", "measured", "transpile_to"]

OPTIMIZATION_LEVEL = 2
# what our simulators take without rewriting; anything else is decomposed into these
SIMULATOR_GATES = (
    *("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p"),
    *("u", "u1", "u2", "u3", "r", "cx", "cy", "cz", "swap", "ecr", "rxx", "ryy", "rzz", "rzx"),
    *("cp", "crx", "cry", "crz", "measure", "reset", "delay"),
    *("if_else", "for_loop", "while_loop", "switch_case"),
)
NATIVE = frozenset(SIMULATOR_GATES) | {"barrier"}
NOISELESS = ("aer", "aer-gpu", "tensor")


_MANAGERS = threading.local()


@dataclass(frozen=True, slots=True, repr=False)
class Transpiled(Fields, Counted):
    """A circuit in a device's own gates, which `qtn.run` takes as it is.

    Args:
        circuit: the circuit on the device's qubits. It may be changed with
            `dataclasses.replace`, for instance folded, as long as it stays in the device's gates.
        qubits: `qubits[i]` = device qubit that holds circuit qubit i at the end.
        initial: `initial[i]` = device qubit that holds circuit qubit i at the start.
    """

    circuit: QuantumCircuit
    qubits: tuple[int, ...]
    initial: tuple[int, ...]

    def _brief(self) -> str:
        return f"{len(self.qubits)} qubits, {self.two_qubit_gates} two-qubit gates"


def transpile_to(
    circuit: QuantumCircuit, target: Target | None, seed: int, *, name: str = "the device"
) -> Transpiled:
    """Transpile to a `Target`, or to the simulators' gates when there is none."""
    n = circuit.num_qubits
    if target is not None:
        _refuse(circuit, target, name)
    circuit = with_unitary_gates(circuit)
    layout = choose_layout(circuit, target) if target is not None else None
    if target is None and name in NOISELESS and _runs_as_it_is(circuit):
        same, kept = tuple(range(n)), circuit.copy()
        kept._layout = None
        return Transpiled(circuit=kept, qubits=same, initial=same)
    chosen = derived_seed(seed, "transpile")
    if target is None:
        manager = _simulator_manager(chosen)
    else:
        manager = generate_preset_pass_manager(
            OPTIMIZATION_LEVEL,
            target=target,
            initial_layout=layout and list(layout),
            seed_transpiler=chosen,
        )
    try:
        native = manager.run(circuit)
    except QiskitError as error:
        raise DeviceError(
            f"The circuit cannot be expressed in the gates of {name}: {_first_line(error)}. "
            'Simplify the circuit, or use a simulator such as device="aer".'
        ) from error
    if native.layout is None:
        same = tuple(range(n))
        return Transpiled(circuit=native, qubits=same, initial=same)
    return Transpiled(
        native,
        tuple(native.layout.final_index_layout(filter_ancillas=True)),
        tuple(native.layout.initial_index_layout(filter_ancillas=True)),
    )


def _refuse(circuit: QuantumCircuit, target: Target, name: str) -> None:
    """Refuse what no layout makes possible: too many qubits, resets where there are none."""
    n = circuit.num_qubits
    if target.num_qubits is not None and n > target.num_qubits:
        raise ArgumentError(
            f"Argument `circuits` needs {n} qubits, but {name} has {target.num_qubits}. "
            'Take a larger device, or a simulator such as "aer" or "tensor".'
        )
    resets = any(item.operation.name == "reset" for item in circuit.data)
    if resets and "reset" not in target.operation_names:
        raise DeviceError(
            f"The circuit uses qubits again by reset, which {name} cannot do. Take a device with "
            "mid-circuit reset, or run the circuit on as many qubits as it has sites."
        )


def _runs_as_it_is(circuit: QuantumCircuit) -> bool:
    """Say whether noiseless simulators take a circuit without a pass over it.

    The first pass manager of a process takes seconds (Qiskit loads all plugins that it finds), and
    every other one milliseconds.
    """
    for item in circuit.data:
        operation = item.operation
        inner = operation.blocks if isinstance(operation, ControlFlowOp) else ()
        if operation.name not in NATIVE or not all(map(_runs_as_it_is, inner)):
            return False
    return True


def _simulator_manager(seed: int) -> Any:
    """Return the pass manager for simulators; building one takes longer than running it.

    Passes keep notes while they run, so every thread has its own.
    """
    kept = _MANAGERS.__dict__.setdefault("kept", {})
    if seed not in kept:
        kept.clear()
        kept[seed] = generate_preset_pass_manager(
            1, basis_gates=list(SIMULATOR_GATES), seed_transpiler=seed
        )
    return kept[seed]


def measured(
    transpiled: Transpiled, label: str, target: Target | None, *, merge: bool
) -> QuantumCircuit:
    """Append basis changes and measurements: classical bit i reads circuit qubit i.

    The circuit returned has these classical bits and no others.

    Args:
        transpiled: a circuit without measurements; classical bits without use are dropped.
        label: axis per circuit qubit, qubit 0 rightmost (see `Basis`).
        target: the device's target, or None for a simulator.
        merge: fuse the basis changes with the one-qubit gates before them; a circuit that came
            in already transpiled (perhaps folded) must stay as it is.
    """
    circuit = unmeasured(transpiled.circuit, "another basis is to be measured at its end").copy()
    rotation = basis_rotation(label)
    if rotation.size():
        for instruction in _native(rotation, transpiled.qubits, target).data:
            physical = [transpiled.qubits[rotation.find_bit(q).index] for q in instruction.qubits]
            circuit.append(instruction.operation, physical, copy=False)
        if merge and target is not None:
            circuit = PassManager([Optimize1qGatesDecomposition(target=target)]).run(circuit)
    register = ClassicalRegister(len(label), "meas")
    circuit.add_register(register)
    circuit.barrier(list(transpiled.qubits))
    for qubit, place in enumerate(transpiled.qubits):
        circuit.measure(place, register[qubit])
    return circuit


def _native(rotation: QuantumCircuit, qubits: tuple[int, ...], target: Target | None) -> Any:
    """Write one-qubit basis changes in the gates of `target` (same qubit numbers as given)."""
    if target is None:
        return rotation
    wide = QuantumCircuit(QuantumRegister(target.num_qubits or len(qubits), "q"))
    wide.compose(rotation, qubits=list(qubits), inplace=True)
    manager = generate_preset_pass_manager(
        1, target=target, initial_layout=list(range(wide.num_qubits)), seed_transpiler=0
    )
    done = manager.run(wide)
    narrow = rotation.copy_empty_like()
    where = {physical: i for i, physical in enumerate(qubits)}
    for instruction in done.data:
        place = [where[done.find_bit(q).index] for q in instruction.qubits]
        narrow.append(instruction.operation, place, copy=False)
    return narrow


def _first_line(error: BaseException) -> str:
    text = str(error).strip().strip("'\"").splitlines()
    return text[0].rstrip(".") if text else type(error).__name__
