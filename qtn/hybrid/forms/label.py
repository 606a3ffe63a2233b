r"""A label register: one circuit for all classes, whose register says which class was measured.

With :math:`V|0\rangle = \sum_l \sqrt{w_l}\, |W_l\rangle|l\rangle` the score of class l is the
probability that the register is measured as l and all other qubits as 0 after the inverse encoding:

.. math:: s_l(x) = |\langle \Phi(x), l | V | 0 \rangle|^2 = w_l |\langle \Phi(x)|W_l\rangle|^2 .

The register has ⌈log₂ C⌉ qubits. It saves jobs and, in total, gates; per row it takes as many shots
as one circuit per class does, and all its gates stand in one circuit.

Reference: Stoudenmire and Schwab, NeurIPS 2016 (arXiv:1605.05775), for the label on a bond.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from qtn._checks import real
from qtn.data.features import trigonometric
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Deployed, Floats, Form, Measurement, register_projectors
from qtn.hybrid.forms.overlap import overlap_circuit, refuse_wide_sites
from qtn.hybrid.forms.products import Product
from qtn.hybrid.forms.signal import Counts, Signal
from qtn.models.classifier import Classifier
from qtn.states import MPS


@dataclass(frozen=True, slots=True, repr=False)
class Label(Form):
    """One circuit for all classes: the score is the probability of the label beside all zeros.

    For models with trigonometric features, one qubit per site.

    Args:
        place: the register's first qubit, its most significant; None until a model is deployed,
            which decides: the middle of a chain, the end of a tree.
    """

    place: int | None = None

    def bound(self, model: Classifier) -> Self:
        """Return the form with the place of the model's register."""
        state = model.state(register="label")
        return replace(self, place=(state.n - 1) // 2 if isinstance(state, MPS) else state.n - 1)

    def qubits(self, model: Any) -> int | None:
        """Return one per site, and those of the register."""
        return int(model.state(model.classes_[0]).n) + register_width(len(model.classes_))

    def targets(self, model: Classifier) -> Sequence[Any]:
        """Return the one state of all classes, its register on qubits.

        Raises:
            ArgumentError: the sites of the model are no qubits, or it has no such state.
        """
        refuse_wide_sites([model.state(label) for label in model.classes_[:1]])
        return [model.state(register="label", qubits=True)]

    def weights(self, model: Classifier) -> Floats:
        """Return 1 for every class: what is measured counts as it stands until it is refined."""
        return np.ones(len(model.classes_))

    def check(self, model: Deployed) -> None:
        """Raise `ArgumentError` unless there is one circuit with a register for all classes."""
        if len(model.compiled) != 1 or len(model.classes) != len(model.weights):
            raise ArgumentError(
                f"A label register takes one circuit and one weight per class, but has "
                f"{len(model.compiled)} circuits, {len(model.classes)} classes and "
                f"{len(model.weights)} weights."
            )
        if self.place is None or not 0 <= self.place <= self.inputs(model):
            raise ArgumentError(
                f"A label register needs a place from 0 to {self.inputs(model)}, but has "
                f"{self.place}. `qtn.deploy` finds it."
            )

    def inputs(self, model: Deployed) -> int:
        """Return how many values a row binds: one per qubit outside the register."""
        return model.n - register_width(len(model.classes))

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        """Return the one circuit with the inverse encoding of the inputs."""
        register, others = self._qubits(model)
        circuit = overlap_circuit(model.compiled[0].circuit, others)
        labels = register_projectors(register[::-1], model.n, elsewhere="0")
        return [Measurement(circuit, x, labels[: len(model.classes)])]

    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return the weighted probabilities of the labels."""
        found = outcomes[0]
        value, stderr = found.value * model.weights, found.stderr * model.weights
        return replace(found, value=value, stderr=stderr)

    def shots_needed(self, model: Deployed, x: Floats, stderr: float) -> int:
        """Return the shots per input for scores as exact as `stderr`: max s (w - s) / stderr²."""
        largest = real("stderr", stderr, 0.0, open_low=True)
        scores = self.ideal_scores(model, x)
        return max(1, math.ceil(float(np.max(scores * (model.weights - scores))) / largest**2))

    def foreseen(self, model: Any, scores: Floats) -> Signal | None:
        """Return the counts of the one circuit."""
        classes = scores.shape[1]
        return Counts(scores, np.ones(classes), 1, np.zeros(classes))

    def products(self, model: Deployed, x: Floats) -> Sequence[Product]:
        """Return per class the overlap with the encoded inputs and the bits of its number."""
        register, others = self._qubits(model)
        vectors = np.zeros((len(x), model.n, 2))
        vectors[:, others] = trigonometric(x)
        found = []
        for number, weight in enumerate(model.weights):
            bits = [number >> k & 1 for k in reversed(range(len(register)))]
            with_label = vectors.copy()
            with_label[:, register, bits] = 1.0
            found.append(Product(0, with_label, float(weight)))
        return found

    def _qubits(self, model: Deployed) -> tuple[list[int], list[int]]:
        """Return the qubits of the register, most significant first, and the others in order."""
        assert self.place is not None
        width = register_width(len(model.classes))
        register = list(range(self.place, self.place + width))
        return register, [q for q in range(model.n) if q not in register]


def register_width(classes: int) -> int:
    """Return the qubits of a register for numbers of classes.

    Example:
        >>> [register_width(count) for count in (2, 3, 10)]
        [1, 2, 4]
    """
    return max(1, (classes - 1).bit_length())
