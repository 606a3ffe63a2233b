r"""Isometric chains and trees: one circuit that discards qubits, and one register that is read.

A model trained with `isometric=True` is a circuit as it stands: every row leaves a distribution
p(o|x) of the register's outcomes, and nothing is post-selected, so that no score is small merely
because there are many features. Discarded qubits are reset and used again. The class is the outcome
modulo the number of classes,

.. math:: s_c(x) = \sum_{o \equiv c} p(o|x),

unless a head says otherwise, see `qtn.fit_head`. The modulus favours the first classes where noise
spreads the outcomes evenly: ten classes on sixteen outcomes give six of them two outcomes each.

Reference: Huggins et al., Quantum Sci. Technol. 4, 024001 (2019).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from qiskit import QuantumCircuit, transpile

from qtn._checks import finite_array, flag, instance, real
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Deployed, Exact, Floats, Form, Measurement, register_projectors
from qtn.hybrid.forms.channels import exact_distribution
from qtn.hybrid.forms.signal import Counts, Headed, Signal
from qtn.models.classifier import Classifier, fitted_classifier

LEAST = 1e-6  # step of the secants of a head where a frequency is exact


@runtime_checkable
class Head(Protocol):
    """What turns the distribution of the outcomes into scores of the classes."""

    def __call__(self, distribution: Floats) -> Floats:
        """Return scores (batch, classes) of distributions (batch, outcomes).

        Measured frequencies may lie outside of [0, 1] within their errors, if mitigated.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Isometric(Form):
    """One circuit with one register: the scores are read off the distribution of its outcomes.

    For classifiers trained with `isometric=True`.

    Args:
        reset: whether discarded qubits are reset and used again.
        head: turns the distribution into scores; None adds the outcomes modulo the classes.
    """

    reset: bool = True
    head: Head | None = None

    def __post_init__(self) -> None:
        flag("reset", self.reset)
        if self.head is not None:
            instance("head", self.head, Head, "a head, or None")

    @classmethod
    def suits(cls, model: Any) -> bool:
        """Say whether a model is an isometric classifier."""
        return isinstance(model, Classifier) and bool(model.isometric)

    def qubits(self, model: Any) -> int | None:
        """Return those that are used at the same time."""
        return int(model.circuit(reset=self.reset).num_qubits)

    def targets(self, model: Classifier) -> Sequence[Any]:
        """Return the circuit of the model in two-qubit gates, with its measurement at the end.

        Qiskit writes the gates; it takes one that is special up to an infidelity of 1e-9 as such.

        Raises:
            ArgumentError: the model is not isometric.
        """
        started = time.process_time()
        circuit = model.circuit(reset=self.reset)
        written = transpile(circuit, basis_gates=["cx", "u", "ry"], optimization_level=1)
        return [Exact(written, time.process_time() - started)]

    def weights(self, model: Classifier) -> Floats:
        """Return 1 for every class: an outcome counts as it stands."""
        return np.ones(len(model.classes_))

    def check(self, model: Deployed) -> None:
        """Raise `ArgumentError` unless there is one circuit with a register for all classes."""
        if len(model.compiled) != 1 or len(model.classes) != len(model.weights):
            raise ArgumentError(
                f"An isometric model takes one circuit and one weight per class, but has "
                f"{len(model.compiled)} circuits, {len(model.classes)} classes and "
                f"{len(model.weights)} weights."
            )
        outcomes = 2 ** len(register_of(model.compiled[0].circuit))
        if outcomes < len(model.classes):
            raise ArgumentError(
                f"The circuit measures {outcomes} outcomes at its end, but the model has "
                f"{len(model.classes)} classes."
            )

    def inputs(self, model: Deployed) -> int:
        """Return how many values a row binds: one per angle."""
        return int(model.compiled[0].circuit.num_parameters)

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        """Return the one circuit, and the projectors on the outcomes of its register."""
        circuit = model.compiled[0].circuit
        asked = register_projectors(register_of(circuit), circuit.num_qubits)
        return [Measurement(circuit, np.pi * x, asked)]

    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return what the head makes of the distribution.

        Errors are carried through the head by its secants over one standard error of every
        frequency, so that frequencies near 0 are not taken at the slope of a square root there.
        """
        found = outcomes[0]
        p, error = np.asarray(found.value), np.asarray(found.stderr)
        head, classes = self._head(len(model.classes)), len(model.classes)
        slopes = np.empty((*p.shape, classes))
        for outcome in range(p.shape[1]):
            step = np.zeros(p.shape)
            step[:, outcome] = np.maximum(error[:, outcome], LEAST)
            width = 2 * step[:, outcome, None]
            slopes[:, outcome] = (head(p + step) - head(p - step)) / width
        spread = np.einsum("boc,bop,bpc->bc", slopes, _covariance(p, error), slopes)
        return Estimate(head(p), np.sqrt(np.maximum(spread, 0.0)), found.shots, found.method)

    def trained(self, name: str, model: Any) -> Any:
        """Return `model` if it is one that this form can be fitted a head for; see `fit_head`."""
        return fitted_classifier(name, model)

    def table(self, name: str, x: Any) -> Any:
        """Return inputs of the deployed model as an array of which rows can be taken."""
        return finite_array(name, x, ndim=2, dtype=np.float64)

    def frequencies(self, model: Any, x: Any) -> Floats:
        """Return what a deployed model measures of the outcomes, (batch, outcomes)."""
        return np.asarray(model.measure(x)[0].value)

    def distribution(self, model: Deployed, x: Floats) -> Floats:
        """Return the exact distribution of the register's outcomes, (batch, outcomes)."""
        return exact_distribution(model.compiled[0].circuit, np.pi * x)

    def ideal_scores(self, model: Deployed, x: Floats) -> Floats:
        """Return the scores of the exact distribution."""
        return self._head(len(model.classes))(self.distribution(model, x))

    def signal(self, model: Deployed, x: Floats) -> Signal | None:
        """Return the counts of the classes, or what the head makes of the outcomes."""
        p, classes = self.distribution(model, x), len(model.classes)
        if self.head is not None:
            return Headed(p, self.head)
        blank = modulo(np.full((1, p.shape[1]), 1.0 / p.shape[1]), classes)[0]
        return Counts(modulo(p, classes), np.ones(classes), 1, blank)

    def foreseen(self, model: Any, scores: Floats) -> Signal | None:
        """Return the counts of the classes; unknown with a head."""
        classes = scores.shape[1]
        blank = np.full(classes, 1.0 / classes)
        return None if self.head else Counts(scores, np.ones(classes), 1, blank)

    def shots_needed(self, model: Deployed, x: Floats, stderr: float) -> int:
        """Return the shots per input for scores as exact as `stderr`: of one shot's variance."""
        largest = real("stderr", stderr, 0.0, open_low=True)
        p = self.distribution(model, x)
        single = Estimate(p, np.sqrt(p * (1 - p)), 1, "one shot")
        return max(
            1, math.ceil(float(np.max(self.scores(model, [single]).stderr)) ** 2 / largest**2)
        )

    def _head(self, classes: int) -> Any:
        return self.head or (lambda p: modulo(p, classes))


