"""Replace a part of a deep circuit by a short one.

What acts first on |0…0⟩ matters only by the state that it makes, |φ⟩ = C|s⟩ for a start |s⟩. A
product state |s⟩ = T|0…0⟩ has one-qubit gates T, and a circuit for |φ⟩ behind T† is the short one.
What acts later, or on any state, matters as an operator.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit.circuit import AnnotatedOperation, CircuitInstruction, Gate, QuantumCircuit, Qubit

from qtn._checks import fail, positive_int
from qtn._checks import real as checked_real
from qtn._machine import few_threads
from qtn.aqc.door import compile
from qtn.aqc.preparation import Preparation
from qtn.aqc.result import Compiled
from qtn.errors import ArgumentError, FidelityError
from qtn.interop.circuits import circuit_to_mps, read_circuit
from qtn.interop.operators import operator
from qtn.interop.targets import target_state
from qtn.states import MPS

EXACT = 1e-10  # of the circuit that undoes a start
USUAL = 1e-3  # infidelity that is near enough where `min_fidelity` is not given
PRODUCT = 1e-14  # squared weight that a start may lose as a product


@few_threads(1)
def compress(
    circuit: Any,
    method: Any = None,
    *,
    part: float | tuple[float, float] = 1.0,
    start: Any = None,
    cutoff: float = 1e-12,
    max_bond: int = 256,
    **options: Any,
) -> tuple[QuantumCircuit, Compiled]:
    """Return a circuit with a part replaced by a short one: same state, or same operator.

    Args:
        circuit: `QuantumCircuit`, compiled result or OpenQASM text.
        method: as for `qtn.compile`.
        part: fraction of the two-qubit gates to replace, counted from the start, in (0, 1]; or the
            fractions where it begins and ends. A part that does not begin at 0 is replaced as an
            operator.
        start: state that the circuit starts from, in any form that `qtn.compile` takes; None for
            |0...0>; "any" replaces the part as an operator, whatever the state.
        cutoff: weight that one truncation of the simulation may lose.
        max_bond: largest bond dimension of the simulation.
        **options: `min_fidelity`, `seed`, `progress` of `qtn.compile`.

    An instruction that is no gate (measurement, reset, branch, loop) or has free parameters stays
    behind the replaced part, and so does whatever follows it on its qubits.

    From a start with entanglement the part is compiled twice, as an operator and as the state
    behind the inverse of a circuit for the start; of those near enough (`min_fidelity`, else
    1 - 1e-3) the one of fewer gates is taken.

    Returns:
        The new circuit and the compilation of its part: of an operator, or of the state after it.

    Raises:
        ArgumentError: `part` outside (0, 1], a start on other qubits, or a part that needs too
            large a bond.

    Cost: that of `qtn.compile`.

    Example:
        >>> deep = QuantumCircuit(3)
        >>> for _ in range(4):
        ...     _ = deep.rx(0.3, [0, 1, 2]); _ = deep.rzz(0.2, 0, 1); _ = deep.rzz(0.2, 1, 2)
        >>> short, made = compress(deep)
        >>> made.fidelity > 0.999, made.two_qubit_gates < 8
        (True, True)
    """
    circuit = read_circuit(circuit, way_out="Use qtn.compile for states.")
    first, last = _fractions(part)
    positive_int("max_bond", max_bond)
    checked_real("cutoff", cutoff, 0.0, 1.0)
    before, rest = first_part(circuit, first) if first else (None, circuit)
    head, tail = first_part(rest, _share(circuit, rest, first, last))
    if first or (isinstance(start, str) and start == "any"):
        short, made = _as_operator(head, method, options)
    elif start is None:
        made = compile(circuit_to_mps(head, cutoff=cutoff, max_bond=max_bond), method, **options)
        short = made.circuit
    else:
        begin = _start(start, circuit.num_qubits)
        after = circuit_to_mps(head, cutoff=cutoff, max_bond=max_bond, start=begin)
        short, made = _from_state(head, begin, after, method, options)
    out = tail.copy_empty_like()
    for piece in (before, short):
        if piece is not None:
            out.compose(piece, out.qubits, inplace=True)
    for item in tail.data:
        out.append(item)
    return out, made


def _fractions(part: Any) -> tuple[float, float]:
    """Return where a part begins and ends."""
    if not isinstance(part, tuple | list):
        return 0.0, checked_real("part", part, 0.0, 1.0, open_low=True)
    if len(part) != 2:
        raise fail("part", "a fraction, or two: where the part begins and ends", part)
    first, last = (checked_real("part", value, 0.0, 1.0) for value in part)
    if first >= last:
        raise fail("part", "two fractions, the first one smaller", part)
    return first, last


def _share(circuit: QuantumCircuit, rest: QuantumCircuit, first: float, last: float) -> float:
    """Return the fraction of the rest's two-qubit gates that a part of the circuit is."""
    if last >= 1.0:
        return 1.0
    total, left = (sum(map(_entangles, c.data)) for c in (circuit, rest))
    return min(1.0, max(1.0, (last - first) * total) / max(left, 1))


