r"""The plan of a simulation by density matrices of groups of qubits, and what it takes.

The state is a product of one density operator per *group*, a set of qubits that have met:

.. math:: \rho = \bigotimes_g \rho_g

Every qubit is followed through its *lives*: one begins in \|0⟩ and ends where the qubit is reset,
measured for the last time, or met by no further gate. At the end of a life the qubit leaves its
group, by a partial trace or as a classical bit (two numbers in place of four). A tree that is reset
node by node is then never larger than one node and its registers, however many qubits it has.

Gates in a row on the same pair are one matrix of 16 × 16, together with the one-qubit gates between
them and the end of a life after them. What a circuit takes is known from this plan alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Instruction, ParameterExpression

__all__ = ["LARGEST", "Block", "GroupPlan", "group_plan", "is_free"]

LIVE, BIT, GONE = 4, 2, 1  # numbers that an axis holds: Pauli coefficients, probabilities, trace
LARGEST = 1 << 22  # numbers of a group; more is not for this method
MANY = 64  # bindings for which the order of the blocks is chosen
# seconds of one 2020s core: per block, per multiplication, per number moved
BLOCK_SECONDS, FLOP_SECONDS, MOVE_SECONDS = 2.5e-5, 5e-11, 7e-10


@dataclass(frozen=True, slots=True)
class Member:
    """A gate, reset or measurement of a circuit inside a block."""

    operation: Instruction
    qubits: tuple[int, ...]
    positions: tuple[int, ...]


@dataclass(slots=True)
class Block:
    """Operations in a row on one or two lives.

    Args:
        lives: numbers of the lives, the first most significant in the matrix.
        members: in the order of time.
        ends: numbers per life that are left afterwards (`LIVE`, `BIT`, `GONE`).
        free: whether a parameter is free, so that every binding has a matrix of its own.
        bit: a life that begins here as the bit measured of the one life that goes on.
    """

    lives: tuple[int, ...]
    members: list[Member] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    free: bool = False
    bit: int | None = None

    def __post_init__(self) -> None:
        self.ends = self.ends or [LIVE] * len(self.lives)

    def take(self, member: Member) -> None:
        """Append an operation, given with the lives in the order of this block."""
        self.members.append(member)
        self.free = self.free or is_free(member.operation)


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """Blocks in order.

    Args:
        blocks: what is done.
        bits: classical bit that each measured life is written to.
        shared: how many of the blocks, the first ones, are the same for all bindings.
    """

    blocks: tuple[Block, ...]
    bits: dict[int, int]
    shared: int = 0

    def work(self, bindings: int) -> tuple[float, int]:
        """Return the seconds of all bindings, and the numbers of the largest group of one."""
        size: dict[int, int] = {}
        group: dict[int, int] = {}
        free: dict[int, bool] = {}
        seconds, peak = 0.0, 1
        for block in self.blocks:
            first = group.setdefault(block.lives[0], block.lives[0])
            for life in block.lives:
                mine = group.setdefault(life, life)
                if mine != first:
                    group = {k: first if g == mine else g for k, g in group.items()}
                    size[first] = size.pop(first, LIVE) * size.pop(mine, LIVE)
                    free[first] = free.pop(first, False) or free.pop(mine, False)
            whole = size.get(first, LIVE)
            free[first] = free.get(first, False) or block.free
            inside = LIVE ** len(block.lives)
            left = math.prod(block.ends) * (BIT if block.bit is not None else 1)
            times = bindings if free[first] else 1
            flops = 2.0 * whole * left
            seconds += BLOCK_SECONDS + times * (flops * FLOP_SECONDS + whole * MOVE_SECONDS)
            peak = max(peak, whole)
            size[first] = whole * left // inside
            if block.bit is not None:
                group[block.bit] = first
        return seconds, peak


def group_plan(circuit: QuantumCircuit) -> GroupPlan | None:
    """Return the plan of a circuit, None where it holds conditions or gates on many qubits.

    Args:
        circuit: gates on one or two qubits, channels, resets and measurements anywhere.

    Example:
        >>> circuit = QuantumCircuit(2, 1)
        >>> _ = circuit.cx(0, 1), circuit.reset(0), circuit.cx(0, 1), circuit.measure(1, 0)
        >>> [(block.lives, block.ends) for block in group_plan(circuit).blocks]
        [((0, 1), [1, 4]), ((2, 1), [1, 2])]
    """
    writer = _Writer()
    place = {q: k for k, q in enumerate(circuit.qubits)}
    bit = {c: k for k, c in enumerate(circuit.clbits)}
    items = [i for i in circuit.data if i.operation.name not in ("barrier", "store") and i.qubits]
    going = _goes_on([(i.operation.name, tuple(place[q] for q in i.qubits)) for i in items])
    for item, further in zip(items, going, strict=True):
        operation, qubits = item.operation, tuple(place[q] for q in item.qubits)
        if operation.name == "measure":
            writer.measure(operation, qubits[0], bit[item.clbits[0]], further)
        elif operation.name == "reset":
            for qubit in qubits:
                writer.reset(operation, qubit)
        elif isinstance(operation, ControlFlowOp) or item.clbits or len(qubits) > 2:
            return None
        else:
            writer.gate(operation, qubits)
    return writer.finish()


def _ordered(blocks: list[Block], bits: dict[int, int]) -> GroupPlan:
    """Return the cheaper of two orders: as given, or first all that no parameter reaches.

    The second computes more once for all bindings, but ends lives later: its groups may be larger.
    """
    late: set[int] = set()
    bound = []
    for block in blocks:
        reached = block.free or not late.isdisjoint(block.lives)
        if reached:
            late.update(block.lives, () if block.bit is None else (block.bit,))
        bound.append(reached)
    first = bound.index(True) if True in bound else len(bound)
    given = GroupPlan(tuple(blocks), bits, first)
    parts = zip(blocks, bound, strict=True)
    order = [b for b, _ in sorted(parts, key=lambda part: part[1])]
    moved = GroupPlan(tuple(order), bits, bound.count(False))

    def cost(plan: GroupPlan) -> tuple[bool, float, int]:
        seconds, largest = plan.work(MANY)
        return largest > LARGEST, seconds, -plan.shared

    return min(given, moved, key=cost)


def _goes_on(operations: Sequence[tuple[str, tuple[int, ...]]]) -> list[bool]:
    """Say for every operation whether a gate meets its first qubit before the next reset."""
    later: dict[int, bool] = {}
    found = []
    for name, qubits in reversed(operations):
        found.append(later.get(qubits[0], False))
        if name != "delay":
            later.update(dict.fromkeys(qubits, name != "reset"))
    return found[::-1]


def is_free(operation: Instruction) -> bool:
    """Say whether a gate has a free parameter."""
    return any(isinstance(p, ParameterExpression) and p.parameters for p in operation.params)


class _Writer:
    """Collects blocks; knows of every qubit its present life, and of that its last block."""

    def __init__(self) -> None:
        self.blocks: list[Block | None] = []
        self.life: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.bits: dict[int, int] = {}
        self.lives = 0

    def gate(self, operation: Instruction, qubits: tuple[int, ...]) -> None:
        """Add a gate to the block that is open on its qubits, or open one."""
        lives = tuple(self._living(q) for q in qubits)
        last = {self.last.get(life, -1) for life in lives}
        number = last.pop() if len(last) == 1 else -1
        open_ = self.blocks[number] if number >= 0 else None
        fits = open_ is not None and set(lives) <= set(open_.lives)
        if open_ is None or not fits or (is_free(operation) and len(open_.lives) > len(lives)):
            open_ = self._opened(lives)
        positions = tuple(open_.lives.index(life) for life in lives)
        open_.take(Member(operation, qubits, positions))

    def reset(self, operation: Instruction, qubit: int) -> None:
        """End the life of a qubit and begin another, with the error of the reset."""
        self.life.pop(qubit, None)
        self.gate(operation, (qubit,))

    def measure(self, operation: Instruction, qubit: int, clbit: int, further: bool) -> None:
        """Write a qubit to a bit; a qubit that goes on is also left as the outcome says."""
        life = self._living(qubit)
        block = self.blocks[self.last[life]] if life in self.last else None
        if block is None or block.bit is not None or (further and len(block.lives) > 1):
            block = self._opened((life,))
        block.take(Member(operation, (qubit,), (block.lives.index(life),)))
        self.bits[clbit] = life  # what the bit showed before is forgotten
        if further:
            self.bits[clbit] = block.bit = self._new()
            self.last[life] = self._append(Block((life,)))
        else:
            self.life.pop(qubit)

    def finish(self) -> GroupPlan:
        """Trace out what nothing reads and return the plan."""
        shown = {life: clbit for clbit, life in self.bits.items()}
        for life, number in self.last.items():
            block = self.blocks[number]
            if block is not None:
                block.ends[block.lives.index(life)] = BIT if life in shown else GONE
        kept = [b for b in self.blocks if b is not None and (b.members or b.ends == [BIT])]
        for block in kept:
            block.bit = block.bit if block.bit in shown else None
        return _ordered(kept, shown)

    def _living(self, qubit: int) -> int:
        if qubit not in self.life:
            self.life[qubit] = self._new()
        return self.life[qubit]

    def _new(self) -> int:
        self.lives += 1
        return self.lives - 1

    def _append(self, block: Block) -> int:
        self.blocks.append(block)
        return len(self.blocks) - 1

    def _opened(self, lives: tuple[int, ...]) -> Block:
        """Open a block; fixed one-qubit gates right before it become its first members."""
        block = Block(lives)
        for position, life in enumerate(lives):
            number = self.last.get(life)
            before = None if number is None else self.blocks[number]
            if number is None or before is None or len(lives) < 2:
                continue
            if len(before.lives) == 1 and not before.free and before.bit is None:
                for member in before.members:
                    block.take(Member(member.operation, member.qubits, (position,)))
                self.blocks[number] = None
        number = self._append(block)
        self.last.update(dict.fromkeys(lives, number))
        return block
