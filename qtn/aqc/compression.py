"""Replace the first part of a deep circuit by a short one."""

from __future__ import annotations

from typing import Any

from qiskit.circuit import CircuitInstruction, QuantumCircuit

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
    head, tail = _split(circuit, part)
    state = circuit_to_mps(head, cutoff=cutoff, max_bond=max_bond)
    made = compile(state, method, **options)
    out = tail.copy_empty_like()
    out.compose(made.circuit, inplace=True)
    for item in tail.data:
        out.append(item)
    return out, made


def _split(circuit: QuantumCircuit, part: float) -> tuple[QuantumCircuit, QuantumCircuit]:
    total = sum(map(_entangles, circuit.data))
    wanted = max(1, round(part * total)) if part < 1.0 else total + 1
    head, tail = QuantumCircuit(*circuit.qregs), circuit.copy_empty_like()
    count = 0
    for item in circuit.data:
        final = bool(item.clbits)
        if count < wanted and not final:
            head.append(item.operation, item.qubits)
            count += _entangles(item)
        else:
            tail.append(item)
    return head, tail


def _entangles(item: CircuitInstruction) -> bool:
    """Whether an instruction is a gate on two qubits or more."""
    return len(item.qubits) >= 2 and item.operation.name != "barrier"
