"""Simulation by density matrices of groups of qubits: exact with resets and measurements anywhere.

Runs the plan of `group_plan`. Channels are real matrices in the Pauli basis, all bindings at once;
what no parameter has touched is computed once for all of them. The outcomes of a group have exact
probabilities, from which any number of shots costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn.devices.tensor.bindings import bound_matrices
from qtn.devices.tensor.channels import ChannelTable
from qtn.devices.tensor.group_blocks import BIT, GONE, LIVE, Block, GroupPlan, Member
from qtn.devices.tensor.sweep import SimulationReport
from qtn.states.kernels.circuit import swap_matrix
from qtn.states.kernels.density import OUTCOMES, TRACE, ZERO

__all__ = ["GroupSweep"]

Array = NDArray[Any]
PORTION = 1 << 20  # numbers of a group over all bindings computed at once
DEPHASED = np.diag([1.0, 0.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True)
class Group:
    """Lives that have met, and their joint coefficients: (bindings or 1, 4 or 2 per life)."""

    lives: tuple[int, ...]
    array: Array


class GroupSweep:
    """The bindings of one circuit.

    Args:
        plan: of the circuit.
        table: errors of gates and readout.
        circuit: that was planned.
        values: (bindings, parameters).
    """

    def __init__(
        self, plan: GroupPlan, table: ChannelTable, circuit: QuantumCircuit, values: Array
    ) -> None:
        self.plan = plan
        self.bindings = len(values)
        self.clbits = circuit.num_clbits
        self._sites = circuit.num_qubits
        build = _Matrices(table, circuit, values)
        self._early: dict[int, Group] = {}
        for block in plan.blocks[: plan.shared]:
            _apply(self._early, block, build.of(block))
        self._late = [(block, build.of(block)) for block in plan.blocks[plan.shared :]]
        self._portion = max(1, PORTION // plan.work(1)[1])
        self._known: tuple[int, list[tuple[list[int], Array]]] = (-1, [])

    def sample(self, binding: int, shots: int, rng: np.random.Generator) -> Array:
        """Return classical bits, bool (shots, clbits)."""
        bits = np.zeros((shots, self.clbits), dtype=bool)
        row = binding % self._portion
        for clbits, table in self._outcomes(binding // self._portion):
            weights = np.maximum(table[row if len(table) > 1 else 0], 0.0)
            counts = rng.multinomial(shots, weights / weights.sum())
            numbers = rng.permutation(np.repeat(np.arange(len(weights)), counts))
            for position, clbit in enumerate(reversed(clbits)):
                bits[:, clbit] = (numbers >> position) & 1
        return bits

    def values(self, binding: int, observables: Sequence[Mapping[str, float]]) -> Array:
        """Not offered: what is measured in the middle has no one value."""
        raise NotImplementedError

    def report(self) -> SimulationReport:
        """Return the error account: nothing is truncated."""
        return SimulationReport(self._sites, 1, 0.0, 1.0)

    def _outcomes(self, portion: int) -> list[tuple[list[int], Array]]:
        """Return per group its classical bits and the probabilities of its outcomes, by row."""
        if self._known[0] != portion:
            rows = slice(portion * self._portion, (portion + 1) * self._portion)
            groups = dict(self._early)
            for block, matrix in self._late:
                _apply(groups, block, matrix[rows] if matrix.ndim == 3 else matrix)
            found = {id(group): group for group in groups.values() if group.lives}
            tables = [
                ([self.plan.bits[life] for life in g.lives], g.array.reshape(len(g.array), -1))
                for g in found.values()
            ]
            self._known = portion, tables
        return self._known[1]


def _apply(groups: dict[int, Group], block: Block, matrix: Array) -> None:
    """Join the groups of a block's lives and apply its matrix, (out, in) or (bindings, out, in)."""
    joined = Group((), np.ones((1, 1)))
    for life in block.lives:
        mine = groups.pop(life, None) or Group((life,), ZERO[None])
        if life not in joined.lives:
            joined = _together(joined, mine)
    axes = [1 + joined.lives.index(life) for life in block.lives]
    rest = [life for life in joined.lives if life not in block.lives]
    moved = np.moveaxis(joined.array, axes, range(-len(axes), 0))
    flat = np.ascontiguousarray(moved).reshape(len(moved), -1, matrix.shape[-1])
    if matrix.ndim == 2:
        out = flat.reshape(-1, flat.shape[-1]) @ matrix.T
        out = out.reshape(*flat.shape[:2], -1)
    else:
        out = flat @ matrix.swapaxes(1, 2)
    levels = list(zip(block.lives, block.ends, strict=True))
    if block.bit is not None:
        levels.insert(0, (block.bit, BIT))
    kept = [(life, end) for life, end in levels if end != GONE]
    shape = (len(out), *moved.shape[1 : 1 + len(rest)], *(end for _, end in kept))
    done = Group((*rest, *(life for life, _ in kept)), out.reshape(shape))
    groups.update(dict.fromkeys(done.lives, done))


