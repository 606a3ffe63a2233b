"""Maps from noisy to ideal values, learned on circuits that a tensor network simulates exactly.

Clifford data regression trains on near-Clifford circuits because those can be simulated. Circuits
that come from tensor networks have a classical twin, and so have circuits near them: the training
set can be the target's own gates with slightly changed angles, whose noise is the target's noise.
The map is linear without bias towards any device model: with d_t the value of term t in the
maximally mixed state, m_ts its measured value at noise factor s,

    ideal_t - d_t = Σ_s w_ts (m_ts - d_t),

fitted by ridge regression over training circuits; the weights of a term are drawn to those that
all terms share, which are drawn to w = 1 at factor 1 (no correction).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction
from qiskit.circuit.library import RZGate

from qtn._checks import positive_int, real
from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import Context, Program, Task, Technique, free_parameters
from qtn.mitigation.values.combination import Combined, Readings
from qtn.mitigation.values.ideal import ideal_values
from qtn.states.operators import Observable

Floats = NDArray[np.float64]
_ROTATIONS = frozenset(["rz", "rx", "ry", "p", "u1", "rzz"])
_MARGIN = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class LearnedMap:
    """A linear map from measured to ideal values of terms.

    Args:
        weights: (settings, terms).
        covariance: (terms, settings, settings) of the weights, from the training noise.
        circuits: training circuits behind it.
        shots: executions spent on them.
        residual: (terms,) root mean square misfit of the training circuits beyond shot noise.
    """

    weights: Floats
    covariance: Floats
    circuits: int
    shots: int
    residual: Floats

    def __repr__(self) -> str:
        settings, terms = self.weights.shape
        return (
            f"LearnedMap({terms} terms, {settings} noise factors, {self.circuits} circuits, "
            f"{self.shots} shots)"
        )

    def apply(self, noisy: Floats, limit: Floats) -> tuple[Floats, Floats]:
        """Return values and variance (terms,) by the training, for noisy (settings, terms)."""
        signal = noisy - limit
        value = limit + (self.weights * signal).sum(0)
        spread = np.einsum("st,tsu,ut->t", signal, self.covariance, signal)
        return value, spread + self.residual**2


@dataclass(frozen=True, slots=True, repr=False)
class Twins(Technique):
    """Data regression on near-target circuits that a tensor network simulates exactly.

    Args:
        circuits: number of training circuits.
        spread: standard deviation of the change of every angle, in radians.
        clifford: part of the angles that is rounded to a multiple of π/2 (1 gives Clifford data
            regression).
        known: a map learned before (`learn_map`), which needs no training circuits.

    Reference: Czarnik, Arrasmith, Coles, Cincio, arXiv:2005.10189 (Clifford data regression);
        Lowe et al., arXiv:2011.01157 (several noise factors). Training near the target instead of
        near Clifford circuits is what the classical twin allows.
    """

    stage: ClassVar[str] = "learn"

    circuits: int = 10
    spread: float = 0.3
    clifford: float = 0.0
    known: LearnedMap | None = None

    def __post_init__(self) -> None:
        positive_int("circuits", self.circuits, maximum=10_000)
        real("spread", self.spread, 0.0, 10.0)
        real("clifford", self.clifford, 0.0, 1.0)
        if self.spread == 0 and self.clifford == 0 and self.known is None:
            raise ArgumentError(
                "Argument `spread` is 0 and `clifford` is 0, so that every training circuit would "
                "be the target itself. Give a spread such as 0.3."
            )

    @property
    def label(self) -> str:
        """Short name."""
        return "twins" if self.clifford < 1 else "clifford data regression"

    def prepare(self, task: Task, context: Context) -> Twins:
        """Check that the circuit has no free parameters."""
        if task.values is not None:
            raise free_parameters(self)
        return self

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with circuits that have the target's gates and other angles."""
        if self.known is not None:
            return task
        circuit, rng = task.native.circuit, context.stream("training")
        terms, every = task.observable.terms, not _has_angles(circuit)
        training = []
        for _ in range(self.circuits):
            changed = replace(task.native, circuit=neighbour(circuit, self, rng, every=every))
            training.append(Program(changed, ideal_values(changed, terms)))
        return replace(task, training=tuple(training))

    def combine(
        self, readings: Readings, observable: Observable, before: Callable[[], Combined]
    ) -> Combined:
        """Fit the map on the training circuits, or take the known one, and apply it."""
        learned, limit = self._trained(readings, observable), observable.mixed_values
        label = f"{self.label}: linear map of {learned.circuits} training circuits"
        ideal, c = readings.ideal, observable.coefficients
        if len(ideal) and np.ptp(ideal, axis=0)[c != 0].max() < 1e-9:
            label += ", whose values do not vary: they are the target's own"
        noisy = readings.target.mean[:, 0]
        if learned.weights.shape != noisy.shape:
            raise ArgumentError(
                f"The learned map takes {learned.weights.shape[0]} noise factors and "
                f"{learned.weights.shape[1]} terms, but the plan has {noisy.shape[0]} and "
                f"{noisy.shape[1]}. Learn it with the same techniques and observable."
            )
        values, _ = learned.apply(noisy, limit)
        # errors of the weights are common to all terms, so they are added without cancellation
        signal = noisy - limit
        spread = np.einsum("st,tsu,ut->t", signal, learned.covariance, signal)
        extra = float((np.abs(c) @ np.sqrt(spread)) ** 2)
        jacobian = (learned.weights * c)[:, None, :]
        return Combined(np.array([c @ values]), jacobian, extra, {self.stage: label})

    def _trained(self, readings: Readings, observable: Observable) -> LearnedMap:
        if self.known is not None:
            return self.known
        noisy = np.stack([p.mean[:, 0] for p in readings.training])
        variances = np.stack([p.variances[:, 0] for p in readings.training])
        spent, limit = readings.training_shots, observable.mixed_values
        return fit_map(noisy, variances, readings.ideal, spent, limit)


