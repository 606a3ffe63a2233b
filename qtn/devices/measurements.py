"""Who owns the classical bits of a circuit, and how they are read back.

Whoever adds measurements adds a register of its own and reads that one alone. Bits of a circuit
that measures itself are read by their place in `circuit.clbits`, whatever registers they are in:
none, one, several, or several that share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister, Clbit, ControlFlowOp, Qubit
from qiskit.primitives import BitArray
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import UnrollForLoops

from qtn.errors import ArgumentError, DeviceError

__all__ = [
    "bits_of",
    "columns_of",
    "final_measurements",
    "has_mid_circuit",
    "opened",
    "readable",
    "unmeasured",
]

# fields of Qiskit's DataBin, which no register of a result may be named after
RESERVED = frozenset(("keys", "values", "items", "shape", "ndim", "size"))
LONGEST_LOOP = 100_000  # depth up to which loops are written out
IDLE = ("barrier", "delay")


def opened(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit with loops, and composite instructions on classical bits, written out.

    A measurement inside such an instruction is a measurement of the circuit.
    """
    if any(i.operation.name == "for_loop" for i in circuit.data):
        circuit = PassManager([UnrollForLoops(max_target_depth=LONGEST_LOOP)]).run(circuit)
    while hidden := {i.operation.name for i in circuit.data if _hides(i)}:
        circuit = circuit.decompose(gates_to_decompose=sorted(hidden))
    return circuit


def _hides(instruction: Any) -> bool:
    operation = instruction.operation
    if not instruction.clbits or operation.name == "measure":
        return False
    return not isinstance(operation, ControlFlowOp) and operation.definition is not None


def unmeasured(circuit: QuantumCircuit, need: str) -> QuantumCircuit:
    """Return the circuit without classical bits and without its final measurements.

    A measurement is final if nothing but barriers, delays and measurements follows on its qubit
    and no condition reads its bit; it then changes no expectation value.

    Args:
        circuit: any circuit; it is not changed.
        need: who cannot take what is left, for the message.

    Raises:
        ArgumentError: measurements or conditions before the end.
    """
    circuit = opened(circuit)
    if not circuit.cregs and not circuit.num_clbits:  # a register may be empty
        return circuit
    final = final_measurements(circuit)
    done: set[Qubit] = set()
    kept = []
    for k, instruction in enumerate(circuit.data):
        if k in final:
            done.update(instruction.qubits)
        elif instruction.clbits:
            raise ArgumentError(
                f"Circuit {circuit.name!r} measures or branches before its end, but {need}. Give "
                "a circuit whose measurements are all at its end, or without any."
            )
        elif instruction.operation.name != "delay" or not done.intersection(instruction.qubits):
            kept.append(instruction)
    return _rebuilt(circuit, kept, None)


def final_measurements(circuit: QuantumCircuit) -> set[int]:
    """Return the positions of the measurements after which nothing happens."""
    busy: set[Qubit] = set()
    read: set[Clbit] = set()
    final = set()
    for k in reversed(range(len(circuit.data))):
        instruction = circuit.data[k]
        name = instruction.operation.name
        if name in IDLE:
            continue
        last = busy.isdisjoint(instruction.qubits) and read.isdisjoint(instruction.clbits)
        if name == "measure" and last:
            final.add(k)
        else:
            busy.update(instruction.qubits)
            read.update(instruction.clbits)
    return final


def has_mid_circuit(circuit: QuantumCircuit) -> bool:
    """Say whether anything acts on a qubit after its measurement, or is reset or conditional."""
    done = set()
    for instruction in circuit.data:
        name = instruction.operation.name
        if name == "barrier":
            continue
        if name in ("reset", "if_else", "for_loop", "while_loop", "switch_case"):
            return True
        if any(q in done for q in instruction.qubits):
            return True
        if name == "measure":
            done.update(instruction.qubits)
    return False


