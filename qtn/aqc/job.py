"""One compilation: the target, what the caller allowed, and what the methods share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from qiskit.circuit import QuantumCircuit

from qtn.aqc.ansatz import Ansatz
from qtn.aqc.emit import to_circuit
from qtn.aqc.kernels import choose_kernel
from qtn.aqc.optimise import Kernel, Record, Search
from qtn.aqc.result import Point, Status
from qtn.states import MPS

EXACT = 1e-12  # infidelities below it are rounding


@dataclass(frozen=True, slots=True)
class Job:
    """What a method gets.

    Args:
        target: canonical with centre 0, norm 1, qubits.
        target_infidelity: the method may stop when it is reached.
        seed: root of all random streams.
        report: called with every record of the history.
        deadline: `time.process_time()` at which searches stop.
    """

    target: MPS
    target_infidelity: float = 0.0
    seed: int = 0
    report: Callable[[Record], None] | None = None
    started: float = field(default_factory=time.process_time)
    deadline: float = math.inf

    def has_time(self, seconds: float) -> bool:
        """Whether work of so many CPU seconds would end before the deadline."""
        return time.process_time() + seconds <= self.deadline

    @property
    def chain(self) -> list[np.ndarray]:
        """The target as a list of arrays."""
        return list(self.target.tensors)

    @property
    def real(self) -> bool:
        """Whether the target is real, so that gates may be."""
        return self.target.dtype == np.float64

    def as_complex(self) -> Job:
        """Return the job with complex tensors, so that gates are complex."""
        tensors = tuple(t.astype(complex) for t in self.target.tensors)
        return replace(self, target=MPS(tensors, origin=self.target.origin))

    def search(self, tolerance: float) -> Search:
        """Return an empty search with the limits of this job."""
        return Search(
            target_infidelity=self.target_infidelity,
            tolerance=tolerance,
            report=self.report,
            started=self.started,
            deadline=self.deadline,
        )

    def kernel(self, ansatz: Ansatz, device: str | None = None) -> Kernel:
        """Return the cheaper kernel for the target and this shape, or one on a torch device."""
        return choose_kernel(self.chain, ansatz, device)


@dataclass(frozen=True, slots=True)
class Solution:
    """What a method gives back."""

    ansatz: Ansatz
    gates: np.ndarray
    status: Status
    history: tuple[Record, ...]
    pareto: tuple[Point, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict)


class Method(Protocol):
    """An options object that can solve a job."""

    @property
    def basis(self) -> str:
        """Two-qubit gate of the emitted circuit."""
        ...

    def solve(self, job: Job) -> Solution:
        """Return the best circuit found."""
        ...


def point(method: str, ansatz: Ansatz, gates: np.ndarray, infidelity: float) -> Point:
    """Return the cost of a circuit as it would be emitted in CX."""
    return point_of(method, ansatz.size, to_circuit(ansatz, gates), infidelity)


def point_of(method: str, blocks: int, circuit: QuantumCircuit, infidelity: float) -> Point:
    """Return the cost of a circuit that is written already."""
    count = sum(len(i.qubits) == 2 for i in circuit.data)
    depth = int(circuit.depth(lambda i: len(i.qubits) == 2))
    return Point(method, blocks, count, depth, infidelity)


def front(points: list[Point]) -> tuple[Point, ...]:
    """Return the points that no other point beats in both gates and infidelity.

    Of points alike in both the one of least depth stays; exact circuits are alike.
    """

    def infidelity(one: Point) -> float:
        return max(one.infidelity, EXACT)

    best: list[Point] = []
    for candidate in sorted(
        points, key=lambda p: (p.two_qubit_gates, infidelity(p), p.two_qubit_depth)
    ):
        if not best or infidelity(candidate) < infidelity(best[-1]):
            best.append(candidate)
    return tuple(best)