def _start(start: Any, n: int) -> MPS:
    """Return the state of a start."""
    if isinstance(start, str) and ";" not in start:
        raise fail("start", 'a state, None for |0...0>, or "any"', start)
    state = target_state(start)
    if state.n != n or any(d != 2 for d in state.phys):
        raise ArgumentError(
            f"Argument `start` must be a state of the circuit's {n} qubits, but has {state.n} "
            f"sites of dimensions {sorted(set(state.phys))}."
        )
    return state


def _as_operator(
    head: QuantumCircuit, method: Any, options: dict[str, Any]
) -> tuple[Any, Compiled]:
    """Return a short circuit for what a part does to any state."""
    active = [k for k, q in enumerate(head.qubits) if any(q in i.qubits for i in head.data)]
    where = active or [0]
    alone = QuantumCircuit(len(where))
    for item in head.data:
        alone.append(item.operation, [where.index(head.find_bit(q).index) for q in item.qubits])
    made = compile(operator(alone), method, **options)
    out = QuantumCircuit(head.num_qubits)
    out.compose(made.circuit, where, inplace=True)
    return out, made


def _from_state(
    head: QuantumCircuit, begin: MPS, after: MPS, method: Any, options: dict[str, Any]
) -> tuple[QuantumCircuit, Compiled]:
    """Return a short circuit that takes one state to another, as a part does."""
    product = begin.truncated(max_bond=1)
    if 1.0 - product.fidelity_floor <= PRODUCT:
        made = compile(after, method, **options)
        return _undone(product.state).compose(made.circuit), made
    undo = Preparation.of(begin, EXACT).circuit(1).inverse()

    def prepared() -> tuple[QuantumCircuit, Compiled]:
        made = compile(after, method, **options)
        return undo.compose(made.circuit), made

    ways, found, refused = (prepared, lambda: _as_operator(head, method, options)), [], []
    for way in ways:
        try:
            found.append(way())
        except (ArgumentError, FidelityError) as error:
            refused.append(error)
    if not found:
        raise refused[0]
    asked = options.get("min_fidelity")
    near = USUAL if asked is None else 1.0 - asked
    return min(found, key=lambda f: _rank(f[0], f[1], near))


def _rank(circuit: QuantumCircuit, made: Compiled, near: float) -> tuple[bool, float, float]:
    """Order circuits: near enough and of few gates first, else by their infidelity."""
    far = made.infidelity > near
    gates = circuit.num_nonlocal_gates()
    return (far, made.infidelity, gates) if far else (far, gates, made.infidelity)


def _undone(product: MPS) -> QuantumCircuit:
    """Return the one-qubit gates that take a product state to |0…0⟩."""
    out = QuantumCircuit(product.n)
    for site, tensor in enumerate(product.tensors):
        a, b = tensor.ravel() / np.linalg.norm(tensor)
        if abs(b) > 0.0:
            out.unitary(np.array([[np.conj(a), np.conj(b)], [-b, a]]), site)
    return out


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