def neighbour(
    circuit: QuantumCircuit, options: Twins, rng: np.random.Generator, *, every: bool = False
) -> QuantumCircuit:
    """Return the circuit with changed angles; angles that are multiples of π/2 stay.

    Those belong to the decomposition into native gates; keeping them keeps the gate sequence, and
    with it the noise. `every` changes them as well: a Clifford circuit has no others.
    """
    out = circuit.copy_empty_like()
    for instruction in circuit.data:
        gate = instruction.operation
        if gate.name not in _ROTATIONS or (_is_clifford(float(gate.params[0])) and not every):
            out._append(instruction)
            continue
        angle = float(gate.params[0]) + options.spread * rng.normal()
        if rng.random() < options.clifford:
            angle = np.round(angle / (np.pi / 2)) * (np.pi / 2)
        if gate.name == "rzz":
            angle = float(np.clip(angle, 0.0, np.pi / 2))  # what fractional gates allow
        changed = RZGate(angle) if gate.name == "rz" else type(gate)(angle)
        out._append(CircuitInstruction(changed, instruction.qubits))
    return out


def _has_angles(circuit: QuantumCircuit) -> bool:
    """Whether any rotation is not by a multiple of π/2."""
    rotations = (i.operation for i in circuit.data if i.operation.name in _ROTATIONS)
    return any(not _is_clifford(float(gate.params[0])) for gate in rotations)


def _is_clifford(angle: float) -> bool:
    turns = angle / (np.pi / 2)
    return abs(turns - round(turns)) < _MARGIN


def fit_map(
    noisy: Floats, variances: Floats, ideal: Floats, shots: int, limit: Floats
) -> LearnedMap:
    """Ridge regression of ideal on noisy values, terms drawn to a shared map.

    Args:
        noisy: (programs, settings, terms) measured values.
        variances: same shape, squared standard errors.
        ideal: (programs, terms) exact values.
        shots: spent on the training, for the record.
        limit: (terms,) values in the maximally mixed state.

    Returns:
        The map with the covariance of its weights.

    Cost: a least-squares problem of `settings` unknowns per term.
    """
    signal, target = noisy - limit, ideal - limit
    settings = signal.shape[1]
    start = np.eye(settings)[0]
    # Noise of the regressors biases the plain estimate; its known variance is subtracted.
    gram = np.einsum("pst,put->tsu", signal, signal)
    gram = gram - np.einsum("pst->ts", variances)[:, :, None] * np.eye(settings)
    cross = np.einsum("pst,pt->ts", signal, target)
    noise = np.einsum("pst->t", variances) / (len(signal) * settings)
    # every weight is known beforehand to about ±1 around "no correction"
    shared, _ = _solve(gram.sum(0), cross.sum(0), noise.mean(), start, 1.0)
    weights = np.empty((settings, signal.shape[2]))
    covariance = np.empty((signal.shape[2], settings, settings))
    for t in range(signal.shape[2]):
        scatter = 0.05  # terms differ from the shared map by a few per cent
        weights[:, t], covariance[t] = _solve(gram[t], cross[t], noise[t], shared, scatter)
    misfit = ((weights * signal).sum(1) - target) ** 2
    expected = np.einsum("pst,st->pt", variances, weights**2)
    residual = np.sqrt(np.maximum((misfit - expected).mean(0), 0.0))
    return LearnedMap(weights, covariance, len(signal), shots, residual)


def _solve(
    gram: Floats, cross: Floats, noise: float, start: Floats, width: float
) -> tuple[Floats, Floats]:
    """Posterior mean and covariance of weights with the prior N(start, width²)."""
    precision = max(noise, 1e-12) / width**2
    values, vectors = np.linalg.eigh(gram)
    stable = (vectors * np.maximum(values, 0.0)) @ vectors.T + precision * np.eye(len(start))
    weights = np.linalg.solve(stable, cross + precision * start)
    return weights, max(noise, 1e-12) * np.linalg.inv(stable)