def _together(a: Group, b: Group) -> Group:
    """Return the product of two groups."""
    if not a.lives:
        return b
    left = a.array.reshape(len(a.array), -1, 1)
    product = left * b.array.reshape(len(b.array), 1, -1)
    shape = (len(product), *a.array.shape[1:], *b.array.shape[1:])
    return Group(a.lives + b.lives, product.reshape(shape))


class _Matrices:
    """Matrices of the blocks of one circuit."""

    def __init__(self, table: ChannelTable, circuit: QuantumCircuit, values: Array) -> None:
        self._table = table
        self._parameters = circuit.parameters
        self._values = values

    def of(self, block: Block) -> Array:
        """Return the matrix of a block with the ends of its lives, (out, in) or one per binding."""
        width = len(block.lives)
        total: Array = np.eye(LIVE**width)
        for member in block.members:
            matrix = self._member(member)
            if matrix is not None:
                total = _placed(matrix, member.positions, width) @ total
        ends = [self._end(block, position) for position in range(width)]
        form = ends[0] if width == 1 else np.kron(ends[0], ends[1])
        return np.asarray(form @ total)

    def _member(self, member: Member) -> Array | None:
        operation = member.operation
        error = self._table.error(operation.label or operation.name, member.qubits)
        if operation.name in ("measure", "reset"):
            return error
        if any(getattr(p, "parameters", None) for p in operation.params):
            matrix = bound_matrices(operation, self._table, self._parameters, self._values)
        else:
            matrix = self._table.gate(operation)
        return matrix if error is None else error @ matrix

    def _end(self, block: Block, position: int) -> Array:
        """Return what is left of a life: itself, its outcome as read, its trace, or both first."""
        end = block.ends[position]
        if end == GONE:
            return TRACE[None]
        measured = [
            m.qubits[0]
            for m in block.members
            if m.operation.name == "measure" and m.positions == (position,)
        ]
        if not measured:
            return np.eye(LIVE)
        read = self._table.readout(measured[0]) @ OUTCOMES
        if end == BIT:
            return np.asarray(read)
        if block.bit is None:
            return DEPHASED
        # bit b is read and the state o is left with confusion[b, o] ⟨o|ρ|o⟩
        left = np.einsum("bo,oa,oc->bac", self._table.readout(measured[0]), OUTCOMES, OUTCOMES)
        return left.reshape(BIT * LIVE, LIVE)


def _placed(matrix: Array, positions: tuple[int, ...], width: int) -> Array:
    """Write a matrix on one of two lives, or on two in the other order, on all of a block's."""
    if len(positions) == width:
        if positions == tuple(range(width)):
            return matrix
        swap = swap_matrix(LIVE)
        return np.asarray(swap @ matrix @ swap)
    one = np.eye(LIVE)
    stack = matrix if matrix.ndim == 3 else matrix[None]
    first, second = (stack, one[None]) if positions == (0,) else (one[None], stack)
    both = np.einsum("nab,ncd->nacbd", *np.broadcast_arrays(first, second)).reshape(-1, 16, 16)
    return both if matrix.ndim == 3 else both[0]
