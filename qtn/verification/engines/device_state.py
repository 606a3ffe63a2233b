"""The state of a circuit on a torch device: the chain of `chain_state`, for bonds of hundreds."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from qtn.interop.circuits import GateList, first_major
from qtn.states import MPS
from qtn.states.gpu import DeviceChain
from qtn.states.gpu_circuit import DeviceRun
from qtn.states.operators import FACTORS, Term
from qtn.verification.engines.prepared import PER_GATE, Array, PreparedState, effective_losses
from qtn.verification.stop import current_watch

__all__ = ["DeviceState"]


class DeviceState(PreparedState):
    """A state that is built on a torch device and stays there.

    Args:
        gates: the circuit.
        max_bond: largest bond; None for no limit.
        cutoff: relative squared weight that one truncation may lose; at least 1e-15 is cut.
        device: a torch device.
    """

    name = "chain"

    def __init__(
        self, gates: GateList, max_bond: int | None, cutoff: float, device: str = "cuda"
    ) -> None:
        start = time.process_time()
        local = [(qubits, first_major(matrix)) for qubits, matrix in gates.gates]
        run = DeviceRun(gates.n, device, max_bond, cutoff)
        run.apply(local, current_watch())
        run.move(0)
        self.device = device
        self.state = DeviceChain.of(run.tensors)
        self.kept, self.max_bond = run.fidelity, run.max_bond
        self.distance = min(1.0, run.distance + PER_GATE * (1 + len(local)))
        self.losses = effective_losses(run.distance, 1.0 - run.fidelity)
        self.seconds = time.process_time() - start

    def chain(self) -> MPS:
        return MPS(tuple(t.cpu().numpy() for t in self.state.tensors))

    def overlap(self, target: MPS) -> complex:
        return DeviceChain(target, self.device).overlap(self.state)

    def expectation(self, terms: Sequence[Term]) -> float:
        factors = [{q: FACTORS[letter] for q, letter in t.factors} for t in terms]
        values = self.state.values(factors)
        return float(np.dot([t.coefficient for t in terms], np.real(values)))

    def amplitudes(self, bits: Array) -> Array:
        return self.state.amplitudes(bits)
