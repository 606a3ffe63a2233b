"""What a mitigation technique is: a frozen set of options with a place in the pipeline.

A pipeline runs circuits along four axes: programs (the target, and training circuits of learned
maps), measurement bases, noise settings (one per noise factor) and copies (random variants that are
averaged). Techniques take part in one or more of three steps: they change or multiply circuits,
they correct or select the outcomes of one circuit, or they combine values over an axis. The order
in the caller's list does not matter; it is always that of the stages, because readout correction
has to come before extrapolation and folding before twirling.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from qiskit import QuantumCircuit
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import Optimize1qGatesDecomposition

from qtn.devices import Transpiled
from qtn.interop.observables import Observable
from qtn.mitigation.values.execute import Executor

STAGES = ("measure", "select", "readout", "idle", "insert", "noise", "learn")


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A measured native circuit; its outcomes count with `weight`, after undoing `flips`.

    Attributes:
        circuit: native gates and final measurements.
        weight: factor of its value (quasi-probabilities have signs and norms).
        flips: bit mask of classical bits that were flipped on purpose before the measurement.
        stratum: copies of one stratum are alike by chance, those of different ones by design.
        share: shots relative to the other copies.
    """

    circuit: QuantumCircuit
    weight: float = 1.0
    flips: int = 0
    stratum: int = 0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Context:
    """What techniques may use while they build circuits."""

    executor: Executor
    rng: np.random.Generator


class Technique(ABC):
    """Base of all techniques; each is a frozen dataclass of its options."""

    stage: ClassVar[str]

    @property
    def label(self) -> str:
        """Short name for `Estimate.method` and the plan."""
        return type(self).__name__.lower()


class NoiseTechnique(Technique):
    """Changes the noise of a circuit: amplifies it, or inverts it by quasi-probabilities."""

    stage: ClassVar[str] = "noise"

    extrapolates: ClassVar[bool] = True
    factors: tuple[float, ...]
    fit: str
    order: int
    by: str

    @property
    def typical_values(self) -> np.ndarray | None:
        """Root mean square values (terms,) of circuits like the target, where they are known."""
        return None

    def shares(self) -> tuple[float, ...]:
        """Relative shots per factor."""
        return (1.0,) * len(self.factors)

    def readied(
        self, native: Transpiled, observable: Observable, context: Context
    ) -> NoiseTechnique:
        """Return the technique with all that it computes about a circuit before it runs."""
        return self

    def renewed(self, planned: Any) -> NoiseTechnique:
        """Return these options with what `planned`, of the same class, has computed."""
        return self

    @abstractmethod
    def variants(self, circuit: QuantumCircuit, factor: float, context: Context) -> list[Variant]:
        """Return the circuits whose weighted average is the value at one noise factor."""


class MeasureTechnique(Technique):
    """Replaces the observable by another one, to be measured on the unchanged circuit."""

    stage: ClassVar[str] = "measure"

    @abstractmethod
    def dressed(self, native: Transpiled, observable: Observable) -> Observable:
        """Return the observable to measure."""


class InsertTechnique(Technique):
    """Replaces every circuit by one or several equivalent ones."""

    @abstractmethod
    def apply(self, variant: Variant, context: Context) -> list[Variant]:
        """Return circuits that stand for `variant`, averaged with equal weight."""


def merged(circuit: QuantumCircuit, executor: Executor) -> QuantumCircuit:
    """Fuse neighbouring one-qubit gates into the fewest native ones; two-qubit gates stay.

    Gates with free parameters are left alone.
    """
    if executor.target is None:
        return circuit
    done: QuantumCircuit = PassManager([Optimize1qGatesDecomposition(target=executor.target)]).run(
        circuit
    )
    return done
