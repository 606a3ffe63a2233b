r"""Circuits of sentences: one per length, the words bound as angles.

Boxes are written depth first, the side that needs more qubits first; discarded qubits are reset and
serve again, so that a tree of n tokens takes about log₂ n + 1 wires and a path two. Qubits that are
post-selected are measured at the end and must all be 0.

A word is the angles of its preparation: on one qubit U(θ, φ, 0), on two

.. math:: (U ⊗ U')\; \mathrm{CX}\; (R_y(α) ⊗ 1)\, |00⟩,

six of them. Where a box joins two words of one qubit and discards the second, only the state of the
first is left of all that, cos²(α/2) |u⟩⟨u| + sin²(α/2) |u_⊥⟩⟨u_⊥|: three angles and one CX in place
of three. The angles of every pair of words are computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import ClassicalRegister, QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit.synthesis import qs_decomposition

from qtn._display import Display, Displayed
from qtn.applications.sequences.architecture import Architecture, Merge
from qtn.aqc.shape.emit import Writer

Array = NDArray[Any]
_WORD_ANGLES = {1: 2, 2: 6}
_PAIR_ANGLES = 3


@dataclass(frozen=True, eq=False, repr=False)
class Parts(Displayed):
    """A trained network as plain arrays, and the circuits that it is.

    Args:
        shape: the architecture.
        words: unit vectors, (tokens, 2^wires).
        boxes: unitaries on memory ⊗ word, the first leading.
        read: qubits of the last register that are measured, its first.
    """

    shape: Architecture
    words: Array
    boxes: Array
    read: int
    _written: dict[Any, QuantumCircuit] = field(default_factory=dict)

    def _brief(self) -> str:
        return f"{len(self.words)} words, {len(self.boxes)} boxes"

    def _display(self) -> Display:
        rows = [("words", self.words), ("boxes", self.boxes), ("qubits read", self.read)]
        return Display("Network over tokens", rows)

    @property
    def discards(self) -> bool:
        """Whether second registers are discarded."""
        return self.shape.closure == "discard"

    def circuit(self, length: int, reset: bool = True) -> QuantumCircuit:
        """Return the circuit of sentences of a length, with the words' angles free.

        Args:
            length: tokens.
            reset: whether discarded qubits are reset and used again.

        Returns:
            A circuit in CX and one-qubit gates with a classical register "label", and "zero" of
            the bits that must be 0 where qubits are post-selected.
        """
        key = (length, reset)
        if key not in self._written:
            self._written[key] = _Emitter(self, length, reset).finished()
        return self._written[key]

    def values(self, codes: Array) -> NDArray[np.float64]:
        """Return the angles that `circuit` binds for sentences, (batch, parameters)."""
        found = []
        for unit in self.units(codes.shape[1]):
            if len(unit) == 1:
                found.append(self.word_angles[codes[:, unit[0]]])
            else:
                a, b, box = unit
                found.append(self.pair_angles[box][codes[:, a], codes[:, b]])
        return np.concatenate(found, axis=1)

    def units(self, length: int) -> list[tuple[int, ...]]:
        """Return what is prepared: tokens (place,), and pairs (place, place, box)."""
        found: list[tuple[int, ...]] = []
        for part in self.plan(length):
            if not isinstance(part, Merge):
                found.append((part,))
            elif self.is_pair(part, length):
                found.append((part.left, part.right, part.box))
        return found

    def is_pair(self, merge: Merge, length: int) -> bool:
        """Say whether a merge is prepared at once: two words on one qubit each, one discarded."""
        both = merge.left < length and merge.right < length
        return both and self.discards and self.shape.memory == 1

    def plan(self, length: int) -> list[Merge | int]:
        """Return tokens and merges in the order in which they are written, depth first."""
        levels = self.shape.levels(length)
        merges = [m for level in levels for m in level]
        needs = [1] * length
        for m in merges:
            a, b = needs[m.left], needs[m.right]
            needs.append(max(a, b, 1 + min(a, b)))
        # A stack, since paths are as deep as they are long.
        found: list[Merge | int] = []
        waiting: list[tuple[int, bool]] = [(length + len(merges) - 1, False)]
        while waiting:
            node, ready = waiting.pop()
            if node < length:
                found.append(node)
                continue
            merge = merges[node - length]
            if ready or self.is_pair(merge, length):
                found.append(merge)
                continue
            children = [merge.left, merge.right]
            if needs[merge.right] > needs[merge.left]:
                children.reverse()
            waiting += [(node, True), (children[1], False), (children[0], False)]
        return found

    @cached_property
    def word_angles(self) -> NDArray[np.float64]:
        """The angles of every word, (tokens, 2 or 6)."""
        if self.shape.wires == 1:
            return np.array([_towards(psi) for psi in self.words])
        return np.array([_schmidt_angles(psi.reshape(2, 2)) for psi in self.words])

    @cached_property
    def pair_angles(self) -> dict[int, NDArray[np.float64]]:
        """Per box the angles of what it leaves of every pair of words, (tokens, tokens, 3)."""
        found = {}
        for number, box in enumerate(self.boxes):
            kraus = box.reshape(2, 2, 2, 2)  # kept, discarded; left, right
            states = np.einsum("kdij,vi,wj->vwkd", kraus, self.words, self.words)
            rho = states @ states.conj().swapaxes(2, 3)
            weights, vectors = np.linalg.eigh(rho)
            alpha = 2 * np.arctan2(*np.sqrt(np.clip(weights, 0.0, None)).transpose(2, 0, 1))
            turns = np.array([[_towards(u) for u in row] for row in vectors[..., 1]])
            found[number] = np.concatenate([alpha[..., None], turns], axis=2)
        return found


class _Emitter:
    """Collects gates while the number of qubits is still open."""

    def __init__(self, parts: Parts, length: int, reset: bool) -> None:
        self.parts, self.length, self.reset = parts, length, reset
        units = parts.units(length)
        word = _WORD_ANGLES[parts.shape.wires]
        count = sum(word if len(unit) == 1 else _PAIR_ANGLES for unit in units)
        self.angles = iter(ParameterVector("θ", count))
        self.steps: list[tuple[str, list[Any], list[int]]] = []
        self.free: list[int] = []
        self.zero: list[int] = []
        self.total = 0
        self.boxes: dict[int, list[tuple[str, list[float], list[int]]]] = {}

    def finished(self) -> QuantumCircuit:
        parts, length = self.parts, self.length
        registers: dict[int, list[int]] = {}
        node = length - 1
        numbers = {m: length + k for k, m in enumerate(
            m for level in parts.shape.levels(length) for m in level)}  # fmt: skip
        for unit in parts.plan(length):
            if not isinstance(unit, Merge):
                node = unit
                registers[node] = self._word(unit == 0)
                continue
            node = numbers[unit]
            if parts.is_pair(unit, length):
                registers[node] = self._pair()
            else:
                left, right = registers.pop(unit.left), registers.pop(unit.right)
                self._box(unit.box, [*left, *right])
                self._leave(right)
                registers[node] = left
        return self._built(registers[node][: parts.read])

    def _fresh(self) -> int:
        if self.free:
            qubit = self.free.pop()
            self.steps.append(("reset", [], [qubit]))
            return qubit
        self.total += 1
        return self.total - 1

    def _leave(self, qubits: Sequence[int]) -> None:
        if not self.parts.discards:
            self.zero += qubits
        elif self.reset:
            self.free += reversed(qubits)

    def _turn(self, qubit: int, count: int) -> None:
        angles = [next(self.angles) for _ in range(count)]
        self.steps.append(("u", angles + [0.0] * (3 - count), [qubit]))

    def _word(self, first: bool) -> list[int]:
        """Prepare a word; the first of a path comes with the rest of its memory."""
        shape = self.parts.shape
        rest = shape.memory - shape.wires if first else 0
        qubits = [self._fresh() for _ in range(rest + shape.wires)]
        if shape.wires == 1:
            self._turn(qubits[-1], 2)
        else:
            a, b = qubits[-2:]
            self.steps += [("ry", [next(self.angles)], [a]), ("cx", [], [a, b])]
            self._turn(a, 3)
            self._turn(b, 2)
        return qubits

    def _pair(self) -> list[int]:
        kept, other = self._fresh(), self._fresh()
        self.steps += [("ry", [next(self.angles)], [kept]), ("cx", [], [kept, other])]
        self._turn(kept, 2)
        self._leave([other])
        return [kept]

    def _box(self, number: int, qubits: list[int]) -> None:
        if number not in self.boxes:
            width = self.parts.shape.wires if self.parts.discards else 0
            self.boxes[number] = _gates(self.parts.boxes[number], width)
        self.steps += [(n, p, [qubits[k] for k in on]) for n, p, on in self.boxes[number]]

    def _built(self, read: list[int]) -> QuantumCircuit:
        label = ClassicalRegister(len(read), "label")
        circuit = QuantumCircuit(self.total)
        circuit.add_register(label)
        for name, params, qubits in self.steps:
            getattr(circuit, name)(*params, *qubits)
        circuit.measure(read[::-1], label)
        if self.zero:
            zero = ClassicalRegister(len(self.zero), "zero")
            circuit.add_register(zero)
            circuit.measure(self.zero, zero)
        return circuit


def _gates(box: Array, discarded: int) -> list[tuple[str, list[float], list[int]]]:
    """Return the gates of a box on its qubits, the first of which leads.

    Args:
        box: the unitary.
        discarded: qubits at its end that nobody looks at afterwards: what is done to one of them
            alone at the end is left out.
    """
    n = len(box).bit_length() - 1
    if n == 2:
        writer = Writer(2, "cx", fresh=False)
        writer.block(((0, 1), box))
        circuit, order = writer.finish(), [0, 1]
    else:
        circuit = qs_decomposition(box)
        circuit = transpile(
            circuit, basis_gates=["u", "cx"], optimization_level=1, seed_transpiler=0
        )
        order = list(range(n))[::-1]
    found = [
        (i.operation.name, [float(p) for p in i.operation.params],
         [order[circuit.find_bit(q).index] for q in i.qubits])
        for i in circuit.data
    ]  # fmt: skip
    last = {q: k for k, (_, _, on) in enumerate(found) for q in on}
    idle = {last.get(q) for q in range(n - discarded, n)}
    return [gate for k, gate in enumerate(found) if not (k in idle and len(gate[2]) == 1)]


def _towards(psi: Array) -> tuple[float, float]:
    """Return θ and φ with U(θ, φ, 0)|0⟩ = |ψ⟩ up to a phase."""
    a, b = psi
    return 2 * float(np.arctan2(abs(b), abs(a))), float(np.angle(b) - np.angle(a))


def _schmidt_angles(psi: Array) -> tuple[float, ...]:
    """Return α, three angles of the first qubit and two of the second; see the module."""
    u, s, vh = np.linalg.svd(psi)  # ψ_ij = Σ_k s_k u_ik vh_kj
    theta, phi = _towards(vh[0])
    # What U(θ, φ, 0) makes of |1⟩ is vh[1] up to a phase, which goes to the first qubit.
    second = np.array([-np.sin(theta / 2), np.exp(1j * phi) * np.cos(theta / 2)])
    first = np.array([np.cos(theta / 2), np.exp(1j * phi) * np.sin(theta / 2)])
    frame = u * [np.vdot(first, vh[0]), np.vdot(second, vh[1])]
    turn, lead = _towards(frame[:, 0])
    # U|1⟩ = e^{iλ} (-sin, e^{iφ} cos): λ is the phase of the second column beside the first.
    one = np.array([-np.sin(turn / 2), np.exp(1j * lead) * np.cos(turn / 2)])
    zero = np.array([np.cos(turn / 2), np.exp(1j * lead) * np.sin(turn / 2)])
    lam = np.angle(np.vdot(one, frame[:, 1])) - np.angle(np.vdot(zero, frame[:, 0]))
    return 2 * float(np.arctan2(s[1], s[0])), turn, lead, float(lam), theta, phi
