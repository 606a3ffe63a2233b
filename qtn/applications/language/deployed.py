r"""Classifiers by diagrams as quantum models: one circuit per structure of sentences.

Circuits are exact as written. Sentences that differ in their words only share one and are bound to
it together. With E_c the mean of the projector onto outcome c of the open wires and onto what is
post-selected, and E their sum, the score of a class is

.. math:: p_c = E_c / E, \qquad σ^2(p_c) = \sum_{jk} g_j g_k\, ρ_{jk}\, σ_j σ_k, \qquad
    g_k = (δ_{ck} E - E_c) / E^2, \qquad
    ρ_{jk} = -\sqrt{\tfrac{E_j E_k}{(1 - E_j)(1 - E_k)}} \quad (j \neq k),

ρ the correlation of exclusive outcomes in the same shots: -1 for two classes without
post-selection, near 0 where post-selection leaves little. For mitigated means it is taken to be
the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn.applications.language.labelled import read_texts
from qtn.applications.sequences.deployed import (
    BoundForm,
    QuantumSequenceClassifier,
    source_of,
)
from qtn.applications.sequences.estimator import OfSentences
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid import Deployed, Form, Measurement
from qtn.hybrid.forms.base import Exact
from qtn.hybrid.pipelines import passed
from qtn.models.base import fitted_as

Floats = NDArray[np.float64]
# A mean below this is no probability that quotients could be taken of.
LEAST = 1e-6


class Reading(OfSentences):
    """What a form knows a classifier by diagrams by; see `SentenceClassifier`."""


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class QuantumSentenceClassifier(QuantumSequenceClassifier):
    """A deployed classifier by diagrams; see `QuantumClassifier`, whose inputs are here texts."""

    stream: ClassVar[str] = "quantum-sentences"

    @classmethod
    def fitted(cls, name: str, model: Any) -> Any:
        """Return `model` if it is a fitted classifier by diagrams."""
        noun = "a fitted classifier of sentences"
        return fitted_as(name, model, Reading, noun, "Call fit(x, y) first.")

    def rows(self, x: ArrayLike) -> Any:
        """Return the sentences as an array of texts.

        Raises:
            ArgumentError: no sentences, or an empty one.
        """
        words = read_texts("x", passed(self.before, x))
        return np.array([" ".join(row) for row in words], dtype=object)

    def places(self, x: ArrayLike) -> NDArray[np.int64]:
        """Return where every sentence stands among the structures, one after another."""
        _, batches = source_of(self.form).batches(self.rows(x))
        return np.argsort(np.concatenate([batch.rows for batch in batches]))

    def refine(self, x: ArrayLike, y: ArrayLike | None = None, **options: Any) -> Self:
        """Refuse: nothing was lost to a compilation.

        Raises:
            ArgumentError: always; the text says what to do instead.
        """
        raise ArgumentError(
            "The circuits of a classifier of sentences are the trained model itself: there is "
            "nothing to refine. Against the noise of a device mitigate it: "
            "qtn.deploy(model, device=..., mitigation=[qtn.Readout(), qtn.ZNE()])."
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diagrams(BoundForm, Form):
    """Sentences by their diagrams: one circuit per structure, probabilities as quotients.

    Args:
        source: the model, as it was when it was deployed.
    """

    makes: ClassVar[Any] = QuantumSentenceClassifier

    source: Any = None

    @classmethod
    def suits(cls, model: Any) -> bool:
        """Say whether a model is a classifier by diagrams."""
        return isinstance(model, Reading)

    def qubits(self, model: Any) -> int | None:
        """Return those of the largest circuit of the sentences that stand for a structure."""
        return max(int(t.circuit.num_qubits) for t in self.targets(model))

    def targets(self, model: Any) -> Sequence[Any]:
        """Return the circuits of the structures that were trained on."""
        circuits, batches = model.batches(model.examples_)
        return [Exact(circuits[batch.rows[0]].projectors()[0]) for batch in batches]

    def circuits(self, model: Deployed, x: Any) -> Sequence[Measurement]:
        """Return one measurement per structure: the projectors onto the classes."""
        source, found = source_of(self), []
        circuits, batches = source.batches(x)
        for batch in batches:
            bare, labels = circuits[batch.rows[0]].projectors()
            slots = [batch.names[0].index(p.name) for p in bare.parameters]
            turns = source.turns(batch)[:, slots]
            found.append(Measurement(bare, turns, labels[: len(model.classes)]))
        return found

    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return the quotients of the means, structure after structure."""
        parts = [quotients(np.asarray(o.value), np.asarray(o.stderr)) for o in outcomes]
        return Estimate(
            np.concatenate([value for value, _ in parts]),
            np.concatenate([error for _, error in parts]),
            sum(o.shots for o in outcomes),
            outcomes[0].method,
        )

    def ideal_scores(self, model: Deployed, x: Any) -> Floats:
        """Return the class probabilities of the trained model."""
        return np.asarray(source_of(self).predict_proba(list(x)))

    def shots_needed(self, model: Deployed, x: Any, stderr: float) -> int:
        """Return 1/(4 s σ²), s the least share of the shots that post-selection leaves."""
        least = float(source_of(self).success_probability(list(x)).min())
        return int(np.ceil(0.25 / (max(least, LEAST) * stderr**2)))


def quotients(means: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Return shares of the sum with their errors; see the module.

    Args:
        means: shape (sentences, classes); below 0, as mitigation may leave them, they count as 0.
        errors: of the means.
    """
    means = np.clip(means, 0.0, 1.0)
    total = np.maximum(means.sum(axis=1, keepdims=True), LEAST)
    odds = np.sqrt(means / np.maximum(1.0 - means, LEAST))
    alike = -np.minimum(odds[:, :, None] * odds[:, None, :], 1.0)
    np.einsum("bkk->bk", alike)[:] = 1.0
    slope = (np.eye(means.shape[1]) * total[:, :, None] - means[:, :, None]) / total[
        :, :, None
    ] ** 2
    pulled = slope * errors[:, None, :]  # (sentences, c, k)
    variance = np.einsum("bcj,bjk,bck->bc", pulled, alike, pulled)
    even = means.sum(axis=1, keepdims=True) < LEAST  # nothing is known
    value = np.where(even, 1.0 / means.shape[1], means / total)
    return value, np.where(even, 1.0, np.minimum(np.sqrt(np.maximum(variance, 0.0)), 1.0))
