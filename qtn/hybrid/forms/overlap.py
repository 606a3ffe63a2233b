r"""Compute–uncompute: the overlap of a compiled state with a product-encoded input.

With :math:`V|0\rangle = |W\rangle` and :math:`R(x)|0\rangle = |\Phi(x)\rangle`,

.. math:: |\langle \Phi(x) | W \rangle|^2 = |\langle 0 | R(x)^\dagger V | 0 \rangle|^2

is the probability that all qubits are measured as 0 after :math:`R(x)^\dagger V`. The features
:math:`x_i \mapsto (\cos \tfrac{\pi}{2}x_i, \sin \tfrac{\pi}{2}x_i)` make
:math:`R(x) = \prod_i R_Y(\pi x_i)`.

Reference: Havlíček et al., Nature 567, 209 (2019), "kernel estimation" circuit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from qtn._checks import real
from qtn.data.features import trigonometric
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Deployed, Floats, Form, Measurement
from qtn.hybrid.forms.products import Product
from qtn.hybrid.forms.signal import Counts, Signal
from qtn.models.classifier import Classifier


@dataclass(frozen=True, slots=True, repr=False)
class Overlap(Form):
    """One circuit per class: the score is w_l times the probability of all zeros.

    For models with trigonometric features, one qubit per site.
    """

    def qubits(self, model: Any) -> int | None:
        """Return one per site."""
        return int(model.state(model.classes_[0]).n)

    def targets(self, model: Classifier) -> Sequence[Any]:
        """Return the weight states of all classes.

        Raises:
            ArgumentError: the sites of the model are no qubits, or it has no states.
        """
        states = Form.targets(self, model)
        refuse_wide_sites(states)
        return states

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        """Return per class the compiled state and the inverse encoding of the inputs."""
        zeros = all_zeros(model.n)
        return [Measurement(overlap_circuit(c.circuit), x, zeros) for c in model.compiled]

    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return the weighted probabilities of all zeros."""
        value = np.concatenate([c.value for c in outcomes], axis=1) * model.weights
        stderr = np.concatenate([c.stderr for c in outcomes], axis=1) * model.weights
        return Estimate(value, stderr, sum(c.shots for c in outcomes), outcomes[0].method)

    def shots_needed(self, model: Deployed, x: Floats, stderr: float) -> int:
        r"""Return the shots per input and class for scores as exact as `stderr`.

        Of N shots N·p are all zeros on average, p = |⟨Φ(x)|V_l|0⟩|², so that a score w_l p has
        the standard error :math:`w_l \sqrt{p(1-p)/N}`:

        .. math:: N = \max_{x, l} w_l^2\, p (1 - p) / \mathrm{stderr}^2

        Cost: one contraction per input and class; nothing runs on a device.
        """
        largest = real("stderr", stderr, 0.0, open_low=True)
        scores = self.ideal_scores(model, x)
        return max(1, math.ceil(float(np.max(scores * (model.weights - scores))) / largest**2))

    def foreseen(self, model: Any, scores: Floats) -> Signal | None:
        """Return the counts of one circuit per class, which share the shots."""
        weights = self.weights(model)
        return Counts(scores / weights, weights, len(weights), np.zeros(len(weights)))

    def products(self, model: Deployed, x: Floats) -> Sequence[Product]:
        """Return per class the overlap of its state with the encoded inputs."""
        features = np.asarray(trigonometric(x))
        return [Product(k, features, float(w)) for k, w in enumerate(model.weights)]


def refuse_wide_sites(states: Sequence[Any]) -> None:
    """Raise `ArgumentError` unless all sites are qubits."""
    if any(set(state.phys) != {2} for state in states):
        raise ArgumentError(
            f"The model's features have dimension {max(max(s.phys) for s in states)}, but a qubit "
            "needs 2. Train with trigonometric features."
        )


def overlap_circuit(
    preparation: QuantumCircuit, qubits: Sequence[int] | None = None
) -> QuantumCircuit:
    """Return `preparation` followed by the inverse encoding of an unbound input.

    Args:
        preparation: circuit V without measurements.
        qubits: those of the features, in their order; None for all.

    Returns:
        A circuit with a parameter x[0], x[1], … in [0, 1] (dimensionless) per feature and no
        measurements; where all qubits are features, its probability of all zeros is |⟨Φ(x)|V|0⟩|².
    """
    circuit = QuantumCircuit(preparation.num_qubits, name="overlap")
    circuit.compose(preparation, inplace=True)
    where = range(preparation.num_qubits) if qubits is None else qubits
    for value, qubit in zip(ParameterVector("x", len(where)), where, strict=True):
        circuit.ry(-np.pi * value, qubit)
    return circuit


def all_zeros(n: int) -> str:
    """Return the projector |0…0⟩⟨0…0| on n qubits."""
    return "0" * n