def register_of(circuit: QuantumCircuit) -> list[int]:
    """Return the qubits that a circuit measures, by their classical bits, the lowest first."""
    found = {
        circuit.find_bit(i.clbits[0]).index: circuit.find_bit(i.qubits[0]).index
        for i in circuit.data
        if i.operation.name == "measure"
    }
    return [found[bit] for bit in sorted(found)]


def modulo(distribution: Floats, classes: int) -> Floats:
    """Return the sums over outcomes that are the same modulo the number of classes.

    Example:
        >>> modulo(np.array([[0.1, 0.2, 0.3, 0.4]]), 3).round(3).tolist()
        [[0.5, 0.2, 0.3]]
    """
    outcomes = np.arange(distribution.shape[1])
    return distribution @ (outcomes[:, None] % classes == np.arange(classes)).astype(float)


def _covariance(p: Floats, error: Floats) -> Floats:
    """Return the covariances of frequencies with these errors, correlated as those of shots are.

    corr(f_i, f_j) = -(p_i p_j / ((1 - p_i) (1 - p_j)))^½ for i ≠ j.
    """
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    odds = np.sqrt(inside / (1 - inside))
    correlation = -odds[:, :, None] * odds[:, None, :]
    k = np.arange(p.shape[1])
    correlation[:, k, k] = 1.0
    return error[:, :, None] * correlation * error[:, None, :]
