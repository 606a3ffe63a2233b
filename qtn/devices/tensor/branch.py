"""Noiseless circuits that go on after a measurement: one pure state per history of outcomes.

All shots with the same outcomes so far share one state. At a measurement or reset the number of
them that find 1 is drawn from the binomial distribution, and the state splits into at most two; the
result has exactly the distribution of shots simulated one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CASE_DEFAULT, ClassicalRegister, Clbit, ControlFlowOp

from qtn.devices.measurements import final_measurements
from qtn.devices.tensor.channels import unitary_matrix
from qtn.devices.tensor.ordering import cheapest_order
from qtn.devices.tensor.pure import Chain, PureSimulator
from qtn.devices.tensor.sweep import SimulationReport
from qtn.errors import DeviceError
from qtn.states.kernels.circuit import Gate
from qtn.states.kernels.sample import sample_prefixes
from qtn.states.kernels.truncate import kept_rank, svd

__all__ = ["BranchSweep"]

Array = NDArray[Any]
EMPTY = 1e-28  # relative squared weight of rounding


@dataclass(frozen=True, slots=True)
class Event:
    """A measurement into a bit, or a reset (bit None) of a site."""

    site: int
    clbit: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Blocks of which the classical bits pick one, or none."""

    pick: Callable[[Array], int | None]
    blocks: tuple[tuple[Operation, ...], ...]


Operation: TypeAlias = "Gate | Event | Choice"


@dataclass(frozen=True, slots=True)
class Todo:
    """Operations from a position on, and what comes after them."""

    operations: tuple[Operation, ...]
    position: int = 0
    after: Todo | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Shots with a common history: their state, bits, number, and what is still to be done."""

    chain: Chain
    bits: Array
    shots: int
    todo: Todo | None


class BranchSweep:
    """The bindings of one circuit with mid-circuit measurements, resets or conditions."""

    def __init__(self, simulator: PureSimulator, circuit: QuantumCircuit, values: Array) -> None:
        self.simulator = simulator
        self.circuit = circuit
        self.table = values
        self.bindings = len(values)
        pairs = list(_pairs(circuit, range(circuit.num_qubits)))
        self.order = cheapest_order(range(circuit.num_qubits), pairs)
        self.site = {q: k for k, q in enumerate(self.order)}
        self._report = SimulationReport(circuit.num_qubits, 1, 0.0, 1.0)

    def sample(self, binding: int, shots: int, rng: np.random.Generator) -> Array:
        """Return classical bits, bool (shots, clbits)."""
        circuit = self.circuit
        if circuit.num_parameters:
            circuit = circuit.assign_parameters(self.table[binding])
        final = final_measurements(circuit)
        places = _Places.of(circuit, self.site)
        last = (circuit.data[k] for k in sorted(final))
        ends = [(places.of_qubits(circuit, i)[0], places.of_bits(circuit, i)[0]) for i in last]
        program = _program(circuit, places, final)
        start = Chain.zeros(circuit.num_qubits)
        branches = [Branch(start, np.zeros(circuit.num_clbits, dtype=bool), shots, Todo(program))]
        tables, lost, bond = [], 0.0, 1
        while branches:
            branch = branches.pop()
            ended = self._advance(branch, branches, rng)
            if ended is not None:
                tables.append(_finished(ended, ends, rng))
                lost += ended.chain.discarded * ended.shots / shots
                bond = max(bond, ended.chain.max_bond)
        self._report = SimulationReport(circuit.num_qubits, bond, lost, 1.0 - min(lost, 1.0))
        return rng.permutation(np.concatenate(tables), axis=0)

    def values(self, binding: int, observables: Any) -> Array:
        """Not offered: a state that depends on outcomes has no one value."""
        raise NotImplementedError

    def report(self) -> SimulationReport:
        """Return the error account of the last sample."""
        return self._report

    def _advance(
        self, branch: Branch, branches: list[Branch], rng: np.random.Generator
    ) -> Branch | None:
        """Go on to the next split, which is put on the stack, or to the end, which is returned."""
        gates: list[Gate] = []
        todo = branch.todo
        while todo is not None:
            if todo.position == len(todo.operations):
                todo = todo.after
                continue
            first = todo.operations[todo.position]
            todo = replace(todo, position=todo.position + 1)
            if isinstance(first, tuple):
                gates.append(first)
            elif isinstance(first, Choice):
                picked = first.pick(branch.bits)
                if picked is not None:
                    todo = Todo(first.blocks[picked], after=todo)
            else:
                chain = self.simulator.advance(branch.chain, gates)
                branches += self._split(replace(branch, chain=chain, todo=todo), first, rng)
                return None
        return replace(branch, chain=self.simulator.advance(branch.chain, gates), todo=None)

    def _split(self, branch: Branch, event: Event, rng: np.random.Generator) -> list[Branch]:
        """Measure one site for all shots of a branch."""
        chain, site = branch.chain.moved(event.site), event.site
        measured = chain.tensors[site]
        weights = np.sum(np.abs(measured) ** 2, axis=(0, 2))
        ones = int(rng.binomial(branch.shots, min(1.0, weights[1] / weights.sum())))
        found = []
        for outcome, count in ((0, branch.shots - ones), (1, ones)):
            if not count:
                continue
            projected = np.zeros_like(measured)
            kept = 0 if event.clbit is None else outcome
            projected[:, kept] = measured[:, outcome] / np.sqrt(weights[outcome])
            after = (*chain.tensors[:site], projected, *chain.tensors[site + 1 :])
            bits = branch.bits
            if event.clbit is not None:
                bits = bits.copy()
                bits[event.clbit] = bool(outcome)
            found.append(Branch(self._narrowed(chain, after), bits, count, branch.todo))
        return found

    def _narrowed(self, chain: Chain, tensors: tuple[Array, ...]) -> Chain:
        """Drop what a measurement left of the bonds beside the site that it projected."""
        site, out = chain.center, list(tensors)
        left, _, right = out[site].shape
        if left > 1:
            u, s, vh = svd(out[site].reshape(left, -1))
            keep = kept_rank(s**2, None, EMPTY)[0]
            out[site - 1] = np.tensordot(out[site - 1], u[:, :keep], 1)
            out[site] = (s[:keep, None] * vh[:keep]).reshape(keep, 2, right)
        if right > 1:
            left = len(out[site])
            u, s, vh = svd(out[site].reshape(left * 2, right))
            keep = kept_rank(s**2, None, EMPTY)[0]
            out[site] = (u[:, :keep] * s[:keep]).reshape(left, 2, keep)
            out[site + 1] = np.tensordot(vh[:keep], out[site + 1], 1)
        return replace(chain, tensors=tuple(out))


@dataclass(frozen=True, slots=True)
class _Places:
    """Site of each qubit and number of each classical bit of a block, in its own order."""

    sites: tuple[int, ...]
    bits: tuple[int, ...]

    @classmethod
    def of(cls, circuit: QuantumCircuit, site: dict[int, int]) -> _Places:
        return cls(
            tuple(site[q] for q in range(circuit.num_qubits)), tuple(range(circuit.num_clbits))
        )

    def of_qubits(self, circuit: QuantumCircuit, item: Any) -> tuple[int, ...]:
        """Return the sites of an instruction."""
        return tuple(self.sites[circuit.find_bit(q).index] for q in item.qubits)

    def of_bits(self, circuit: QuantumCircuit, item: Any) -> tuple[int, ...]:
        """Return the numbers of an instruction's classical bits."""
        return tuple(self.bits[circuit.find_bit(c).index] for c in item.clbits)


