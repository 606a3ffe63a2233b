"""One compilation: the target, what the caller allowed, and what the methods share."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from qtn._display import Display, Displayed, Table
from qtn.aqc.kernels.base import Gradients, Kernel, OperatorKernel
from qtn.aqc.kernels.choose import choose_kernel
from qtn.aqc.kernels.unitaries.choice import operator_kernel
from qtn.aqc.points import Front, Limits, Point, Rating, front
from qtn.aqc.result import Record, Status
from qtn.aqc.search.keeper import Keeper, Stop
from qtn.aqc.search.optimise import Search
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import Certificate, certify, farther
from qtn.aqc.shape.conserved.halves import certify_in_blocks
from qtn.aqc.shape.tree_overlap import certify_tree, chain_bond
from qtn.aqc.target import as_chain
from qtn.errors import ArgumentError
from qtn.states import MPO, MPS, TTN
from qtn.states.origin import Prepared

LARGE = 64  # bond of a chain that is slow to certify with
TRUNCATED = 1e-9  # distance of a state from its circuit that matters
IMAGINARY = 1e-12  # largest imaginary part of gates that count as real


@dataclass(frozen=True, slots=True)
class Job:
    """What a method gets.

    Args:
        target: the state of qubits, norm 1: an `MPS`, canonical with centre 0, or a `TTN`. Methods
            that search along a chain ask for `state` or `chain`. Methods that say so
            (`Method.operators`) may get a unitary `MPO` instead, which has neither.
        target_infidelity: the method may stop when it is reached.
        seed: root of all random streams.
        basis: two-qubit gate that circuits are written in, which decides their cost.
        keeper: the door's memory of what was found, and the reasons to end.
        limits: the goal and the budgets of the call, and the device that the circuit is for.
    """

    target: MPS | TTN | MPO
    target_infidelity: float = 0.0
    seed: int = 0
    basis: str = "cx"
    keeper: Keeper = field(default_factory=Keeper)
    limits: Limits = field(default_factory=Limits)
    _unrolled: list[MPS] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def n(self) -> int:
        """Number of sites."""
        return self.target.n

    @property
    def rating(self) -> Rating | None:
        """The device whose noise decides between circuits, if there is one."""
        return self.limits.rating

    def note(self, blocks: Blocks, infidelity: float) -> None:
        """Tell the door of a circuit, which it keeps if it is the best so far.

        Where the user has pressed Ctrl-C or the time is up, this ends the method by an exception
        that the door catches; nothing has to be done about it.

        Args:
            blocks: the circuit.
            infidelity: with the target, as the method sees it.
        """
        self.keeper.keep_blocks(blocks, infidelity)
        seconds = time.process_time() - self.keeper.started
        self.keeper.record(Record(seconds, blocks.depth, infidelity))
        if self.keeper.interrupted:
            raise Stop(Status.INTERRUPTED)
        if self.keeper.late:
            raise Stop(Status.TIME)

    def has_time(self, seconds: float) -> bool:
        """Whether work of so many CPU seconds would end before the deadline."""
        return time.process_time() + seconds <= self.keeper.deadline

    @property
    def state(self) -> MPS:
        """The target as a chain, canonical with centre 0: a tree is unrolled when first asked."""
        if isinstance(self.target, MPS):
            return self.target
        if isinstance(self.target, MPO):
            raise ArgumentError(
                "The target is an operator, and this start or method needs a state. Operators are "
                "compiled by Brickwall(layers) with a start of its own, and by Auto()."
            )
        if not self._unrolled:
            self._unrolled.append(as_chain(self.target))
        return self._unrolled[0]

    @property
    def chain(self) -> list[np.ndarray]:
        """The target as a list of arrays."""
        return list(self.state.tensors)

    @property
    def real(self) -> bool:
        """Whether the target is real, so that gates may be."""
        if isinstance(self.target, MPO):
            return False
        if isinstance(self.target, TTN):
            return not any(np.any(tensor.imag) for tensor in self.target.tensors)
        return self.target.dtype == np.float64

    def certified(self, blocks: Blocks) -> Certificate:
        """Return the infidelity of a circuit with the target, and a rigorous floor.

        A tree whose chain would be large is contracted as one, where the circuit leaves it small.
        A state that was truncated when its circuit was read is replaced by that circuit.
        """
        if isinstance(self.target, MPO):
            return certify(self.target, blocks)
        if isinstance(self.target, TTN) and chain_bond(self.target) > LARGE:
            found = certify_tree(self.target, blocks)
            if found is not None:
                return found
        origin = self.state.origin
        if isinstance(origin, Prepared) and origin.distance > TRUNCATED:
            found = certify_in_blocks(origin.gates, blocks)
            return found or farther(certify(self.state, blocks), origin.distance)
        found = certify(self.state, blocks)
        rounding = origin.rounding if isinstance(origin, Prepared) else 0.0
        return farther(found, rounding) if rounding else found

    def as_complex(self) -> Job:
        """Return the job of the chain with complex tensors, so that gates are complex."""
        tensors = tuple(t.astype(complex) for t in self.state.tensors)
        return replace(self, target=MPS(tensors, origin=self.state.origin))

    def holding(self, gates: np.ndarray) -> Job:
        """Return the job for searches that start from these gates: complex if they are.

        Args:
            gates: in parts, or as matrices: only whether they have an imaginary part counts.
        """
        imaginary = gates[:, 1] if gates.ndim == 4 else gates.imag
        if self.real and np.abs(imaginary).max(initial=0.0) > IMAGINARY:
            return self.as_complex()
        return self

    def point(self, method: str, blocks: Blocks, infidelity: float) -> Point:
        """Return a circuit with its cost as it would be emitted."""
        return Point.of(method, self.marked(blocks), infidelity, self.basis)

    def marked(self, blocks: Blocks) -> Blocks:
        """Return blocks as an operator where the target is one."""
        return blocks.as_operator() if isinstance(self.target, MPO) else blocks

    def search(self, tolerance: float) -> Search:
        """Return an empty search with the limits of this job."""
        return Search(self.keeper, target_infidelity=self.target_infidelity, tolerance=tolerance)

    def kernel(self, ansatz: Ansatz, device: str | None = None) -> Kernel:
        """Return the cheaper kernel for the target and this shape, or one on a torch device."""
        return choose_kernel(self.chain, ansatz, device)

    def gradients(self, ansatz: Ansatz, device: str | None = None) -> Gradients:
        """Return the kernel, or for an operator one that may have no half-sweeps."""
        if isinstance(self.target, MPO):
            return self.operator_kernel(ansatz)
        return self.kernel(ansatz, device)

    def operator_kernel(self, ansatz: Ansatz) -> OperatorKernel:
        """Return the kernel of a target that is an operator."""
        assert isinstance(self.target, MPO)
        return operator_kernel(self.target, ansatz)


@dataclass(frozen=True, slots=True, repr=False)
class Solution(Displayed):
    """What a method gives back.

    The door returns the best of the circuit given here and those of `pareto`, so that a method only
    has to keep what it saw, with its gates.

    Args:
        blocks: the circuit.
        status: how the search ended; the door holds it against the certificate.
        history: what was found when.
        pareto: other circuits seen, with their infidelities as the search saw them.
        notes: what the result's provenance should say besides.
    """

    blocks: Blocks
    status: Status = Status.CONVERGED
    history: tuple[Record, ...] = ()
    pareto: tuple[Point, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict)

    def _brief(self) -> str:
        return f"{self.blocks!r}, {self.status.name}"

    def _display(self) -> Display:
        rows = [("circuit", repr(self.blocks)), ("status", self.status.value)]
        notes = Table(("note", "value"), list(self.notes.items()))
        return Display("Solution", rows, [Front(self.pareto).table(), notes])

    @classmethod
    def of(
        cls,
        points: Iterable[Point],
        status: Status,
        history: Iterable[Record],
        budget: int | None = None,
    ) -> Solution:
        """Return the circuit of least infidelity within a budget of gates among those seen.

        Where none keeps the budget it is the one of fewest gates. The front stays with it.
        """
        pareto = front(points)
        within = [p for p in pareto if budget is None or p.two_qubit_gates <= budget]
        best = min(within, key=Limits().rank) if within else pareto[0]
        return cls(best.sequence, status, tuple(history), pareto)

    @property
    def best(self) -> Point:
        """The point of the front that is this circuit."""
        return next(p for p in self.pareto if p.sequence is self.blocks)

    @property
    def ansatz(self) -> Ansatz:
        """The layers on neighbours that the blocks lie in."""
        return self.blocks.ansatz

    @property
    def gates(self) -> np.ndarray:
        """The blocks on two sites, array (blocks, 4, 4), by layers if they have them."""
        return self.blocks.matrices
