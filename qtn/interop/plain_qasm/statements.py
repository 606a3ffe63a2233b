"""The statements of a plain OpenQASM text as a circuit."""

from __future__ import annotations

import re
from typing import Any

from qiskit.circuit import CircuitInstruction, ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Gate as QiskitGate
from qiskit.circuit.library import Barrier, Measure, get_standard_gate_name_mapping

from qtn.interop.plain_qasm.angle_text import Unread, angle_of

__all__ = ["read_plain"]

_COMMON = (
    *("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "p", "id", "cx", "cy"),
    *("cz", "ch", "swap", "ccx", "cswap", "crx", "cry", "crz", "cp"),
)
_LIBRARIES = {
    "2": ("qelib1.inc", (*_COMMON, "u1", "u2", "u3", "u", "sxdg", "cu1", "cu3", "rzz", "rxx")),
    "3": ("stdgates.inc", _COMMON),
}
_STANDARD = get_standard_gate_name_mapping()
_NAME = r"[A-Za-z_]\w*"
_CALL = re.compile(rf"({_NAME})\s*(?:\((.*)\))?\s*(.*)", re.DOTALL)
_REGISTERS = {
    "2": re.compile(rf"(qreg|creg)\s+({_NAME})\s*\[\s*(\d+)\s*\]"),
    "3": re.compile(rf"(qubit|bit)\s*\[\s*(\d+)\s*\]\s*({_NAME})"),
}
_DEFINITION = re.compile(rf"\bgate\s+({_NAME})\s*(?:\(([^)]*)\))?\s*([^{{;(]*)\{{([^{{}}]*)\}}")
_MEASURE = {
    "2": re.compile(r"measure\s+(.+?)\s*->\s*(.+)", re.DOTALL),
    "3": re.compile(r"(.+?)\s*=\s*measure\s+(.+)", re.DOTALL),
}


def read_plain(code: str, version: str) -> QuantumCircuit | None:
    """Return the circuit of a plain text, or None where Qiskit's readers have to be asked.

    Args:
        code: OpenQASM text without comments.
        version: "2" or "3".

    Cost: some microseconds per statement.

    Example:
        >>> text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1];'
        >>> read_plain(text, "3").num_qubits
        2
    """
    try:
        return _Reader(version).read(code)
    except Unread:
        return None


class _Reader:
    """Registers, definitions and gates met so far."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.circuit = QuantumCircuit()
        self.bits: dict[str, list[Any]] = {}  # of registers, and of single places such as q[3]
        self.classical: dict[str, list[Any]] = {}
        self.definitions: dict[str, tuple[list[str], list[str], str]] = {}
        self.gates: dict[tuple[str, tuple[float, ...]], QiskitGate] = {}
        self.library: frozenset[str] = frozenset()

    def read(self, code: str) -> QuantumCircuit:
        """Return the circuit of a whole text.

        Raises:
            Unread: it holds something that is not read here.
        """
        for name, angles, places, body in _DEFINITION.findall(code):
            if name in self.definitions or name in _COMMON:
                raise Unread
            self.definitions[name] = _names(angles), _names(places), body
        code = _DEFINITION.sub(";", code)
        if "{" in code or "}" in code:
            raise Unread
        for statement in code.split(";"):
            if text := statement.strip():
                self._statement(text)
        if not self.circuit.num_qubits:
            raise Unread
        return self.circuit

    def _statement(self, text: str) -> None:
        head = text.split(None, 1)[0]
        if head == "OPENQASM":
            return
        if head == "include":
            name, gates = _LIBRARIES[self.version]
            if text[len(head) :].strip() not in (f'"{name}"', f"'{name}'"):
                raise Unread
            self.library = frozenset(gates)
        elif found := _REGISTERS[self.version].fullmatch(text):
            self._register(*found.groups())
        elif "measure" in text:
            self._measure(text)
        else:
            self._call(text)

    def _register(self, kind: str, one: str, two: str) -> None:
        name, size = (one, int(two)) if self.version == "2" else (two, int(one))
        if name in self.bits or name in self.classical or not size:
            raise Unread
        quantum = kind.startswith("q")
        register = (QuantumRegister if quantum else ClassicalRegister)(size, name)
        self.circuit.add_register(register)
        known = self.bits if quantum else self.classical
        known[name] = list(register)
        for place, bit in enumerate(register):
            known[f"{name}[{place}]"] = [bit]

    def _measure(self, text: str) -> None:
        found = _MEASURE[self.version].fullmatch(text)
        if not found:
            raise Unread
        names = found.groups() if self.version == "2" else found.groups()[::-1]
        qubits, bits = self.bits.get(names[0].strip()), self.classical.get(names[1].strip())
        if qubits is None or bits is None or len(qubits) != len(bits):
            raise Unread
        for qubit, bit in zip(qubits, bits, strict=True):
            self.circuit.append(CircuitInstruction(Measure(), (qubit,), (bit,)))

    def _call(self, text: str) -> None:
        found = _CALL.fullmatch(text)
        if not found:
            raise Unread
        name, angles, operands = found.groups()
        places = [self.bits.get(operand.strip()) for operand in operands.split(",")]
        if not operands or None in places:
            raise Unread
        qubits = [qubit for place in places for qubit in place or ()]
        if len(set(qubits)) < len(qubits):
            raise Unread
        if name == "barrier" and angles is None:
            self.circuit.append(CircuitInstruction(Barrier(len(qubits)), qubits))
            return
        gate = self._gate(name, self._angles(angles, {}))
        if gate.num_qubits == 1 == len(places):
            for qubit in qubits:
                self.circuit.append(CircuitInstruction(gate, (qubit,)))
        elif gate.num_qubits == len(places) == len(qubits):
            self.circuit.append(CircuitInstruction(gate, qubits))
        else:
            raise Unread

    def _angles(self, text: str | None, known: dict[str, float]) -> tuple[float, ...]:
        if text is None or not text.strip():
            return ()
        return tuple(angle_of(part, self.version, known) for part in text.split(","))

    def _gate(self, name: str, angles: tuple[float, ...]) -> QiskitGate:
        """Return a gate of the library, or one that the text defines, for its angles."""
        key = name, angles
        if key not in self.gates:
            if name in self.definitions:
                self.gates[key] = self._defined(name, angles)
            elif name in self.library and len(_STANDARD[name].params) == len(angles):
                gate = _STANDARD[name]
                self.gates[key] = type(gate)(*angles) if angles else gate
            else:
                raise Unread
        return self.gates[key]

    def _defined(self, name: str, angles: tuple[float, ...]) -> QiskitGate:
        names, places, body = self.definitions.pop(name)  # a definition cannot hold itself
        if len(names) != len(angles) or not places or len(set(places)) < len(places):
            raise Unread
        inside = QuantumCircuit(len(places), name=name)
        known = dict(zip(names, angles, strict=True))
        for statement in body.split(";"):
            if not statement.strip():
                continue
            found = _CALL.fullmatch(statement.strip())
            if not found:
                raise Unread
            inner, own, operands = found.groups()
            where = [operand.strip() for operand in operands.split(",")]
            gate = self._gate(inner, self._angles(own, known))
            if gate.num_qubits != len(set(where)) or not set(where) <= set(places):
                raise Unread
            inside.append(gate, [places.index(place) for place in where])
        self.definitions[name] = names, places, body
        made: QiskitGate = inside.to_gate()
        made.params = list(angles)
        return made


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text.strip() else []
