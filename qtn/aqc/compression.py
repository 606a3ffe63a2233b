"""Replace the first part of a deep circuit by a short one."""

from __future__ import annotations

from typing import Any

from qiskit.circuit import AnnotatedOperation, CircuitInstruction, Gate, QuantumCircuit, Qubit

from qtn._checks import positive_int
from qtn._checks import real as checked_real
from qtn.aqc.door import compile
from qtn.aqc.result import Compiled
from qtn.interop.circuits import circuit_to_mps, read_circuit


def compress(
    circuit: Any,
    method: Any = None,
    *,
    part: float = 1.0,
    cutoff: float = 1e-12,
    max_bond: int = 256,
    **options: Any,
) -> tuple[QuantumCircuit, Compiled]:
    """Return a circuit whose first part is replaced by a short circuit for the same state.

    Args:
        circuit: `QuantumCircuit`, compiled result or OpenQASM text; starts from |0...0>, and the
            replaced part must be simulable as an MPS.
        method: as for `qtn.compile`.
        part: fraction of the two-qubit gates to replace, counted from the start, in (0, 1].
        cutoff: weight that one truncation of the simulation may lose.
        max_bond: largest bond dimension of the simulation.
        **options: `min_fidelity`, `seed`, `progress` of `qtn.compile`.

    An instruction that is no gate (measurement, reset, branch, loop) or has free parameters stays
    behind the replaced part, and so does whatever follows it on its qubits.

    Returns:
        The new circuit (short part, then the rest as it was) and the compilation of its part.

    Raises:
        ArgumentError: `part` outside (0, 1], or a first part that needs too large a bond.

    Example:
        >>> deep = QuantumCircuit(3)
        >>> for _ in range(4):
        ...     _ = deep.rx(0.3, [0, 1, 2]); _ = deep.rzz(0.2, 0, 1); _ = deep.rzz(0.2, 1, 2)
        >>> short, made = compress(deep)
        >>> made.fidelity > 0.999, made.two_qubit_gates < 8
        (True, True)
    """
    circuit = read_circuit(circuit, way_out="Use qtn.compile for states.")
    checked_real("part", part, 0.0, 1.0, open_low=True)
    positive_int("max_bond", max_bond)
    checked_real("cutoff", cutoff, 0.0, 1.0)
    head, tail = first_part(circuit, part)
    state = circuit_to_mps(head, cutoff=cutoff, max_bond=max_bond)
    made = compile(state, method, **options)
    out = tail.copy_empty_like()
    out.compose(made.circuit, inplace=True)
    for item in tail.data:
        out.append(item)
    return out, made


def first_part(
    circuit: QuantumCircuit, part: float = 1.0, *, across_barriers: bool = True
) -> tuple[QuantumCircuit, QuantumCircuit]:
    """Split a circuit that starts from |0…0⟩ into what a state can replace, and the rest.

    An instruction that is no gate (measurement, reset, branch, loop) or has free parameters stays,
    and so does whatever follows it on its qubits: the order on every qubit and every bit is kept.

    Args:
        circuit: to be split.
        part: fraction of the two-qubit gates, counted from the start.
        across_barriers: drop barriers inside the first part; False ends it on their qubits.

    Returns:
        The first part, gates only, on the same qubits; the rest with all registers.
    """
    total = sum(map(_entangles, circuit.data))
    wanted = max(1, round(part * total)) if part < 1.0 else total + 1
    count, closed, first = 0, set[Qubit](), set[int]()
    for k, item in enumerate(circuit.data):
        if across_barriers and item.operation.name == "barrier":
            continue
        if count < wanted and _is_gate(item.operation) and closed.isdisjoint(item.qubits):
            first.add(k)
            count += _entangles(item)
        else:
            closed.update(item.qubits)
    head, tail = QuantumCircuit(circuit.qubits), circuit.copy_empty_like()
    later = set[Qubit]()  # a barrier before gates of the first part has nothing left to part
    kept: list[CircuitInstruction] = []
    for k, item in reversed(list(enumerate(circuit.data))):
        if k in first:
            later.update(item.qubits)
        elif item.operation.name != "barrier" or later.isdisjoint(item.qubits):
            kept.append(item)
    for k in sorted(first):
        head.append(circuit.data[k])
    for item in reversed(kept):
        tail.append(item)
    return head, tail


def _is_gate(operation: Any) -> bool:
    """Whether an operation is unitary and free of parameters, as far as its kind says."""
    if isinstance(operation, AnnotatedOperation):
        return _is_gate(operation.base_op)
    if any(getattr(p, "parameters", ()) for p in getattr(operation, "params", ())):
        return False
    if isinstance(operation, Gate):
        return operation.num_qubits > 0
    inner = getattr(operation, "definition", None)
    if operation.num_clbits or not operation.num_qubits or not isinstance(inner, QuantumCircuit):
        return False
    return operation.name != "initialize" and all(_is_gate(i.operation) for i in inner.data)


def _entangles(item: CircuitInstruction) -> bool:
    """Whether an instruction is a gate on two qubits or more."""
    return len(item.qubits) >= 2 and item.operation.name != "barrier"
