r"""Emulating a circuit no better than a device: the smallest bond that reaches its fidelity.

A chain of bond χ keeps the fidelity :math:`F_χ ≈ \prod_k (1 - ε_k)` of the state, with ε_k the
weight that truncation k loses. The bond is doubled until F_χ reaches the goal, then halved in
between. Qubits stand in the cheapest order found, and the CPU seconds are those measured here.

Reference: Zhou, Stoudenmire and Waintal, Phys. Rev. X 10, 041038 (2020): what limits the computing
power of a device is this bond.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn._display import Fields
from qtn._random import generator
from qtn.devices.measurements import has_mid_circuit, unmeasured
from qtn.devices.tensor.channels import ChannelTable
from qtn.devices.tensor.pure import PureSimulator, PureSweep
from qtn.devices.tensor.simulator import Simulator, elementary
from qtn.errors import ArgumentError
from qtn.states.kernels.entropy import entropy_of, schmidt_spectra
from qtn.states.kernels.sample import sample_prefixes

__all__ = ["Emulation", "Emulations", "emulations"]

LONGEST = 60.0  # CPU seconds of one emulation; a longer one is not tried
STEPS = 5  # halvings between two powers of two
CUTOFF = 1e-14


@dataclass(frozen=True, slots=True, repr=False)
class Emulation(Fields):
    """One emulation of a circuit.

    Args:
        bond: largest bond allowed; 0 for an exact simulation of another kind.
        fidelity: estimate of its fidelity with the circuit's state.
        seconds: CPU seconds of the state.
    """

    bond: int
    fidelity: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Emulations(Fields):
    """What was tried for one circuit.

    Args:
        tried: by bond.
        chosen: of the smallest bond that reaches the goal, else the best tried.
        reached: whether it reaches the goal.
        sampling: CPU seconds of the shots.
        schmidt: values at the cut of the largest entropy, None where none are at hand.
    """

    tried: tuple[Emulation, ...]
    chosen: Emulation
    reached: bool
    sampling: float
    schmidt: Any


def emulations(
    circuit: QuantumCircuit, goal: float, *, shots: int, max_bond: int, seed: int
) -> Emulations:
    """Find the smallest bond whose fidelity is at least `goal`.

    Args:
        circuit: bound, in any gates.
        goal: fidelity to reach.
        shots: drawn from the state that reaches it.
        max_bond: largest bond tried.
        seed: of the shots.

    Raises:
        ArgumentError: conditions, or channels, that no state vector follows.
    """
    if has_mid_circuit(circuit):
        return _exactly(circuit, shots, seed)
    ready = elementary(unmeasured(circuit, "an emulation draws its shots at the end"))
    ladder = _Ladder(ready)
    bond, exact = 1, False
    while not exact and bond <= max_bond and ladder.affordable(bond):
        exact = ladder.run(bond).fidelity >= min(goal, 1.0 - CUTOFF)
        bond *= 2
    low, high = bond // 4, bond // 2
    for _ in range(STEPS if exact else 0):
        middle = (low + high) // 2
        if middle in (low, high):
            break
        low, high = (low, middle) if ladder.run(middle).fidelity >= goal else (middle, high)
    best = high if exact else max(ladder.found)
    chosen = ladder.again(best)
    started = time.process_time()
    sample_prefixes(ladder.chains[best].moved(0).tensors, shots, generator(seed, "emulation"))
    sampling = time.process_time() - started
    tried = tuple(ladder.found[b] for b in sorted(ladder.found))
    return Emulations(tried, chosen, exact, sampling, ladder.schmidt(max_bond))


class _Ladder:
    """The same circuit at several bonds."""

    def __init__(self, circuit: QuantumCircuit) -> None:
        self.circuit = circuit
        self.found: dict[int, Emulation] = {}
        self.chains: dict[int, Any] = {}

    def affordable(self, bond: int) -> bool:
        """Say whether twice the last bond is expected to take less than the longest time."""
        last = self.found.get(bond // 2)
        return last is None or 8.0 * last.seconds <= LONGEST

    def run(self, bond: int) -> Emulation:
        """Emulate at one bond."""
        if bond not in self.found:
            started = time.process_time()
            simulator = PureSimulator(ChannelTable(None), bond, CUTOFF)
            sweep = PureSweep(simulator, self.circuit, np.zeros((1, 0)))
            seconds = time.process_time() - started
            kept = min(1.0, float(sweep.report().trace))
            self.found[bond] = Emulation(bond, kept, seconds)
            self.chains[bond] = sweep.last
        return self.found[bond]

    def again(self, bond: int) -> Emulation:
        """Measure short times once more: the first includes what is compiled on first use."""
        first = self.found[bond]
        if first.seconds < 1.0:
            del self.found[bond]
            if self.run(bond).seconds > first.seconds:
                self.found[bond] = first
        return self.found[bond]

    def schmidt(self, max_bond: int) -> Any:
        """Return the values of the widest cut that truncation has left as they are.

        They are those of the largest bond tried or of twice that, where it can be afforded; of a
        bond that was met in full the smaller half of the values is not told.
        """
        bond = max(self.found)
        if 2 * bond <= max_bond and self.affordable(2 * bond):
            self.run(2 * bond)
            bond *= 2
        tensors: Sequence[Any] = self.chains[bond].moved(0).tensors
        if len(tensors) < 2:
            return None
        spectra = schmidt_spectra(list(tensors))
        values = max(spectra, key=entropy_of)
        return values[: bond // 2] if len(values) >= bond else values


def _exactly(circuit: QuantumCircuit, shots: int, seed: int) -> Emulations:
    """Simulate a circuit with resets or measurements in its middle exactly."""
    started = time.process_time()
    sweep = Simulator(None, None, None, CUTOFF).sweep(circuit, np.zeros((1, 0)), sampled=True)
    built = time.process_time()
    sweep.sample(0, shots, generator(seed, "emulation"))
    ended = time.process_time()
    one = Emulation(0, 1.0, built - started)
    return Emulations((one,), one, True, ended - built, None)


def refuse_free(circuit: QuantumCircuit) -> None:
    """Raise `ArgumentError` where parameters are left: their values decide on the entanglement."""
    if circuit.num_parameters:
        names = ", ".join(p.name for p in list(circuit.parameters)[:4])
        raise ArgumentError(
            f"Circuit {circuit.name!r} has {circuit.num_parameters} unbound parameter(s) "
            f"({names}), whose values decide how entangled it is. Bind them."
        )
