"""Diagrams of lambeq as Qiskit circuits, directly and with their symbols.

The layers of a diagram are walked through once. Every ket begins a wire, swaps rename wires, cups,
caps and spiders are gates and post-selections already when an ansatz has made a circuit of them.
Nothing is handed to another package on the way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit.library import CXGate, HGate, XGate

from qtn._checks import bounded_int, choice, fail, flag
from qtn._machine import few_threads
from qtn._optional import require
from qtn.errors import ArgumentError
from qtn.interop.lambeq.boxes import Parameters, as_gate, scalar_of
from qtn.interop.lambeq.schedule import Step, depth_first, places
from qtn.interop.lambeq.selected import SentenceCircuit

__all__ = ["ANSATZE", "from_lambeq"]

ANSATZE = {
    "iqp": "IQPAnsatz",
    "sim4": "Sim4Ansatz",
    "sim9": "Sim9Ansatz",
    "sim9cx": "Sim9CxAnsatz",
    "sim14": "Sim14Ansatz",
    "sim15": "Sim15Ansatz",
    "strongly-entangling": "StronglyEntanglingAnsatz",
}
MOST_QUBITS = 10  # per type: what a box on two such types can still be simulated with
MOST_LAYERS = 1000


@few_threads(1)
def from_lambeq(
    diagram: Any,
    ansatz: Any = None,
    *,
    layers: int = 1,
    qubits: int | Mapping[str, int] = 1,
    discard: bool = False,
    reuse: bool = False,
) -> SentenceCircuit:
    """Turn a diagram of lambeq into a Qiskit circuit with symbolic parameters.

    Args:
        diagram: a sentence (`qtn.sentence_diagram`, or any reader or rewriter of lambeq), or a
            quantum diagram without inputs.
        ansatz: how the boxes of a sentence become circuits: "iqp", "sim4", "sim9", "sim9cx",
            "sim14", "sim15", "strongly-entangling", or a circuit ansatz of lambeq; None for a
            quantum diagram.
        layers: of an ansatz given by name.
        qubits: per type of wire, as one number or by the name of the type, such as
            {"n": 1, "s": 1}; of an ansatz given by name.
        discard: boxes throw their surplus wires away instead of post-selecting them; of an ansatz
            given by name. Cups and spiders post-select all the same.
        reuse: reset qubits that are done with and take them again, which is worth it for readers
            that go along the sentence.

    Returns:
        The circuit with its bookkeeping. Its `exact` value is that of the diagram.

    Raises:
        ArgumentError: no diagram, a diagram with inputs, an unknown ansatz, a box that is no gate.
        MissingExtraError: lambeq is not installed.

    Cost: (number of layers of the diagram); with `reuse` times (number of wires)².

    Example:
        >>> import qtn
        >>> sentence = qtn.sentence_diagram("woman cooks dinner", "stairs")
        >>> qtn.from_lambeq(sentence, "iqp")
        SentenceCircuit(3 qubits, 10 parameters, 2 post-selected, 0 discarded, 1 read)
        >>> qtn.from_lambeq(sentence, "sim14", discard=True, reuse=True)
        SentenceCircuit(2 qubits, 17 parameters, 0 post-selected, 2 discarded, 1 read)

    Reference: Kartsaklis et al., arXiv:2110.04236 (lambeq). Its own routes to Qiskit go through
    pytket or PennyLane; symbols get lost there, and so do the angles of CRy and others.
    """
    quantum = require("lambeq.backend.quantum", "language")
    grammar = require("lambeq.backend.grammar", "language")
    flag("reuse", reuse)
    flag("discard", discard)
    layers = bounded_int("layers", layers, 1, MOST_LAYERS)
    if not isinstance(qubits, Mapping):
        qubits = bounded_int("qubits", qubits, 1, MOST_QUBITS)
    given = (layers, qubits, discard) != (1, 1, False)
    if isinstance(diagram, quantum.Diagram | quantum.Box):
        if ansatz is not None or given:
            raise ArgumentError(
                "Argument `diagram` is a circuit already, so that there is no choice of an "
                "ansatz left. Leave `ansatz` and its options out."
            )
        return _Reading(diagram.to_diagram(), quantum).circuit(reuse)
    if not isinstance(diagram, grammar.Diagram | grammar.Box):
        raise fail("diagram", "a diagram of lambeq", diagram,
                   "Make one of a sentence with qtn.sentence_diagram.")  # fmt: skip
    diagram = diagram.to_diagram()
    made = _ansatz(diagram, ansatz, layers, qubits, discard)
    try:
        found = made(diagram)
    except NotImplementedError as error:
        raise ArgumentError(
            "lambeq makes no circuits of spiders on types of several qubits. Take one qubit for "
            "these types, or another reader."
        ) from error
    except KeyError as error:
        raise ArgumentError(
            f"The ansatz has no number of qubits for the type {error}. Add it to its `ob_map`."
        ) from error
    except (ValueError, RuntimeError) as error:  # ranges too large; frames
        raise ArgumentError(f"The ansatz does not suit this diagram: {error}") from error
    return _Reading(found, quantum).circuit(reuse)


def _ansatz(diagram: Any, ansatz: Any, layers: int, qubits: Any, discard: bool) -> Any:
    """Return the ansatz of lambeq that the arguments stand for."""
    room = require("lambeq", "language")
    if isinstance(ansatz, room.CircuitAnsatz):
        if (layers, qubits, discard) != (1, 1, False):
            raise ArgumentError(
                "Arguments `layers`, `qubits` and `discard` are those of an ansatz given by its "
                "name. Give them to your ansatz itself."
            )
        return ansatz
    name = choice("ansatz", ansatz, ANSATZE, way_out="An ansatz of lambeq may be given as well.")
    return getattr(room, ANSATZE[name])(_widths(diagram, qubits), layers, discard=discard)


def _widths(diagram: Any, qubits: Any) -> dict[Any, int]:
    """Return the number of qubits of every basic type of a diagram."""
    types = {}
    for box in diagram.boxes:
        for kind in (*box.dom, *box.cod):
            types[str(kind.unwind())] = kind.unwind()
    for kind in diagram.cod:
        types[str(kind.unwind())] = kind.unwind()
    if not isinstance(qubits, Mapping):
        return dict.fromkeys(types.values(), qubits)
    missing = sorted(set(types) - set(qubits))
    if missing:
        raise ArgumentError(
            f"Argument `qubits` lacks the type {missing[0]!r}; the diagram has "
            f"{', '.join(map(repr, sorted(types)))}. Give a number of qubits for each."
        )
    return {
        kind: bounded_int(f"qubits[{name}]", qubits[name], 0, MOST_QUBITS)
        for name, kind in types.items()
    }


class _Reading:
    """A quantum diagram walked through: steps on wires, bits, the scale."""

    def __init__(self, diagram: Any, quantum: Any) -> None:
        self.quantum = quantum
        self.parameters = Parameters()
        self.steps: list[Step] = []
        self.selected: dict[int, int] = {}
        self.wires = self.bits = self.discarded = 0
        self.scale = complex(1.0)
        self.line: list[tuple[str, int]] = []  # ("qubit", wire) or ("bit", bit), left to right
        self.measured: dict[int, int] = {}  # bit -> wire
        if len(diagram.dom):
            raise ArgumentError(
                f"Argument `diagram` has {len(diagram.dom)} inputs. Give them a state first, such "
                "as Ket(*[0] * n) >> diagram."
            )
        for left, box, _ in diagram.layers:
            self.read(box, len(left))

    def read(self, box: Any, place: int) -> None:
        """Take one box whose first wire is at `place`."""
        q = self.quantum
        if isinstance(box, q.Swap):
            first, second = len(box.left), len(box.right)
            block = self.line[place : place + first + second]
            self.line[place : place + first + second] = block[first:] + block[:first]
        elif isinstance(box, q.Scalar):
            self.scale *= scalar_of(box)
        elif isinstance(box, q.Daggered) and isinstance(box.box, q.Bit):
            self.selected[self.line.pop(place)[1]] = box.box.bit
        elif not len(box.dom):
            self.begin(box, place)
        elif isinstance(box, q.Bra | q.Discard | q.Measure):
            self.end(box, place)
        elif isinstance(box, q.Encode):
            self.line[place] = ("qubit", self.measured[self.line[place][1]])
        elif box.is_mixed or any(kind != "qubit" for kind, _ in self.under(box, place)):
            raise ArgumentError(
                f"The box {box.name!r} is no gate on qubits. Only measurements, discards, bits and "
                "their daggers are understood beside gates."
            )
        else:
            gate, order = as_gate(box, self.parameters)
            wires = [wire for _, wire in self.under(box, place)]
            self.steps.append(Step("gate", tuple(wires[k] for k in order), gate))

    def under(self, box: Any, place: int) -> list[tuple[str, int]]:
        """Return what a box acts on."""
        return self.line[place : place + len(box.dom)]

    def begin(self, box: Any, place: int) -> None:
        """Begin a wire: a ket, a bit, or one of a pair whose other is thrown away."""
        q = self.quantum
        wire = self.new_wire()
        if isinstance(box, q.MixedState):  # the identity: twice the state of half a Bell pair
            other = self.new_wire()
            self.steps += [Step("gate", (other,), HGate()), Step("gate", (other, wire), CXGate()),
                           Step("discard", (other,), ends=True)]  # fmt: skip
            self.discarded += 1
            self.scale *= math.sqrt(2)
        elif isinstance(box, q.Ket | q.Bit):
            if box.bit:
                self.steps.append(Step("gate", (wire,), XGate()))
        else:
            raise ArgumentError(
                f"The state {box.name!r} is neither a ket nor made by gates. Write it as Ket(0) "
                "and gates."
            )
        self.line.insert(place, ("qubit", wire))
        if isinstance(box, q.Bit):
            self.end(q.Measure(), place)

    def end(self, box: Any, place: int) -> None:
        """Post-select, discard or measure a wire."""
        q = self.quantum
        wire = self.line.pop(place)[1]
        if isinstance(box, q.Discard):
            self.discarded += 1
            self.steps.append(Step("discard", (wire,), ends=True))
            return
        bit, self.bits = self.bits, self.bits + 1
        if isinstance(box, q.Bra):
            self.selected[bit] = box.bit
            self.steps.append(Step("select", (wire,), bit, ends=True))
        else:
            self.measured[bit] = wire
            self.line.insert(place, ("bit", bit))
            self.steps.append(Step("measure", (wire,), bit))

    def new_wire(self) -> int:
        """Return the number of a new wire."""
        self.wires += 1
        return self.wires - 1

    def circuit(self, reuse: bool) -> SentenceCircuit:
        """Write the steps as a circuit, the open wires measured last."""
        open_wires = [wire for kind, wire in self.line if kind == "qubit"]
        last = {wire: k for k, step in enumerate(self.steps) for wire in step.wires}
        steps = [
            replace(step, ends=last[step.wires[0]] == k and step.wires[0] not in open_wires)
            if step.kind == "measure" else step
            for k, step in enumerate(self.steps)
        ]  # fmt: skip
        steps = depth_first(steps) if reuse else steps
        qubit, used, count = places(steps, self.wires, reuse)
        circuit = QuantumCircuit(count, self.bits + len(open_wires))
        begun: set[int] = set()
        for step in steps:
            for wire in step.wires:
                if wire in used and wire not in begun:
                    circuit.reset(qubit[wire])
                begun.add(wire)
            if step.kind == "gate":
                circuit.append(step.what, [qubit[wire] for wire in step.wires])
            elif step.kind != "discard":
                circuit.measure(qubit[step.wires[0]], step.what)
        outputs, reads, bit = [], {}, self.bits
        for kind, number in self.line:
            if kind == "qubit":
                circuit.measure(qubit[number], bit)
                reads[bit] = qubit[number]
                bit += 1
            outputs.append(bit - 1 if kind == "qubit" else number)
        return SentenceCircuit(
            circuit, self.selected, tuple(outputs), reads, self.discarded, self.scale
        )
