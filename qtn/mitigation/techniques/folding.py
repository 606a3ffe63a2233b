"""Noise amplification by unitary folding inside the native gate set.

A circuit that already consists of the device's gates, C = T · G (G: everything that a later
two-qubit gate depends on; T: trailing one-qubit gates, which hold the measurement basis and the
parameters of a sweep), becomes T · G (G^-1 G)^k (L^-1 L) with L the last part of G (global),
or each gate g of G becomes g (g^-1 g)^k (local). The inverse of every gate is written with the same
gates, so that the noise per gate stays that of the device, and rotations about z, which are free on
most devices, are the only additions:
SX^-1 = RZ(π) SX RZ(π) and RZZ(-θ) = (X⊗1) RZZ(θ) (X⊗1) up to a phase.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from qiskit.circuit import CircuitInstruction, Gate, QuantumCircuit
from qiskit.circuit.library import RXGate, RZGate, SXGate, XGate

from qtn._checks import choice, fail, real
from qtn.errors import ArgumentError
from qtn.interop.counting import is_two_qubit, two_qubit_gates

TOLERANCE = 0.02  # relative deviation of the achieved two-qubit ratio from the one asked for
_SELF_INVERSE = frozenset(["x", "y", "z", "h", "id", "cx", "cz", "ecr", "swap", "cy", "barrier"])
_SKIPPED = frozenset(["barrier", "delay"])


def split_tail(circuit: QuantumCircuit) -> tuple[QuantumCircuit, QuantumCircuit]:
    """Split a circuit into the part up to the last two-qubit gate of each qubit, and the rest.

    Args:
        circuit: a circuit; measurements, and everything after them, belong to the tail.

    Returns:
        `(prefix, tail)` on the qubits and clbits of `circuit`; the circuit is prefix, then tail.

    Cost: one pass over the instructions.

    Example:
        >>> circuit = QuantumCircuit(2); _ = circuit.cx(0, 1); _ = circuit.x(0)
        >>> [dict(part.count_ops()) for part in split_tail(circuit)]
        [{'cx': 1}, {'x': 1}]
    """
    needed: set[object] = set()
    in_prefix = []
    for instruction in reversed(circuit.data):
        entangles = len(instruction.qubits) > 1 and instruction.operation.name != "barrier"
        inside = entangles or any(qubit in needed for qubit in instruction.qubits)
        if instruction.clbits:
            inside = False
        if inside:
            needed.update(instruction.qubits)
        in_prefix.append(inside)
    in_prefix.reverse()
    prefix, tail = circuit.copy_empty_like(), circuit.copy_empty_like()
    tail.global_phase = 0
    for instruction, inside in zip(circuit.data, in_prefix, strict=True):
        (prefix if inside else tail)._append(instruction)
    return prefix, tail


def native_inverse(
    instruction: CircuitInstruction, allowed: frozenset[str] | None = None
) -> list[CircuitInstruction]:
    """Return the inverse of a gate, up to a phase, written with the same gates and RZ or X.

    Args:
        instruction: a gate on its qubits.
        allowed: names of the device's gates, or None if every gate is allowed.

    Raises:
        ArgumentError: the gate has no inverse inside `allowed` (a measurement, a reset).
    """
    gate, qubits = instruction.operation, instruction.qubits
    if gate.name in _SELF_INVERSE or gate.name == "delay":
        return [instruction]
    if gate.name == "sx":
        return _conjugated(qubits[0], qubits, RZGate(math.pi), SXGate())
    if gate.name == "rx":
        return _conjugated(qubits[0], qubits, RZGate(math.pi), RXGate(gate.params[0]))
    if gate.name == "rzz":
        return _conjugated(qubits[0], qubits, XGate(), gate)
    if instruction.clbits or not hasattr(gate, "inverse"):
        raise _unfoldable(gate.name)
    try:
        inverse = gate.inverse()
    except Exception as error:
        raise _unfoldable(gate.name) from error
    if allowed is not None and inverse.name not in allowed:
        raise _unfoldable(gate.name)
    return [CircuitInstruction(inverse, qubits)]


def fold(
    circuit: QuantumCircuit,
    factor: float,
    *,
    method: str = "global",
    allowed: Iterable[str] | None = None,
) -> QuantumCircuit:
    """Amplify the noise of a native circuit by `factor`, counted in two-qubit gates.

    Args:
        circuit: gates of the device, with or without final measurements.
        factor: wanted ratio of two-qubit gates, at least 1. Odd factors fold everything; others
            fold a part, and need a circuit long enough to come within 2 %.
        method: "global" folds the circuit as a whole, "local" every gate behind itself.
        allowed: names of the device's gates (None: no restriction).

    Returns:
        The folded circuit; trailing one-qubit gates and measurements are left as they are.

    Raises:
        ArgumentError: factor below 1, a gate that cannot be inverted natively, or a ratio that the
            circuit cannot reach within 2 % (the message names the nearest ones it can).

    Cost: linear in `factor` times the number of gates.

    Example:
        >>> circuit = QuantumCircuit(2); _ = circuit.cx(0, 1); _ = circuit.x(0)
        >>> two_qubit_gates(fold(circuit, 3))
        3

    Reference: Giurgica-Tiron, Hindy, LaRose, Mari, Zeng, "Digital zero noise extrapolation",
        arXiv:2005.10921, section III. Inverses here stay in the native gate set.
    """
    factor = real("factor", factor, way_out="Noise factors are numbers of at least 1.")
    if factor < 1:
        raise fail("factor", "a noise factor of at least 1", factor, "Folding only adds noise.")
    choice("method", method, ("global", "local"))
    prefix, tail = split_tail(circuit)
    gates = two_qubit_gates(prefix)
    if factor == 1:
        return circuit.copy()
    if gates == 0:
        raise ArgumentError(
            f"Argument `factor` is {factor:g}, but the circuit has no two-qubit gate to fold. "
            "Leave zero-noise extrapolation out for this circuit."
        )
    names = None if allowed is None else frozenset(allowed)
    extra = _extra_pairs(gates, factor)
    build = _fold_global if method == "global" else _fold_local
    folded = circuit.copy_empty_like()
    for instruction in build(list(prefix.data), gates, extra, names):
        folded._append(instruction)
    for instruction in tail.data:
        folded._append(instruction)
    return folded


def reachable_factors(circuit: QuantumCircuit, factors: Iterable[float]) -> tuple[float, ...]:
    """Return for each wanted factor the nearest two-qubit ratio that folding can reach.

    Example:
        >>> circuit = QuantumCircuit(2); _ = circuit.cx(0, 1); _ = circuit.cx(1, 0)
        >>> reachable_factors(circuit, (1, 1.9, 3))
        (1.0, 2.0, 3.0)
    """
    gates = two_qubit_gates(circuit)
    if gates == 0:
        return tuple(1.0 for _ in factors)
    return tuple(1 + 2 * round((f - 1) * gates / 2) / gates for f in factors)


def _extra_pairs(gates: int, factor: float) -> int:
    """Number of (inverse, gate) pairs to add so that (gates + 2 pairs) / gates = factor."""
    pairs = round((factor - 1) * gates / 2)
    achieved = 1 + 2 * pairs / gates
    if abs(achieved / factor - 1) > TOLERANCE:
        exact = (factor - 1) * gates / 2
        near = sorted({1 + 2 * math.floor(exact) / gates, 1 + 2 * math.ceil(exact) / gates})
        raise ArgumentError(
            f"Argument `factor` is {factor:g}, but folding this circuit of {gates} two-qubit gates "
            f"reaches {near[0]:.4g} or {near[-1]:.4g} and nothing within 2 % between them. "
            "Ask for one of these, or for an odd factor."
        )
    return pairs


def _fold_global(
    data: list[CircuitInstruction], gates: int, pairs: int, allowed: frozenset[str] | None
) -> list[CircuitInstruction]:
    whole, part = divmod(pairs, gates)
    inverse = _inverted(data, allowed) if whole or part else []
    folded = list(data)
    for _ in range(whole):
        folded += inverse + data
    if part:
        last = _last_part(data, part)
        folded += _inverted(last, allowed) + last
    return folded


def _last_part(data: list[CircuitInstruction], gates: int) -> list[CircuitInstruction]:
    """Shortest suffix that holds `gates` two-qubit gates."""
    found = 0
    for start in range(len(data) - 1, -1, -1):
        found += is_two_qubit(data[start])
        if found == gates:
            return data[start:]
    return data


def _fold_local(
    data: list[CircuitInstruction], gates: int, pairs: int, allowed: frozenset[str] | None
) -> list[CircuitInstruction]:
    # The remainder is spread evenly over the circuit, so that no region gets all the noise.
    whole, part = divmod(pairs, gates)
    marks = np.floor(np.arange(1, gates + 1) * part / gates) > np.floor(
        np.arange(gates) * part / gates
    )
    folded: list[CircuitInstruction] = []
    seen = 0
    for instruction in data:
        folded.append(instruction)
        if instruction.operation.name in _SKIPPED:
            continue
        extra = whole + int(marks[min(seen, gates - 1)])
        seen += is_two_qubit(instruction)
        for _ in range(extra):
            folded += [*native_inverse(instruction, allowed), instruction]
    return folded


def _inverted(
    data: list[CircuitInstruction], allowed: frozenset[str] | None
) -> list[CircuitInstruction]:
    return [part for gate in reversed(data) for part in native_inverse(gate, allowed)]


def _conjugated(one: Any, qubits: Any, outer: Gate, inner: Gate) -> list[CircuitInstruction]:
    around = CircuitInstruction(outer, (one,))
    return [around, CircuitInstruction(inner, qubits), around]


def _unfoldable(name: str) -> ArgumentError:
    return ArgumentError(
        f"The gate `{name}` cannot be folded: its inverse is not among the device's gates. "
        "Transpile the circuit to the device first, and keep measurements and resets at the end."
    )
