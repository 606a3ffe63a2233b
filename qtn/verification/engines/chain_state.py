"""The state of a circuit by the kernels of `qtn.states`, which the compiler uses too."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from qtn._machine import few_threads, suited
from qtn.interop.circuits import GateList, first_major
from qtn.states import MPS
from qtn.states.kernels.circuit import apply_gates
from qtn.states.kernels.expectation import product_sum
from qtn.states.operators import FACTORS, Term
from qtn.verification.engines.prepared import PER_GATE, Array, PreparedState, effective_losses
from qtn.verification.stop import current_watch

__all__ = ["ChainState"]


class ChainState(PreparedState):
    """A state of the package's own kernels."""

    name = "chain"

    def __init__(self, gates: GateList, max_bond: int | None, cutoff: float) -> None:
        start = time.process_time()
        zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * gates.n
        local = [(qubits, first_major(matrix)) for qubits, matrix in gates.gates]
        build = apply_gates(
            zero, local, center=0, max_bond=max_bond, cutoff=cutoff, watch=current_watch()
        )
        with few_threads(suited(build.max_bond)):
            self.state = MPS(build.tensors).normalised()  # centre 0
        self.kept = build.fidelity
        self.max_bond = build.max_bond
        self.distance = min(1.0, build.distance + PER_GATE * (1 + len(local)))
        self.losses = effective_losses(build.distance, 1.0 - build.fidelity)
        self.seconds = time.process_time() - start

    def chain(self) -> MPS:
        return self.state

    def overlap(self, target: MPS) -> complex:
        with few_threads(suited(self.max_bond)):
            return target.overlap(self.state)

    def expectation(self, terms: Sequence[Term]) -> float:
        factors = [{q: FACTORS[letter] for q, letter in t.factors} for t in terms]
        values = product_sum(self.state.tensors, factors, center=0)
        return float(np.dot([t.coefficient for t in terms], np.real(values)))

    def amplitudes(self, bits: Array) -> Array:
        return self.state.amplitudes(bits)
