"""What an engine of a verification is: a question in, an answer with intervals out.

An engine is one class with a `name` and `ask(question) -> Answer`. What it needs to know before,
such as a forecast or a plan of contraction, it carries; what is asked of all of them is the
question. `qtn.verification.choice` says who is asked, and in which order.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from qiskit import QuantumCircuit

from qtn.interop.circuits import GateList, own_qubits
from qtn.states import MPS
from qtn.states.operators import Term
from qtn.verification.limits import Limits

if TYPE_CHECKING:  # what reads noise is no business of engines without it
    from qtn.devices.tensor.reported import Noise

__all__ = [
    "ROUNDING",
    "Answer",
    "Interval",
    "NoisySource",
    "Question",
    "Verifier",
    "fidelity_interval",
]

ROUNDING = 1e-12
"""Double precision over some thousands of contractions: no interval is narrower than this."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number within bounds; `rigorous` if they are bounds, not estimates.

    The interval of a value that is not certified reaches to infinity, that of a fidelity from 0
    to 1.
    """

    value: float
    low: float
    high: float
    rigorous: bool

    @property
    def certified(self) -> bool:
        """Whether the interval says anything."""
        return self.rigorous or (math.isfinite(self.high) and (self.low, self.high) != (0.0, 1.0))


def fidelity_interval(fidelity: float, sine: float, *, rigorous: bool) -> Interval:
    """Return the fidelities compatible with a simulated one and an angle error.

    Args:
        fidelity: |⟨target|φ⟩|² of the simulated state φ.
        sine: sin θ, the bound (or estimate) of the angle between φ and the true state.
        rigorous: whether `sine` is a bound.

    Returns:
        The interval.

    Example:
        >>> found = fidelity_interval(0.5, 0.0, rigorous=True)
        >>> found.low < 0.5 < found.high
        True
    """
    fidelity = min(1.0, max(0.0, fidelity))
    angle = math.acos(math.sqrt(fidelity))
    error = math.asin(min(1.0, sine))
    low = math.cos(min(math.pi / 2, angle + error)) ** 2
    high = math.cos(max(0.0, angle - error)) ** 2
    if sine == 0.0:
        low = high = fidelity
    low, high = min(low, fidelity) - ROUNDING, max(high, fidelity) + ROUNDING
    return Interval(fidelity, max(0.0, low), min(1.0, high), rigorous)


@dataclass(frozen=True, slots=True)
class NoisySource:
    """A circuit under noise.

    Args:
        circuit: one- and two-qubit gates and final measurements, in the model's qubit numbers.
        model: Aer's noise model, or what a device reports.
        places: circuit qubit of every qubit of the observables.
    """

    circuit: QuantumCircuit
    model: Noise
    places: dict[int, int]

    @classmethod
    def of(cls, circuit: QuantumCircuit, model: Noise) -> NoisySource:
        """Read the places of a circuit's own qubits off its layout."""
        places = {virtual: physical for physical, virtual in own_qubits(circuit).items()}
        return cls(circuit, model, places)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a circuit; a target state or observables; within which limits.

    Args:
        gates: the circuit.
        target: normalised state to compare with, if any.
        terms: product terms of every observable.
        limits: what may be spent.
        executor: for the slices of a contraction.
        noisy: the circuit with its noise, where there is noise.
        other: a second circuit, where two are to be compared as operators.
        device: a torch device that builds the state; None is the CPU.
    """

    gates: GateList
    target: MPS | None
    terms: list[list[Term]]
    limits: Limits
    executor: Executor | None = None
    noisy: NoisySource | None = None
    other: GateList | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one engine says.

    Args:
        engine: its name.
        why: what the intervals rest on.
        fidelity: interval of the fidelity, None if not asked.
        values: interval of every observable.
        max_bond: largest bond dimension, 0 without a chain.
        memory: bytes of the largest state held; 0 if they do not count.
        confirmed: whether a second engine has come to the same already.
    """

    engine: str
    why: str
    fidelity: Interval | None
    values: tuple[Interval, ...]
    max_bond: int = 0
    memory: float = 0.0
    confirmed: bool = False

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """All intervals, the fidelity's first."""
        return self.values if self.fidelity is None else (self.fidelity, *self.values)


class Verifier(Protocol):
    """What answers a question."""

    @property
    def name(self) -> str:
        """How it is called in `method` and in the verdict."""

    def ask(self, question: Question) -> Answer:
        """Return what it finds.

        Raises:
            VerificationError: nothing can be certified within the limits.
        """