def _program(
    circuit: QuantumCircuit, places: _Places, skip: Collection[int] = ()
) -> tuple[Operation, ...]:
    """Compile a circuit, or a block of a condition, without the instructions `skip`."""
    out: list[Operation] = []
    for k, item in enumerate(circuit.data):
        operation = item.operation
        if k in skip or operation.name in ("barrier", "delay") or not item.qubits:
            continue
        sites, bits = places.of_qubits(circuit, item), places.of_bits(circuit, item)
        if operation.name == "measure":
            out.append(Event(sites[0], bits[0]))
        elif operation.name == "reset":
            out += [Event(site, None) for site in sites]
        elif isinstance(operation, ControlFlowOp):
            pick = _picker(operation, dict(zip(item.clbits, bits, strict=True)))
            inner = _Places(sites, bits)
            out.append(Choice(pick, tuple(_program(b, inner) for b in operation.blocks)))
        else:
            out.append((sites, unitary_matrix(operation)))
    return tuple(out)


def _finished(branch: Branch, ends: list[tuple[int, int]], rng: np.random.Generator) -> Array:
    """Draw the final measurements of a branch; return its classical bits (shots, clbits)."""
    table = np.repeat(branch.bits[None], branch.shots, axis=0)
    if ends:
        last = max(site for site, _ in ends)
        found = sample_prefixes(branch.chain.moved(0).tensors[: last + 1], branch.shots, rng)
        for site, clbit in ends:
            table[:, clbit] = found[:, site]
    return table


def _pairs(circuit: QuantumCircuit, where: Sequence[int]) -> Any:
    """Yield the pairs of all two-qubit gates, those under conditions included."""
    for item in circuit.data:
        places = [where[circuit.find_bit(q).index] for q in item.qubits]
        if isinstance(item.operation, ControlFlowOp):
            for block in item.operation.blocks:
                yield from _pairs(block, places)
        elif len(places) == 2 and item.operation.name != "barrier":
            yield places[0], places[1]


def _picker(operation: ControlFlowOp, place: dict[Clbit, int]) -> Callable[[Array], int | None]:
    """Return the function of the classical bits that says which block runs.

    Raises:
        DeviceError: loops without a known end, or conditions other than "bit or register equals".
    """
    condition = getattr(operation, "condition", None)
    if operation.name == "if_else" and isinstance(condition, tuple):
        read, wanted = _reader(condition[0], place), int(condition[1])
        other = 1 if len(operation.blocks) > 1 else None
        return lambda bits: 0 if read(bits) == wanted else other
    target = getattr(operation, "target", None)
    if operation.name == "switch_case" and isinstance(target, Clbit | ClassicalRegister):
        read = _reader(target, place)
        cases = [labels for labels, _ in operation.cases_specifier()]

        def pick(bits: Array) -> int | None:
            value = read(bits)
            hits = (k for k, labels in enumerate(cases) for x in labels if _matches(x, value))
            return next(hits, None)

        return pick
    raise DeviceError(
        f"The tensor engine cannot follow {operation.name!r} with such a condition; it takes "
        '"a bit or register equals a number" and loops of known length. Take device="aer".'
    )


def _matches(label: Any, value: int) -> bool:
    return label is CASE_DEFAULT or int(label) == value


def _reader(source: Any, place: dict[Clbit, int]) -> Callable[[Array], int]:
    columns = [place[bit] for bit in ([source] if isinstance(source, Clbit) else source)]
    return lambda bits: sum(int(bits[c]) << k for k, c in enumerate(columns))