def readable(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a measured circuit whose bits any device hands back: a first register with all bits.

    Conditions may name registers, so that a circuit with conditions or variables keeps its own
    after that one; nobody reads them, because samplers differ in what they return for registers
    that share bits.
    """
    registers = circuit.cregs
    whole = len(registers) == 1 and list(registers[0]) == circuit.clbits
    if whole and registers[0].name not in RESERVED:
        return circuit
    plain = all(not i.clbits or i.operation.name == "measure" for i in circuit.data)
    if plain and not circuit.num_vars:
        return _rebuilt(circuit, circuit.data, ClassicalRegister(circuit.num_clbits, "meas"))
    taken = {r.name for r in registers}
    name = next(n for k in range(len(taken) + 1) if (n := f"all{k}") not in taken)
    wider = _rebuilt(circuit, (), ClassicalRegister(bits=circuit.clbits, name=name))
    for register in registers:
        wider.add_register(register)
    for given in circuit.iter_input_vars():
        wider.add_input(given)
    for declared in circuit.iter_declared_vars():
        wider.add_uninitialized_var(declared)
    for instruction in circuit.data:
        wider.append(instruction, copy=False)
    return wider


def _rebuilt(
    circuit: QuantumCircuit, data: Any, register: ClassicalRegister | None
) -> QuantumCircuit:
    """Return `data` on the circuit's qubits with `register` in place of its classical bits."""
    new = QuantumCircuit(
        name=circuit.name, global_phase=circuit.global_phase, metadata=circuit.metadata
    )
    new.add_bits(circuit.qubits)
    for qubits in circuit.qregs:
        new.add_register(qubits)
    if register is not None:
        new.add_register(register)
    place = {} if register is None else dict(zip(circuit.clbits, register, strict=True))
    for instruction in data:
        clbits = [place[c] for c in instruction.clbits]
        new.append(instruction.operation, instruction.qubits, clbits, copy=False)
    new._layout = circuit._layout
    return new


def bits_of(data: Any, circuit: QuantumCircuit) -> BitArray:
    """Return what a sampler measured, bit i = classical bit i of the circuit.

    Args:
        data: the `DataBin` of a sampler's result, one `BitArray` per register.
        circuit: what the sampler was given; every bit lies in a register (see `readable`).

    Raises:
        DeviceError: a register is missing, or has another size.
    """
    found: dict[str, BitArray] = {}
    returned = dict(data.items())
    for register in circuit.cregs:
        entry = returned.get(register.name)
        if not isinstance(entry, BitArray) or entry.num_bits != register.size:
            raise DeviceError(
                f"The sampler returned no bits, or another number of bits than {register.size}, "
                f"for register {register.name!r}. Nothing was filled in."
            )
        if list(register) == circuit.clbits:
            return entry
        found[register.name] = entry
    if not found:
        raise DeviceError("The sampler was given a circuit whose bits are in no register.")
    first = next(iter(found.values()))
    table = np.zeros((*first.shape, first.num_shots, circuit.num_clbits), dtype=bool)
    for register in circuit.cregs:
        if register.size:
            columns = [circuit.find_bit(c).index for c in register]
            table[..., columns] = found[register.name].to_bool_array(order="little")
    return BitArray.from_bool_array(table, order="little")


def columns_of(
    values: NDArray[np.float64] | None, given: Sequence[Any], kept: Sequence[Any]
) -> NDArray[np.float64] | None:
    """Return the columns of parameter values that a transpiled circuit still has.

    The transpiler drops a parameter that has no effect, for instance a phase before a measurement.

    Args:
        values: (bindings, parameters) in the order of `given`, or None.
        given: parameters of the circuit as given.
        kept: parameters of the circuit that runs, a part of `given`.
    """
    if values is None or len(kept) == len(given):
        return values
    place = {parameter: k for k, parameter in enumerate(given)}
    return np.ascontiguousarray(values[:, [place[parameter] for parameter in kept]])
